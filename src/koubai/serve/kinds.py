"""What answers with which kind of model."""

from koubai.core.errors import DataError, ParameterTypeError
from koubai.core.language import worded
from koubai.core.untyped import Loaded
from koubai.models.kept.homes import HOMES
from koubai.models.of_images.image_model import ImageModel
from koubai.models.table_predictor import TablePredictor
from koubai.serve.answers import Answers
from koubai.serve.pictures import PictureScorer
from koubai.serve.rows import RowScorer
from koubai.serve.scoring import Scorer


def scorer_of(model: Loaded) -> Answers:
    """Return what answers with a fitted model of one of the kinds that files hold.

    Parameters
    ----------
    model
        The fitted model.

    Raises
    ------
    ParameterTypeError
        If it is something else.
    DataError
        If it has learned nothing that could be asked, as a Neocognitron without labels.

    Examples
    --------
    >>> from koubai.estimators.perceptron import Perceptron
    >>> scorer_of(Perceptron().fit([[0.0], [1.0]], ["no", "yes"])).one({"x1": 3.0})
    {'prediction': 'yes'}
    """
    from sklearn.utils.validation import check_is_fitted

    from koubai.models.as_estimator.base import TableEstimator

    kind = type(model).__name__
    if kind == "Pipeline" and len(model.steps) == 1:
        return scorer_of(model[-1])
    if isinstance(model, TablePredictor):
        model.check_fitted()
        return Scorer(model)  # type: ignore[arg-type]  # what only predicts is asked for no more
    if isinstance(model, TableEstimator):
        check_is_fitted(model, "model_")
        return Scorer(model.model_, getattr(model, "_labels", None))
    if kind not in HOMES:
        raise ParameterTypeError(
            who="serve",
            parameter="model",
            required=worded("core.must.be_one_of", names=", ".join(HOMES)),
            got=kind,
            remedy=worded("core.remedy.give_best_estimator") if hasattr(model, "best_estimator_") else "",
        )
    if isinstance(model, ImageModel):
        return PictureScorer(model)
    check_is_fitted(model)
    if not hasattr(model, "predict") or (kind == "Neocognitron" and not hasattr(model, "readout_")):
        raise DataError(worded("serve.error.serve_model_have_learned_what", kind=kind))
    return PictureScorer(model) if hasattr(model, "image_shape_") else RowScorer(model)
