"""What a model of a table must do for it to be trained again on other rows."""

from typing import TYPE_CHECKING, Protocol, Self

from koubai.core.arrays import Array
from koubai.models.prepared import PreparedTable
from koubai.models.scores.evaluation import Evaluation
from koubai.tables.preparing.preparation import Preparation

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from koubai.models.estimator_choice import Estimator


class Trained(Protocol):
    """A fitted model of a table."""

    random_state: int
    preparation_: Preparation
    estimator_: "Estimator"
    evaluation_: Evaluation | None
    dtype: str

    def twin(self) -> Self:
        """Return a model with the same parameters."""
        ...

    def prepared_again(self, prepared: PreparedTable, kept: Array, test: Array) -> PreparedTable:
        """Return the table prepared anew from some of its rows."""
        ...

    def train(self, prepared: PreparedTable, *, executor: "Executor | None" = None) -> Self:
        """Train on a prepared table."""
        ...

    def outputs(self, features: Array) -> tuple[Array, Array | None]:
        """Return predictions and, of classes, probabilities."""
        ...
