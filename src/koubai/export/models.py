"""Every kind of model as steps, from what is given for a row to its answer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.core.language import worded
from koubai.core.network import Network
from koubai.core.untyped import Loaded, ScikitLearn
from koubai.export import functions as f
from koubai.export.columns import Columns
from koubai.export.layers import Layers
from koubai.export.maps import neocognitron
from koubai.export.pipelines import prepared, read_row
from koubai.export.steps import (
    CLASSES,
    LABELS,
    MARGINS,
    NUMBERS,
    ROW,
    Answer,
    Builder,
    Cast,
    Computation,
    Input,
    Mean,
    Read,
    Shares,
)
from koubai.models.trust.conformal import ROUNDING

if TYPE_CHECKING:
    pass


def describe(model: object, bare: bool = False) -> Computation:
    """Return what a fitted model computes.

    Parameters
    ----------
    model
        A fitted model of one of the kinds in `KINDS`, or a pipeline that ends with one.
    bare : bool
        Whether a table's columns are left as they are, for what prepares them by itself.

    Raises
    ------
    ParameterTypeError
        If it is something else.
    ParameterError
        If it is a pipeline with a step that cannot be described, or has a column of texts, unless it is ``bare``.
    UndefinedError
        If it has a layer or an activation that cannot be described.
    """
    from sklearn.pipeline import Pipeline
    from sklearn.utils.validation import check_is_fitted

    from koubai.estimators.base import BaseNetwork
    from koubai.estimators.neocognitron.estimator import Neocognitron
    from koubai.estimators.perceptron import Perceptron
    from koubai.models.as_estimator.base import TableEstimator
    from koubai.models.of_images.image_model import ImageModel
    from koubai.models.table_predictor import TablePredictor

    builder = Builder()
    if isinstance(model, TablePredictor):
        model.check_fitted()
        return _of_table(builder, model, bare)
    if isinstance(model, TableEstimator):
        return _of_table_estimator(builder, model)
    if isinstance(model, ImageModel):
        return _of_images(builder, model)
    if isinstance(model, BaseNetwork):
        model._check_has_parameters()
        return _of_estimator(builder, model, _row(builder, model, str(model.theta_.dtype)))
    if isinstance(model, Neocognitron):
        check_is_fitted(model, "s_layers_")
        return _of_neocognitron(builder, model)
    if isinstance(model, Perceptron):
        return _of_perceptron(builder, model, _row(builder, model, str(_coefficients(model).dtype)))
    if isinstance(model, Pipeline):
        return _of_pipeline(builder, model)
    raise ParameterTypeError(
        who="export",
        parameter="model",
        required=worded("core.must.pipeline_ends", kinds=", ".join(KINDS[:-1]), kinds_2=KINDS[-1]),
        got=type(model).__name__,
        remedy=worded("core.remedy.give_best_estimator") if hasattr(model, "best_estimator_") else "",
    )


KINDS = (
    *("TableModel", "TableClassifier", "TableRegressor", "ImageModel", "MLPClassifier", "MLPRegressor"),
    *("ConvClassifier", "ConvRegressor", "Neocognitron", "Perceptron"),
)
"""What can be described."""


def described_network(model: object) -> tuple[str, Network, Array, tuple[str, ...], tuple[str, ...]]:
    """Return a title, the network (of several the first) with its parameters, and names of inputs and outputs.

    Raises
    ------
    ParameterTypeError
        If the model has no network.
    """
    from koubai.estimators.base import BaseNetwork
    from koubai.models.table_predictor import TablePredictor

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    classes = getattr(model, "classes_", None)
    estimator = model = _inside(model)
    if isinstance(model, TablePredictor):
        model.check_fitted()
        estimator, inputs = model.estimator_, tuple(model.preparation_.features)
        outputs = () if model.target_.is_classification else (model.target_.name,)
    if not isinstance(estimator, BaseNetwork):
        raise ParameterTypeError(
            who="export", parameter="model", required=worded("core.must.have_network_drawn"), got=type(model).__name__
        )
    network, theta = estimator.network_, estimator._current_theta()
    inputs = inputs or tuple(map(str, getattr(estimator, "feature_names_in_", ())))
    if hasattr(estimator, "classes_"):
        names = tuple(map(str, np.asarray(estimator.classes_ if classes is None else classes).tolist()))
        outputs = names if len(names) == network.n_outputs else names[-1:]
    title = f"{type(estimator).__name__} {'-'.join(map(str, network.sizes))}"
    return title, network, theta, inputs, outputs


def _inside(model: object) -> Loaded:
    """Return the model inside an estimator of tables, a model of images, or a pipeline; any other unchanged."""
    from sklearn.pipeline import Pipeline
    from sklearn.utils.validation import check_is_fitted

    from koubai.models.as_estimator.base import TableEstimator
    from koubai.models.of_images.image_model import ImageModel

    if isinstance(model, Pipeline):
        return _inside(model[-1])
    if isinstance(model, TableEstimator):
        check_is_fitted(model, "model_")
        return model.model_
    return model._fitted() if isinstance(model, ImageModel) else model


def _row(builder: Builder, estimator: Loaded, dtype: str) -> str:
    """Read a whole row of numbers."""
    return builder.add(Cast("z0", (read_row(builder, estimator),), int(estimator.n_features_in_), "", dtype))


def _of_images(builder: Builder, model: Loaded) -> Computation:
    """Read images as a folder of pictures gives them: pixels as they are, line by line."""
    estimator = model._fitted()
    shape = tuple(map(int, estimator.image_shape_))
    given = Input("images", ROW, int(np.prod(shape)), shape=shape)
    read = builder.add(Read("x", (), given.width, "the pixels", (given,)))
    source = builder.add(Cast("z0", (read,), given.width, "", str(estimator.theta_.dtype)))
    found = _of_estimator(builder, estimator, source)
    size = f"{shape[0]} × {shape[1]} pixels, {'grey' if shape[2] == 1 else f'{shape[2]} channels'}"
    return replace(found, title=f"{model.task_} of images of {size}: {found.title}")


def _of_pipeline(builder: Builder, pipeline: ScikitLearn) -> Computation:
    """Read rows for the first step, and put the others before the estimator at the end."""
    from koubai.estimators.base import BaseNetwork
    from koubai.estimators.perceptron import Perceptron

    last = pipeline[-1]
    if isinstance(last, BaseNetwork):
        last._check_has_parameters()
        source = builder.add(_cast(builder, prepared(builder, pipeline), str(last.theta_.dtype)))
        found = _of_estimator(builder, last, source)
    elif isinstance(last, Perceptron):
        source = builder.add(_cast(builder, prepared(builder, pipeline), str(_coefficients(last).dtype)))
        found = _of_perceptron(builder, last, source)
    elif len(pipeline.steps) == 1:
        return describe(last)
    else:
        raise ParameterError(
            who="export",
            parameter="model",
            required=worded("core.must.end_network_perceptron_koubai_if"),
            got=type(last).__name__,
            remedy=worded("core.remedy.tablemodel_prepares_columns_itself"),
        )
    return replace(found, title=f"pipeline: {found.title}")


def _cast(builder: Builder, source: str, dtype: str) -> Cast:
    return Cast("z0", (source,), builder.width(source), "", dtype)


def _of_estimator(builder: Builder, estimator: Loaded, source: str) -> Computation:
    if getattr(estimator, "normalize", False):
        n_pixels = int(np.prod(estimator.image_shape_[:2]))
        given = {"mean": np.tile(estimator.pixel_mean_, n_pixels), "scale": np.tile(estimator.pixel_scale_, n_pixels)}
        source = builder.apply("pixels", [source], f.PIXEL, given, "pixels, less their mean and by their deviation")
    outputs = Layers(builder).network(estimator.network_, estimator.theta_, source)
    sizes = "-".join(map(str, estimator.network_.sizes))
    title = f"{type(estimator).__name__} {sizes}"
    if hasattr(estimator, "classes_"):
        answer = _answer_of_classes(builder, estimator, outputs, "class", "")
    else:
        outputs = _limited(builder, estimator, outputs, "")
        if hasattr(estimator, "target_scale_"):
            given = {"scale": np.array(estimator.target_scale_), "center": np.array(estimator.target_mean_)}
            builder.apply("prediction", [outputs], f.SHIFTED, given, "in the target's own unit")
        answer = Answer(NUMBERS, "prediction")
    return Computation(title, tuple(builder.steps), answer)


def _limited(builder: Builder, regressor: object, outputs: str, prefix: str) -> str:
    """Limit numbers to the range of training targets, if the regressor does."""
    limits = regressor._limits() if hasattr(regressor, "_limits") else []
    if not limits:
        return outputs
    low, high = np.array(limits).T
    return builder.apply(f"{prefix}within", [outputs], f.LIMITED, {"low": low, "high": high})


def _answer_of_classes(builder: Builder, classifier: Loaded, outputs: str, name: str, prefix: str) -> Answer:
    """Add what makes the classes' probabilities of a network's outputs; return how they are read."""
    classes = _plain(classifier.classes_)
    reading = classifier._reading()
    if len(classes) < 2:
        raise ParameterError(
            who="export",
            parameter="model",
            required=worded("core.must.have_two_classes_at_least"),
            got=f"{len(classes)}",
        )
    if builder.width(outputs) == 1 and not classifier._is_multilabel():
        if reading.signed:
            return Answer(MARGINS, name, classes)
        other = builder.apply(f"{prefix}other", [outputs], f.COMPLEMENT, note="the probability of the first class")
        builder.join(f"{prefix}p", [other, outputs], "the probabilities of the classes")
        return Answer(CLASSES, name, classes)
    if classifier._is_multilabel():
        return Answer(LABELS, name, classes, reading.threshold)
    if reading.signed:
        return Answer(MARGINS, name, classes)
    if classifier.out_activation_ == "logistic" and reading.one_of_many and not classifier._output_by_hand:
        note = "the probabilities of the classes"
        builder.add(Shares(f"{prefix}p", (outputs,), builder.width(outputs), note))
    return Answer(CLASSES, name, classes)


def _plain(classes: object) -> Sequence[object]:
    return tuple(np.asarray(classes).tolist())


def _coefficients(model: Loaded) -> Array:
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(model)
    return model.coef_.toarray() if hasattr(model.coef_, "toarray") else np.asarray(model.coef_)


def _of_neocognitron(builder: Builder, model: Loaded) -> Computation:
    """Answer with a class; without a readout, with what the top C-cells say."""
    from koubai.estimators.neocognitron.readout import Winner

    top = neocognitron(builder, model, read_row(builder, model))
    planes = "-".join(str(layer.weights.shape[1]) for layer in model.s_layers_)
    title, readout = f"Neocognitron, planes {planes}", getattr(model, "readout_", None)
    if readout is None:
        return Computation(title, tuple(builder.steps), Answer(NUMBERS, "prediction"))
    classes = _plain(model.classes_)
    if isinstance(readout, Winner):
        cells = readout.directions
        biases = np.zeros(len(cells), cells.dtype)
        builder.affine(
            "likeness", top, np.ascontiguousarray(cells.T), biases, "how alike each labelled cell's pattern is"
        )
        answer = Answer(MARGINS, "class", tuple(classes[place] for place in readout.classes.tolist()))
        return Computation(f"{title}, labelled winners", tuple(builder.steps), answer)
    source = builder.add(Cast("top", (top,), builder.width(top), "", str(readout.theta_.dtype)))
    outputs = Layers(builder).network(readout.network_, readout.theta_, source)
    answer = replace(_answer_of_classes(builder, readout, outputs, "class", ""), classes=classes)
    return Computation(title, tuple(builder.steps), answer)


def _of_perceptron(builder: Builder, model: Loaded, source: str) -> Computation:
    coefficients = _coefficients(model)
    biases = np.broadcast_to(np.asarray(model.intercept_), len(coefficients))
    builder.affine("u1", source, np.ascontiguousarray(coefficients.T), biases, "u = W x + b")
    return Computation("Perceptron", tuple(builder.steps), Answer(MARGINS, "class", _plain(model.classes_)))


def _of_table_estimator(builder: Builder, estimator: Loaded) -> Computation:
    """Answer with the user's classes, which a table may hold as others."""
    found = _of_table(builder, _inside(estimator))
    if not found.answer.classes:
        return found
    order, last = estimator._labels.order().tolist(), found.steps[-1]
    if last.width > 1:
        builder.select("of_classes", last.name, order)
    factors = [found.answer.factors[place] for place in order] if found.answer.factors else ()
    answer = replace(found.answer, classes=_plain(estimator.classes_), factors=factors)
    return replace(found, steps=tuple(builder.steps), answer=answer)


