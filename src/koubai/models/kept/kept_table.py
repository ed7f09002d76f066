"""A table's model as far as predictions need it: what `koubai predict` loads."""

from typing import TYPE_CHECKING, Self

from koubai.core.schema import Record, Tensors
from koubai.models.kept import table_record
from koubai.models.kept.kept_network import KeptNetwork
from koubai.models.table_predictor import TablePredictor

if TYPE_CHECKING:
    from koubai.models.estimator_choice import Estimator


class KeptTable(TablePredictor):
    """Predicts for tables as the `TableModel` of the same file; it can neither be trained nor explained."""

    def __init__(
        self, dtype: str, missing: tuple[str, ...], not_missing: tuple[str, ...], metric: str | None = None
    ) -> None:
        self.dtype, self.missing, self.not_missing, self.metric = dtype, missing, not_missing, metric

    @classmethod
    def from_record(cls, record: Record, tensors: Tensors) -> Self:
        """Return the model described by `TableModel.to_record`; its predictions are bit-for-bit the same.

        Raises
        ------
        ModelFileError
            If the record is damaged or describes something else.
        """
        parameters = table_record.parameters_of(record)
        missing, not_missing = (tuple(parameters.get(name, ())) for name in ("missing", "not_missing"))
        model = cls(parameters.get("dtype", "float64"), missing, not_missing, parameters.get("metric"))
        table_record.restore(model, record, tensors, _network_of)
        return model


def _network_of(is_classification: bool, record: Record, tensors: Tensors) -> "Estimator | KeptNetwork":
    """Return the network without its estimator where it can predict alone."""
    return KeptNetwork.from_record(record, tensors) or table_record.estimator_of(is_classification, record, tensors)
