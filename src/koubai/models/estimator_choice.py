"""Construction of a table model's estimator from its parameters."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from koubai.core.errors import ParameterError
from koubai.core.language import term, worded
from koubai.core.schema import Record
from koubai.models.defaults import SMALL, UNUSED_BY_LBFGS, network_defaults, uses_lbfgs
from koubai.tables.preparing.refusals import CLASSIFICATION, TASKS

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

    from koubai.estimators.classifier import MLPClassifier
    from koubai.estimators.regressor import MLPRegressor

Estimator: TypeAlias = "MLPClassifier | MLPRegressor"
"""What a table's model trains."""


def estimator_for(
    task: str,
    n_rows: int,
    given: Record,
    seed: int,
    long_tail: bool = False,
    fast: bool = False,
    single: bool = False,
) -> "Estimator":
    """Return the unfitted estimator for a task and a number of training rows.

    Parameters
    ----------
    task : str
        Classification or regression.
    n_rows : int
        Number of training rows.
    given : mapping
        The network parameters chosen by the user.
    seed : int
        Seed of initial values and shuffles.
    long_tail, fast, single : bool
        As for `koubai.models.defaults.network_defaults`.

    Raises
    ------
    ParameterError
        If a parameter does not apply.
    """
    from koubai.estimators.classifier import MLPClassifier
    from koubai.estimators.regressor import MLPRegressor

    kind: type[MLPClassifier | MLPRegressor] = MLPClassifier if task == CLASSIFICATION else MLPRegressor
    if uses_lbfgs(given):
        for name in (name for name in UNUSED_BY_LBFGS if not _is_left_out(given.get(name))):
            raise ParameterError(
                who="TableModel",
                parameter=name,
                required=worded("core.must.not_set_lbfgs"),
                got=repr(given[name]),
                remedy=worded("core.remedy.leave_out_try_another_optimizer"),
            )
    if given.get("output_activation") is not None:
        raise ParameterError(
            who="TableModel",
            parameter="output_activation",
            required=worded("core.must.not_set_since_table_numbers"),
            got=repr(given["output_activation"]),
            remedy=worded("core.remedy.leave_out_train_koubai_mlpregressor"),
        )
    _refuse_what_does_nothing(given)
    chosen = {
        **network_defaults(n_rows, task == CLASSIFICATION, given, long_tail, fast, single),
        **{name: value for name, value in given.items() if name != "validation_fraction"},
        "random_state": seed,
    }
    refuse_unknown("TableModel", kind, chosen, worded("core.must.not_set_for", task=term(task)))
    return kind(**chosen)


def refuse_unknown(who: str, kind: "type[BaseEstimator]", given: Mapping[str, object], required: str) -> None:
    """Raise ParameterError for the first parameter that a kind of estimator does not take.

    Parameters
    ----------
    who : str
        The model that passes its parameters on.
    kind : type
        The estimator's class.
    given : mapping
        Parameters by name.
    required : str
        What is required of such a parameter.
    """
    unknown = sorted(set(given) - set(kind().get_params()))
    if unknown:
        raise ParameterError(
            who=who,
            parameter=unknown[0],
            required=required,
            got=worded("core.got.does_not_take", value=repr(given[unknown[0]]), name=kind.__name__),
        )


def _refuse_what_does_nothing(given: Mapping[str, object]) -> None:
    """Raise ParameterError for a parameter that another one leaves without effect."""
    without: list[tuple[tuple[str, ...], str]] = []
    sizes = given.get("hidden_layer_sizes")
    if isinstance(sizes, list | tuple) and not sizes:
        without.append((("activation", "dropout"), worded("models.note.network_without_hidden_layers")))
    if given.get("early_stopping") is False:
        without.append((("validation_metric", "validation_fraction"), worded("models.note.without_early_stopping")))
    for names, why in without:
        for name in (name for name in names if not _is_left_out(given.get(name))):
            raise ParameterError(
                who="TableModel",
                parameter=name,
                required=worded("core.must.not_set_why", why=why),
                got=repr(given[name]),
                remedy=worded("core.remedy.leave_it_out"),
            )


def _is_left_out(value: object) -> bool:
    """Return whether a value says no more than its absence would: nothing, no, or none of the rows."""
    return value is None or (isinstance(value, bool | int | float) and value == 0)


def check_choices(task: str | None, given: Record, seed: int, streamed: bool) -> None:
    """Raise ParameterError if the network's parameters are invalid for every task, whatever the table.

    Parameters
    ----------
    task : str or None
        The task, if known.
    given, seed
        As for `estimator_for`.
    streamed : bool
        Whether the table is read block by block, which rules out some parameters.
    """
    tasks = (task,) if task in TASKS else TASKS
    refusals = []
    for possible in tasks:
        try:
            estimator = estimator_for(possible, SMALL, given, seed)
            estimator.check_choices()
            if streamed:
                estimator.check_block_by_block()
        except ParameterError as error:
            refusals.append(error)
    if len(refusals) == len(tasks):
        raise refusals[0]