def _of_table(builder: Builder, model: Loaded, bare: bool = False) -> Computation:
    columns = Columns(builder, model.preparation_, model.marks)
    features = columns.given() if bare else columns.add()
    members, target = model._members(), model.target_
    first = members[0]
    source = builder.add(Cast("z0", (features,), builder.width(features), "", str(first.theta_.dtype)))
    answer, outputs = Answer(NUMBERS, target.name), []
    for number, member in enumerate(members, 1):
        prefix = "" if len(members) == 1 else f"net{number}_"
        found = Layers(builder, prefix).network(member.network_, member.theta_, source)
        if target.is_classification:
            answer = _answer_of_classes(builder, member, found, target.name, prefix)
            if answer.kind == CLASSES and model.decision_ is not None:
                answer = replace(answer, factors=model.decision_.factors)
            found = builder.steps[-1].name
        else:
            found = _limited(builder, member, found, prefix)
        outputs.append(found)
    mean = outputs[0]
    if len(outputs) > 1:
        note = f"the mean of {len(outputs)} networks"
        mean = builder.add(Mean("mean", tuple(outputs), builder.width(mean), note))
    if not target.is_classification:
        _rescaled(builder, model, mean)
    answer = _with_conformal(builder, model, answer)
    sizes = "-".join(map(str, first.network_.sizes))
    networks = f"network {sizes}" if len(members) == 1 else f"mean of {len(members)} networks {sizes}"
    return Computation(f"{target.task} of {target.name}: {networks}", tuple(builder.steps), answer)


