"""The steps of a pipeline before its network, as steps of a computation: those that are a formula for each number."""

from collections.abc import Callable

import numpy as np

from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.core.untyped import Loaded, ScikitLearn
from koubai.export import functions as f
from koubai.export.steps import ROW, Builder, Filled, Input, Read

KNOWN = (
    *("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "SimpleImputer", "PCA"),
    *("VarianceThreshold", "SelectKBest", "SelectFromModel"),
)
"""Examples of the steps that are known, for the sentence that refuses another one."""


def read_row(builder: Builder, estimator: Loaded) -> str:
    """Read a whole row of numbers for an estimator or a step of a pipeline."""
    names = tuple(map(str, getattr(estimator, "feature_names_in_", ())))
    given = Input("X", ROW, int(estimator.n_features_in_), names=names)
    return builder.add(Read("x", (), given.width, "the inputs", (given,)))


def prepared(builder: Builder, pipeline: ScikitLearn) -> str:
    """Read a row and add what all steps but the last make of it; return the name of what they make.

    Raises
    ------
    ParameterError
        If a step is of a kind that is not known here.
    """
    from sklearn.utils.validation import check_is_fitted

    before = [(name, step) for name, step in pipeline.steps[:-1] if step not in (None, "passthrough")]
    adders = [_adder(name, step) for name, step in before]
    for _, step in before:
        check_is_fitted(step)
    source = read_row(builder, before[0][1] if before else pipeline[-1])
    for number, (add, (_, step)) in enumerate(zip(adders, before, strict=True), 1):
        source = add(builder, f"step{number}", step, source)
    return source


def _adder(name: str, step: object) -> Callable[[Builder, str, object, str], str]:
    """Return what adds a step."""
    from sklearn.decomposition import PCA
    from sklearn.feature_selection import SelectorMixin
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

    kinds: dict[type[object], Callable[[Builder, str, object, str], str]] = {
        StandardScaler: _standard,
        MinMaxScaler: _min_max,
        MaxAbsScaler: _max_abs,
        RobustScaler: _robust,
        SimpleImputer: _imputed,
        PCA: _components,
    }
    if type(step) in kinds and not _is_more(step):
        return kinds[type(step)]
    if isinstance(step, SelectorMixin):
        return _selected
    raise ParameterError(
        who="export",
        parameter="model",
        required=worded("core.must.have_steps_such_before_network", known=", ".join(KNOWN)),
        got=f"the step {name!r}, a {type(step).__name__}{' with indicators or texts' if _is_more(step) else ''}",
        remedy=worded("core.remedy.do_before_pipeline_put_network"),
    )


def _is_more(step: object) -> bool:
    """Return whether an imputer does more than fill gaps with numbers."""
    statistics = getattr(step, "statistics_", None)
    indicator = getattr(step, "indicator_", None)
    return statistics is not None and (indicator is not None or np.asarray(statistics).dtype.kind not in "biuf")


def _note(step: object) -> str:
    return f"as {type(step).__name__} has it"


def _affine(builder: Builder, name: str, step: object, source: str, center: object, scale: object) -> str:
    """Add (x - center) / scale; None for 0 and 1."""
    width = builder.width(source)
    given = {
        "center": np.zeros(width) if center is None else np.asarray(center, np.float64),
        "scale": np.ones(width) if scale is None else np.asarray(scale, np.float64),
    }
    return builder.apply(name, [source], f.SCALED, given, _note(step))


def _standard(builder: Builder, name: str, step: ScikitLearn, source: str) -> str:
    return _affine(builder, name, step, source, step.mean_ if step.with_mean else None, step.scale_)


def _robust(builder: Builder, name: str, step: ScikitLearn, source: str) -> str:
    center, scale = (step.center_ if step.with_centering else None), (step.scale_ if step.with_scaling else None)
    return _affine(builder, name, step, source, center, scale)


def _max_abs(builder: Builder, name: str, step: ScikitLearn, source: str) -> str:
    return _clipped(builder, name, step, _affine(builder, name, step, source, None, step.scale_), (-1.0, 1.0))


def _min_max(builder: Builder, name: str, step: ScikitLearn, source: str) -> str:
    scaled = _affine(builder, name, step, source, -step.min_ / step.scale_, 1 / step.scale_)
    return _clipped(builder, name, step, scaled, step.feature_range)


def _clipped(builder: Builder, name: str, step: object, source: str, limits: tuple[float, float]) -> str:
    if not getattr(step, "clip", False):
        return source
    low, high = (np.full(builder.width(source), float(limit)) for limit in limits)
    return builder.apply(f"{name}_within", [source], f.LIMITED, {"low": low, "high": high})


def _imputed(builder: Builder, name: str, step: ScikitLearn, source: str) -> str:
    statistics = np.asarray(step.statistics_, np.float64)
    there = np.arange(len(statistics)) if step.keep_empty_features else np.flatnonzero(~np.isnan(statistics))
    source = builder.select(f"{name}_columns", source, there.tolist())
    is_nan = isinstance(step.missing_values, float) and np.isnan(step.missing_values)
    marks = () if is_nan or step.missing_values is None else (float(step.missing_values),)
    return builder.add(Filled(name, (source,), len(there), _note(step), statistics[there], marks))


def _selected(builder: Builder, name: str, step: ScikitLearn, source: str) -> str:
    return builder.select(name, source, np.flatnonzero(step.get_support()).tolist(), _note(step))


def _components(builder: Builder, name: str, step: ScikitLearn, source: str) -> str:
    weights = np.asarray(step.components_, np.float64).T
    if step.whiten:
        weights = weights / np.maximum(np.sqrt(step.explained_variance_), np.finfo(np.float64).eps)
    return builder.affine(name, source, weights, -np.asarray(step.mean_, np.float64) @ weights, _note(step))
