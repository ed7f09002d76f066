"""The network that the parameters of a model of images ask for."""

from typing import TYPE_CHECKING

from koubai.core.errors import KoubaiError
from koubai.core.language import term, worded
from koubai.core.schema import Record
from koubai.models.estimator_choice import refuse_unknown
from koubai.tables.preparing.refusals import CLASSIFICATION, TASKS

if TYPE_CHECKING:
    from koubai.estimators.convolution.classifier import ConvClassifier
    from koubai.estimators.convolution.regressor import ConvRegressor


def new_estimator(task: str, network: Record, random_state: int) -> "ConvClassifier | ConvRegressor":
    """Return the estimator for a task, not fitted.

    Raises
    ------
    ParameterError
        If it has no parameter of a name in ``network``.
    """
    from koubai.estimators.convolution.classifier import ConvClassifier
    from koubai.estimators.convolution.regressor import ConvRegressor

    kind: type[ConvClassifier | ConvRegressor] = ConvClassifier if task == CLASSIFICATION else ConvRegressor
    refuse_unknown("ImageModel", kind, network, worded("core.must.not_set_images", task=term(task)))
    return kind(**network, random_state=random_state)


def check_network(task: str | None, network: Record, random_state: int) -> None:
    """Raise the first complaint unless the network's parameters suit the task, or if it is None, any task."""
    refusals: list[KoubaiError] = []
    for each in TASKS if task is None else (task,):
        try:
            new_estimator(each, network, random_state).check_choices()
            return
        except KoubaiError as error:
            refusals.append(error)
    raise refusals[0]
