"""Default network parameters for a table, chosen by the number of rows from measurements on many tables.

``docs/tables.md`` has the measurements. The learning rate rises and falls once over all epochs (Smith 2018, "A
disciplined approach to neural network hyper-parameters: part 1", section 4), so that few epochs are enough.
"""

from collections.abc import Mapping
from typing import Any

SMALL = 2000
"""Below this number of training rows: small batches, many epochs and strong penalties."""

PENALTIES = (0.1, 1.0)
"""Candidate L2 penalties for cross-validation on a small table."""

RECIPE = ("epochs", "max_iter", "early_stopping")
"""Parameters that set the length of training; if the user sets one, the network is not cross-validated."""

UNUSED_BY_LBFGS = ("learning_rate_init", "batch_size", "early_stopping")
"""Parameters that L-BFGS does not use."""


def network_defaults(
    n_rows: int, is_classification: bool, given: Mapping[str, Any], long_tail: bool = False
) -> dict[str, Any]:
    """Return parameters for an estimator: size, optimizer, schedule, batches and epochs.

    Defaults adapt to the given parameters: with another optimizer, its own learning rate is used, and L-BFGS has no
    schedule.

    Parameters
    ----------
    n_rows : int
        Number of training rows.
    is_classification : bool
        Whether classes are predicted. Classification uses dropout; regression uses a strong penalty if there are few
        rows, else a wider network.
    given : mapping
        The parameters chosen by the user.
    long_tail : bool
        Whether numbers are predicted as exp(u), see `koubai.models.scaling`.
    """
    small = n_rows < SMALL
    wide = not small and not is_classification
    chosen: dict[str, Any] = {"hidden_layer_sizes": (256, 128) if wide else (128, 64), "max_iter": 500}
    if long_tail:
        chosen["loss"] = "poisson"
    if uses_lbfgs(given):
        return chosen
    chosen["validation_metric"] = "loss"
    if is_classification:
        chosen |= {"dropout": 0.3, "alpha": 0.1}
    elif small:
        chosen["alpha"] = 1.0
    chosen |= {"batch_size": min(32 if small else 128, n_rows), "n_iter_no_change": 1000}
    if "max_iter" not in given:
        chosen["epochs"] = 60 if small else 40
    named = {"solver", "optimizer"} & {name for name, value in given.items() if value is not None}
    if not named:
        chosen["optimizer"] = "adam"
    if "learning_rate" not in given:
        chosen["schedule"] = "one_cycle"
    chosen["learning_rate_init"] = None if named else 0.005
    return chosen


def uses_lbfgs(given: Mapping[str, Any]) -> bool:
    """Return whether the user chose L-BFGS."""
    return "lbfgs" in (given.get("solver"), given.get("optimizer"))


def penalties_to_judge(n_rows: int, given: Mapping[str, Any]) -> tuple[float, ...]:
    """Return the L2 penalties for cross-validation to choose from; empty if it is not to take place.

    Parameters
    ----------
    n_rows : int
        Number of training rows.
    given : mapping
        The parameters chosen by the user.
    """
    own = uses_lbfgs(given) or any(given.get(name) is not None for name in RECIPE)
    if n_rows >= SMALL or own:
        return ()
    return PENALTIES if given.get("alpha") is None else (float(given["alpha"]),)