def _rescaled(builder: Builder, model: Loaded, source: str) -> None:
    """Turn the network's output into the target's own unit."""
    wide = builder.add(Cast("output", (source,), 1, "", "float64"))
    given: dict[str, Array] = {"scale": np.array([model.scale_]), "center": np.array([model.center_])}
    low, high = model.bounds_
    if np.isfinite([low, high]).all():
        given |= {"low": np.array([low]), "high": np.array([high])}
        builder.apply("prediction", [wide], f.RESCALED, given, "in the target's own unit")
    else:
        builder.apply("prediction", [wide], f.SHIFTED, given, "in the target's own unit")


def _with_conformal(builder: Builder, model: Loaded, answer: Answer) -> Answer:
    """Add the ends of the answer's interval, or say how far from 1 the classes of its set may be."""
    conformal = model.conformal_
    if conformal is None:
        return answer
    if answer.kind == CLASSES:
        return replace(answer, reach=min(conformal.limit + ROUNDING, 1.0))
    if not np.isfinite(conformal.limit):
        raise ParameterError(
            who="export",
            parameter="model",
            required=worded("core.must.have_intervals_end_somewhere"),
            got=worded("core.got.intervals_at_without_end", percent=conformal.percent),
            remedy=worded("core.remedy.fit_lower_level"),
        )
    last = builder.steps[-1].name
    given = {"reach": np.array([conformal.limit])} | ({"unit": np.array([conformal.unit])} if conformal.grows else {})
    function = f.interval(model.lowest_answer, conformal.grows)
    builder.apply("ends", [last], function, given, f"the interval that holds {conformal.percent}")
    return replace(answer, has_interval=True)
