"""The steps computed in NumPy: the model's own numbers, without tables, for a row that must be answered fast."""

from bisect import bisect_right
from collections.abc import Callable
from functools import singledispatch
from typing import TypeAlias

import numpy as np
from scipy.special import erf, ndtri

from koubai.core.arrays import Array
from koubai.core.schema import Record
from koubai.export import stacking, steps
from koubai.export.functions import QUANTILE
from koubai.export.maps import Blur, Convolve, Pad, Pool
from koubai.export.steps import Computation, Scalar, Step
from koubai.export.targets.formula_text import FormulaText
from koubai.export.targets.maps import places_of

NAMES = {"abs": "np.abs", "max": "np.maximum", "min": "np.minimum", "erf": "erf", "pow": "np.power"} | {
    name: f"np.{name}" for name in ("exp", "log", "tanh", "cos", "sin", "sqrt", "sign", "floor")
}
TEXT = FormulaText(NAMES, "np.where({}, {}, {})".format, power="np.power({}, {})".format)


def compiled(function: Scalar) -> Callable[..., tuple[Array, ...]]:
    """Return a function of arrays: SciPy's, where it has it, else from its formulas and nothing else."""
    if function == QUANTILE:
        return lambda x: (ndtri(x),)
    lines = [f"def {function.name}({', '.join(function.arguments)}):"]
    lines += [f"    {name} = {TEXT.write(formula)}" for name, formula in function.bindings]
    lines.append(f"    return ({', '.join(function.results)},)")
    found: Record = {"np": np, "erf": erf}
    exec("\n".join(lines), found)
    made: Callable[..., tuple[Array, ...]] = found[function.name]
    return made


Done: TypeAlias = Callable[..., Array]
"""A step, ready to be computed from the vectors of its sources."""


class Evaluator:
    """Computes a computation for rows that are given as numbers.

    Parameters
    ----------
    computation : Computation
        What is to be computed.

    Examples
    --------
    >>> from koubai.estimators.regressor import MLPRegressor
    >>> from koubai.export.models import describe
    >>> model = MLPRegressor(hidden_layer_sizes=(3,), epochs=2).fit([[0.0], [1.0]], [0.0, 1.0])
    >>> bool(np.allclose(Evaluator(describe(model))(np.array([[0.5]])).ravel(), model.predict([[0.5]])))
    True
    """

    def __init__(self, computation: Computation) -> None:
        found = stacking.stacked(computation)
        places = {step.name: place for place, step in enumerate(found)}
        self._steps = [(ready(step), [places[name] for name in step.sources]) for step in found[1:]]

    def __call__(self, rows: Array) -> Array:
        """Return the last vector for rows of numbers (n, n_inputs), as `steps.Read` has them, missing ones NaN."""
        vectors = [rows]
        with np.errstate(all="ignore"):
            for step, sources in self._steps:
                vectors.append(step(*[vectors[place] for place in sources]))
        return vectors[-1]


@singledispatch
def ready(step: Step) -> Done:
    """Return a step, ready to be computed."""
    raise TypeError(f"{type(step).__name__} cannot be computed.")


@ready.register
def _(step: steps.Cast) -> Done:
    return lambda x: x.astype(step.dtype)


@ready.register
def _(step: steps.Select) -> Done:
    places = np.array(step.places)
    return lambda x: x[:, places]


@ready.register
def _(step: steps.Missing) -> Done:
    return lambda x: _missing(x, step.marks).astype(np.float64)


@ready.register
def _(step: steps.Filled) -> Done:
    return lambda x: np.where(_missing(x, step.marks), step.values, x)


@ready.register
def _(step: steps.Apply) -> Done:
    function, n_sources = compiled(step.function), len(step.sources)
    given = {
        dtype: [np.asarray(step.parameters[name], dtype) for name in step.function.arguments[n_sources:]]
        for dtype in (np.dtype(np.float32), np.dtype(np.float64))
    }

    def applied(*sources: Array) -> Array:
        dtype = sources[0].dtype
        found = function(*sources, *given[dtype])
        if len(found) == 1:
            return np.asarray(found[0], dtype)
        return np.stack(found, axis=-1).reshape(len(sources[0]), -1)

    return applied


@ready.register
def _(step: steps.Interpolate) -> Done:
    tables = [tuple(part.tolist() for part in table) for table in step.tables]

    def looked_up(x: Array) -> Array:
        return np.array(
            [[_height(cell, *table) for cell, table in zip(row, tables, strict=True)] for row in x.tolist()]
        )

    return looked_up


def _height(x: float, places: list[float], left: list[float], right: list[float]) -> float:
    high = bisect_right(places, x)
    low = high - 1
    if low < 0:
        return left[0]
    if x == places[low]:
        return (left[low] + right[low]) / 2
    if high == len(places):
        return right[low]
    return right[low] + (x - places[low]) / (places[high] - places[low]) * (left[high] - right[low])


@ready.register
def _(step: steps.Affine) -> Done:
    return lambda z: z @ step.weights + step.biases


@ready.register
def _(step: steps.Blocks) -> Done:
    n_blocks, n_in, _ = step.weights.shape

    def mixed(z: Array) -> Array:
        apart = z.reshape(-1, n_blocks, n_in)
        return (np.einsum("nbi,bio->nbo", apart, step.weights) + step.biases).reshape(len(z), -1)

    return mixed


@ready.register
def _(step: steps.Join) -> Done:
    return lambda *given: np.concatenate(given, axis=1)


@ready.register
def _(step: steps.Softmax) -> Done:
    def shares(u: Array) -> Array:
        raised = np.exp(u - u.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    return shares


@ready.register
def _(step: steps.Shares) -> Done:
    return lambda z: z / z.sum(axis=1, keepdims=True)


@ready.register
def _(step: steps.Mean) -> Done:
    return lambda *given: sum(each.astype(np.float64) for each in given) / len(given)


@ready.register
def _(step: stacking.Stack) -> Done:
    return stacking.ready(step, compiled)


@ready.register
def _(step: Pad) -> Done:
    (top, left), (bottom, right) = step.windows.before, step.windows.after
    edges = ((0, 0), (top, bottom), (left, right), (0, 0))

    def edged(z: Array) -> Array:
        maps = z.reshape(-1, *step.windows.input_shape)
        return np.pad(maps, edges, constant_values=step.value).reshape(len(z), -1)

    return edged


@ready.register
def _(step: Convolve) -> Done:
    places = places_of(step)
    places = places.reshape(len(places), -1)
    return lambda z: (z[:, places] @ step.weights + step.biases).reshape(len(z), -1)


@ready.register
def _(step: Pool) -> Done:
    places = places_of(step)

    def pooled(z: Array) -> Array:
        cells = z[:, places]
        return (cells.max(axis=2) if step.largest else cells.sum(axis=2)).reshape(len(z), -1)

    return pooled


@ready.register
def _(step: Blur) -> Done:
    places = places_of(step)
    return lambda z: np.einsum("nwcp,c->nwp", z[:, places], step.weights).reshape(len(z), -1)


def _missing(x: Array, marks: tuple[float, ...]) -> Array:
    found = np.isnan(x)
    for mark in marks:
        found = found | (x == mark)
    return found
