"""The parameters of a table's estimators: those of the table's model, and the common ones of its network."""

from koubai.core.schema import Record

OF_NETWORK = (
    "hidden_layer_sizes",
    "activation",
    "loss",
    "optimizer",
    "learning_rate_init",
    "schedule",
    "batch_size",
    "epochs",
    "dropout",
    "alpha",
    "l1",
    "early_stopping",
    "validation_metric",
    "class_weight",
    "n_starts",
    "n_jobs",
)
"""Parameters of the network; None leaves each to the recipe, see `koubai.models.defaults`."""

OF_TABLE = (
    "drop",
    "keep",
    "category",
    "text",
    "decimal",
    "thousands",
    "date_order",
    "missing",
    "not_missing",
    "dtype",
    "random_state",
    "cross_validation",
    "piecewise",
    "quality",
    "n_members",
    "time",
    "metric",
    "intervals",
)
"""Parameters of the table's model, as `koubai.TableModel` has them."""


def given_of(estimator: object) -> Record:
    """Return the keyword arguments of the `TableModel` that an estimator stands for."""
    chosen = {name: getattr(estimator, name) for name in OF_TABLE}
    network = {name: getattr(estimator, name, None) for name in OF_NETWORK}
    return chosen | {name: value for name, value in network.items() if value is not None}
