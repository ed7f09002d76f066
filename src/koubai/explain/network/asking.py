"""The requested number of a network, and the check that the network has it."""

from collections.abc import Sequence
from dataclasses import dataclass

from koubai.core.errors import ParameterError
from koubai.core.layers import Convolution
from koubai.core.layers.base import Address
from koubai.core.network import Network
from koubai.explain.derivations import StepId, step_id
from koubai.explain.network.naming import layer_names

FORMS = {"weight": ("layer", "node", "source"), "delta": ("layer", "node"), "node": ("layer", "node"), "loss": ()}
MOST_NAMED = 12
"""Most sources that a message names."""
STEPS = {"weight": "grad", "delta": "delta", "node": "z", "loss": "E"}


@dataclass(frozen=True, slots=True)
class Ask:
    """The requested number, in the lecture's indices (layers, nodes and sources from 1; source 0 is the bias).

    Parameters
    ----------
    kind : str
        ``"weight"`` (∂E/∂w_ij^(l)), ``"delta"`` (δ_i^(l)), ``"node"`` (z_i^(l)) or ``"loss"`` (E).
    indices : tuple of int
        (layer, node, source), (layer, node) or (). The layer may be told by its name (``"conv1"``), a node of a map by
        row, column and channel, and a kernel's number by row, column, channel and filter, or 0 and the filter for its
        bias, instead of node and source.

    Examples
    --------
    >>> Ask.weight(2, 1, 4)
    Ask(kind='weight', indices=(2, 1, 4))
    >>> Ask("node", ("conv1", 4, 7, 2))
    Ask(kind='node', indices=('conv1', 4, 7, 2))
    """

    kind: str
    indices: tuple[int | str, ...] = ()

    @classmethod
    def weight(cls, layer: int, node: int, source: int) -> "Ask":
        """Ask for ∂E/∂w_ij^(l): node i, source j."""
        return cls("weight", (layer, node, source))

    @classmethod
    def delta(cls, layer: int, node: int) -> "Ask":
        """Ask for δ_i^(l)."""
        return cls("delta", (layer, node))

    @classmethod
    def node(cls, layer: int, node: int) -> "Ask":
        """Ask for the activation z_i^(l)."""
        return cls("node", (layer, node))

    @classmethod
    def loss(cls) -> "Ask":
        """Ask for the loss E."""
        return cls("loss")


def check_ask(ask: Ask, network: Network, allowed: Sequence[str]) -> StepId:
    """Return the id of the requested step.

    Raises
    ------
    ParameterError
        If the kind is not among those allowed here, or the network has no such layer, node or source.
    """
    if ask.kind not in allowed:
        raise ParameterError(
            f"explain: ask must be one of {', '.join(allowed)}; got {ask.kind!r}. Ask for one of these."
        )
    if not FORMS[ask.kind]:
        return step_id(STEPS[ask.kind])
    layer = _layer(ask, network)
    rest = [int(index) for index in ask.indices[1:]]
    numbers = _on_map(ask, network, layer, rest)
    names = FORMS[ask.kind]
    given = ",".join(map(str, ask.indices)) or "nothing"
    if len(numbers) != len(names):
        more = " or by row, column and channel" if len(network.layers[layer - 1].output_shape) > 1 else ""
        raise ParameterError(
            f"explain: {ask.kind} must be given as {','.join(names)}{more}; got {given}. "
            f"Try {','.join('1' for _ in names)}."
        )
    _check_indices(ask.kind, numbers, network)
    return step_id(STEPS[ask.kind], *numbers)


def _layer(ask: Ask, network: Network) -> int:
    """Return the number of the layer that is asked for, by its number or its name."""
    asked, names = ask.indices[0] if ask.indices else 1, layer_names(network)
    if not isinstance(asked, str):
        depth, shown = len(network.layers), "-".join(map(str, network.sizes))
        if not 1 <= asked <= depth and len(ask.indices) > 1:
            raise ParameterError(
                f"explain: {ask.kind}'s layer must be in 1 … {depth} for the network {shown}; got {asked}. "
                f"Layer 1 is the first after the input."
            )
        return max(1, min(asked, depth))
    if asked not in names:
        raise ParameterError(
            f"explain: {ask.kind}'s layer must be one of {', '.join(names)}; got {asked!r}. Name one of these."
        )
    return names.index(asked) + 1


def _on_map(ask: Ask, network: Network, layer: int, rest: list[int]) -> tuple[int, ...]:
    """Return layer, node and source, where a place on a map or in a kernel may have been given."""
    spec = network.layers[layer - 1]
    if ask.kind == "weight":
        is_bias = isinstance(spec, Convolution) and len(rest) == 2 and rest[0] == 0
        if not isinstance(spec, Convolution) or not (len(rest) == 4 or is_bias):
            return layer, *rest
        block = spec.blocks[1 if is_bias and spec.bias else 0]
        shape = (spec.n_filters,) if is_bias else block.shape
        place = _checked_place(ask, network, layer, rest[1:] if is_bias else rest, shape)
        term = next(iter(spec.terms_with(Address("biases" if is_bias else "weights", place))))
        return layer, term.node, term.source
    if len(spec.output_shape) > 1 and len(rest) == len(spec.output_shape):
        return layer, spec.node_at(*_checked_place(ask, network, layer, rest, spec.output_shape))
    return layer, *rest


def _checked_place(ask: Ask, network: Network, layer: int, place: list[int], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a place from 0 that was given from 1, or raise ParameterError if it lies outside."""
    if all(1 <= index <= size for index, size in zip(place, shape, strict=True)):
        return tuple(index - 1 for index in place)
    name = layer_names(network)[layer - 1]
    allowed = ",".join(f"1…{size}" for size in shape)
    raise ParameterError(
        f"explain: {ask.kind}'s place in {name} must be within [{allowed}]; got [{','.join(map(str, place))}]. "
        f"Rows, columns, channels and filters count from 1."
    )


def _check_indices(kind: str, numbers: tuple[int, ...], network: Network) -> None:
    """Raise ParameterError if the layer has no such node or source."""
    layer, node, shown = numbers[0], numbers[1], "-".join(map(str, network.sizes))
    spec = network.layers[layer - 1]
    if not 1 <= node <= spec.n_out:
        raise ParameterError(
            f"explain: {kind}'s node must be in 1 … {spec.n_out} in layer {layer} of the network {shown}; "
            f"got {node}. The order is {','.join(FORMS[kind])}."
        )
    if kind == "weight" and spec.parameter(node, numbers[2]) is None:
        sources = sorted(j for j, _ in spec.parameters_of(node))
        if not sources:
            raise ParameterError(
                f"explain: weight's node must have parameters; got node {node} of layer {layer}, a "
                f"{spec.name} layer, which has none there. Ask for a weight of another, or for a node."
            )
        together = len(sources) > 1 and sources == list(range(sources[0], sources[-1] + 1))
        few = sources if len(sources) <= MOST_NAMED else [*sources[:MOST_NAMED], "…"]
        allowed = f"in {sources[0]} … {sources[-1]}" if together else " or ".join(map(str, few))
        raise ParameterError(
            f"explain: weight's source must be {allowed} in layer {layer} of the network {shown}; "
            f"got {numbers[2]}. The order is layer,node,source."
        )
