"""Networks that are averaged, computed at once: their parameters stacked, one product for a layer of them all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from koubai.core.arrays import Array
from koubai.export import steps
from koubai.export.steps import Computation, Step

Compiled: TypeAlias = Callable[[steps.Scalar], Callable[..., tuple[Array, ...]]]
"""Makes a function of arrays of one of numbers."""


@dataclass(frozen=True)
class Stack(Step):
    """The mean of what several chains of steps make of one source.

    Parameters
    ----------
    chains : tuple of tuple of Step
        For each network its steps in order; all have the same kinds, sizes and functions.
    """

    chains: tuple[tuple[Step, ...], ...]


def stacked(computation: Computation) -> tuple[Step, ...]:
    """Return the steps of a computation, those of networks that are averaged as one `Stack` where they are alike."""
    by_name = {step.name: step for step in computation.steps}
    found: list[Step] = []
    for step in computation.steps:
        chains = [_chain(by_name, name) for name in step.sources] if isinstance(step, steps.Mean) else []
        if not chains or not _alike(chains):
            found.append(step)
            continue
        inside = {each.name for chain in chains for each in chain}
        found = [each for each in found if each.name not in inside]
        found.append(Stack(step.name, chains[0][0].sources, step.width, step.note, tuple(chains)))
    return tuple(found)


def _chain(by_name: dict[str, Step], last: str) -> tuple[Step, ...]:
    """Return the steps that lead to one, back to the first that is no layer's."""
    found: list[Step] = []
    step = by_name[last]
    while type(step) in STACKED and len(step.sources) == 1:
        found.append(step)
        step = by_name[step.sources[0]]
    return tuple(reversed(found))


def _alike(chains: Sequence[tuple[Step, ...]]) -> bool:
    """Return whether chains begin at one step and compute the same with other numbers."""
    first = chains[0]
    if len({chain[0].sources if chain else () for chain in chains}) != 1 or not first:
        return False
    return all([_form(step) for step in chain] == [_form(step) for step in first] for chain in chains)


def _form(step: Step) -> tuple[object, ...]:
    """Return what steps of alike networks have in common."""
    function = step.function if isinstance(step, steps.Apply) else None
    if isinstance(step, steps.Affine):
        return type(step), step.weights.shape, step.weights.dtype
    return type(step), step.width, function


def ready(step: Stack, compiled: Compiled) -> Callable[[Array], Array]:
    """Return the mean of the networks, ready to be computed; ``compiled`` makes functions of arrays."""
    parts = [STACKED[type(layer[0])](layer, compiled) for layer in zip(*step.chains, strict=True)]

    def mean(z: Array) -> Array:
        for part in parts:
            z = part(z)
        return np.asarray(z.astype(np.float64, copy=False).sum(axis=0) / len(step.chains))

    return mean


def _affine(layer: Sequence[steps.Affine], compiled: Compiled) -> Callable[[Array], Array]:
    weights = np.stack([step.weights for step in layer])
    biases = np.stack([step.biases for step in layer])[:, np.newaxis]
    return lambda z: np.matmul(z, weights) + biases


def _apply(layer: Sequence[steps.Apply], compiled: Compiled) -> Callable[[Array], Array]:
    function, names = compiled(layer[0].function), layer[0].function.arguments[1:]
    given = [np.stack([np.asarray(step.parameters[name]) for step in layer])[:, np.newaxis] for name in names]
    return lambda z: np.asarray(function(z, *(each.astype(z.dtype) for each in given))[0], z.dtype)


def _softmax(layer: Sequence[object], compiled: Compiled) -> Callable[[Array], Array]:
    def shares(u: Array) -> Array:
        raised = np.exp(u - u.max(axis=-1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=-1, keepdims=True))

    return shares


def _shares(layer: Sequence[object], compiled: Compiled) -> Callable[[Array], Array]:
    return lambda z: z / z.sum(axis=-1, keepdims=True)


STACKED: dict[type[Step], Callable[..., Callable[[Array], Array]]] = {
    steps.Affine: _affine,
    steps.Apply: _apply,
    steps.Softmax: _softmax,
    steps.Shares: _shares,
}
"""How a layer of several networks is computed, (networks, rows, width)."""
