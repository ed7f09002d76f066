"""Default network parameters for a table, chosen by the number of rows from measurements on many tables.

``docs/tables-measured.md`` has the measurements. The learning rate rises and falls once over all epochs (Smith 2018,
"A disciplined approach to neural network hyper-parameters: part 1", section 4), so that few epochs are enough.
"""

from collections.abc import Mapping

from koubai.core.schema import Record

SMALL = 2000
"""Below this number of training rows: small batches, many epochs, and a penalty that is chosen by cross-validation."""

LARGE = 20_000
"""Number of training rows from which an epoch has enough updates for fewer epochs to suffice."""

PENALTIES = (0.0005, 0.05, 1.0)
"""Candidate L2 penalties for cross-validation on a small table: a mean of networks needs weaker ones than one does."""

PENALTIES_OF_ONE = (0.1, 1.0)
"""Those for a single network."""

PENALTIES_OF_LARGER = (0.0, 0.0001, 0.1, 1.0)
"""Those for a mean on a larger table; the first goes with less dropout and more epochs (`settings_to_judge`)."""

DROPOUT = {True: 0.3, False: 0.1}
"""Share of nodes that is dropped for classes, and for numbers."""

DROPOUT_OF_SMALL = {True: 0.15, False: 0.0}
"""The same on small tables, of which a mean of several networks is learned."""

EPOCHS_OF_LARGER = 40
"""Epochs on a larger table."""

EPOCHS_OF_FREE = 80
"""Those without a penalty."""

RECIPE = ("epochs", "max_iter", "early_stopping")
"""Parameters that set the length of training; if the user sets one, the network is not cross-validated."""

WATCHED = ("validation_metric", "validation_fraction")
"""Parameters of a choice of the epoch by held-out rows."""

OPTIMIZER = {"name": "adamw", "beta_2": 0.95, "weight_decay": 0.02}
"""AdamW with a short memory of squared gradients, as RealMLP has it (Holzmüller and others 2024)."""

SCHEDULE = {"name": "cosine", "warmup": 0.1}
"""The learning rate rises for a tenth of all epochs, and then falls to 0."""

UNUSED_BY_LBFGS = ("learning_rate_init", "batch_size", "early_stopping", "validation_metric")
"""Parameters that L-BFGS does not use."""


def network_defaults(
    n_rows: int,
    is_classification: bool,
    given: Mapping[str, object],
    long_tail: bool = False,
    fast: bool = False,
    single: bool = False,
) -> Record:
    """Return parameters for an estimator: size, optimizer, schedule, batches and epochs.

    Defaults adapt to the given parameters: with another optimizer, its own learning rate is used, and L-BFGS has no
    schedule.

    Parameters
    ----------
    n_rows : int
        Number of training rows.
    is_classification : bool
        Whether classes are predicted, for which more nodes are dropped.
    given : mapping
        The parameters chosen by the user.
    long_tail : bool
        Whether numbers are predicted as exp(u), see `koubai.models.scaling`.
    fast : bool
        Whether one network of half the nodes is to do.
    single : bool
        Whether one network answers by itself; ``fast`` implies it.
    """
    small = n_rows < SMALL
    chosen: Record = {"max_iter": 500} | ({"loss": "poisson"} if long_tail else {})
    if uses_lbfgs(given):
        return chosen | {"hidden_layer_sizes": (128, 64) if small or is_classification else (256, 128)}
    chosen |= {"hidden_layer_sizes": (128, 64) if fast else (256, 128), "activation": "silu"}
    chosen |= {"validation_metric": "loss", "init": "glorot_uniform"}
    chosen["dropout"] = (DROPOUT_OF_SMALL if small and not (fast or single) else DROPOUT)[is_classification]
    batch = 128 if not small else 64 if n_rows >= 1000 else 32 if n_rows >= 400 else 16  # enough updates
    chosen |= {"batch_size": min(batch, n_rows), "n_iter_no_change": 1000}
    if "max_iter" not in given:
        chosen["epochs"] = 60 if small else 20 if fast else EPOCHS_OF_LARGER if n_rows < LARGE else 24
    named = {"solver", "optimizer"} & {name for name, value in given.items() if value is not None}
    if not named:
        chosen["optimizer"] = dict(OPTIMIZER)
    if "learning_rate" not in given:
        chosen["schedule"] = dict(SCHEDULE)
    chosen["learning_rate_init"] = None if named else 0.004
    return chosen


def uses_lbfgs(given: Mapping[str, object]) -> bool:
    """Return whether the user chose L-BFGS."""
    rules = (given.get("solver"), given.get("optimizer"))
    return any(isinstance(rule, str) and rule == "lbfgs" for rule in rules)


def settings_to_judge(
    n_rows: int, is_classification: bool, given: Record, single: bool = False
) -> dict[float, dict[str, object]]:
    """Return the L2 penalties to choose from and what else each sets; empty if nothing is to be chosen.

    On a larger table the weakest penalty lets networks learn long and with little dropout, which suits a relation that
    is intricate and clear; the strongest suits one that noise hides.

    Parameters
    ----------
    n_rows : int
        Number of training rows.
    is_classification : bool
        Whether classes are predicted.
    given : mapping
        The parameters chosen by the user, which stay.
    single : bool
        Whether one network answers by itself.

    Examples
    --------
    >>> settings_to_judge(500, True, {})
    {0.0005: {'alpha': 0.0005}, 0.05: {'alpha': 0.05}, 1.0: {'alpha': 1.0}}
    >>> settings_to_judge(5000, True, {"alpha": 0.3})
    {0.3: {'alpha': 0.3}}
    """
    small = n_rows < SMALL
    own = uses_lbfgs(given) or any(given.get(name) is not None for name in (*RECIPE, *(() if small else WATCHED)))
    if own or (not small and (single or n_rows >= LARGE)):
        return {}
    if given.get("alpha") is not None:
        return {float(given["alpha"]): {"alpha": float(given["alpha"])}}
    penalties = PENALTIES_OF_LARGER if not small else PENALTIES_OF_ONE if single else PENALTIES
    found: dict[float, dict[str, object]] = {penalty: {"alpha": penalty} for penalty in penalties}
    if small:
        return found
    dropout = {} if given.get("dropout") is not None else {"dropout": DROPOUT[is_classification]}
    for setting in found.values():
        setting |= {"epochs": EPOCHS_OF_LARGER, **dropout}
    free = {"epochs": EPOCHS_OF_FREE, "dropout": DROPOUT_OF_SMALL[is_classification]}
    found[penalties[0]] |= {name: free[name] for name in ("epochs", *dropout)}
    return found
