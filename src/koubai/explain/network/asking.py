"""The requested number of a network, and the check that the network has it."""

from collections.abc import Sequence
from dataclasses import dataclass

from koubai.core.errors import ParameterError
from koubai.core.language import Worded, either_of, worded
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
        raise ParameterError(worded("explain.error.ask", kinds=", ".join(allowed), got=repr(ask.kind)))
    if not FORMS[ask.kind]:
        return step_id(STEPS[ask.kind])
    layer = _layer(ask, network)
    rest = [int(index) for index in ask.indices[1:]]
    numbers = _on_map(ask, network, layer, rest)
    names = FORMS[ask.kind]
    if len(numbers) != len(names):
        given = ",".join(map(str, ask.indices)) or worded("explain.error.ask_nothing")
        said = {"kind": ask.kind, "form": _form(ask.kind), "got": given, "example": ",".join("1" for _ in names)}
        on_map = len(network.layers[layer - 1].output_shape) > 1
        raise ParameterError(
            worded("explain.error.ask_form_map", **said) if on_map else worded("explain.error.ask_form", **said)
        )
    _check_indices(ask.kind, numbers, network)
    return step_id(STEPS[ask.kind], *numbers)


def _layer(ask: Ask, network: Network) -> int:
    """Return the number of the layer that is asked for, by its number or its name."""
    asked, names = ask.indices[0] if ask.indices else 1, layer_names(network)
    if not isinstance(asked, str):
        depth, shown = len(network.layers), "-".join(map(str, network.sizes))
        if not 1 <= asked <= depth and len(ask.indices) > 1:
            said = {"kind": ask.kind, "depth": depth, "network": shown, "got": asked}
            raise ParameterError(worded("explain.error.ask_layer", **said))
        return max(1, min(asked, depth))
    if asked not in names:
        said = {"kind": ask.kind, "names": ", ".join(names), "got": repr(asked)}
        raise ParameterError(worded("explain.error.ask_layer_name", **said))
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
    got = ",".join(map(str, place))
    raise ParameterError(worded("explain.error.ask_place", kind=ask.kind, layer=name, allowed=allowed, got=got))


def _check_indices(kind: str, numbers: tuple[int, ...], network: Network) -> None:
    """Raise ParameterError if the layer has no such node or source."""
    layer, node, shown = numbers[0], numbers[1], "-".join(map(str, network.sizes))
    spec = network.layers[layer - 1]
    where = {"layer": layer, "network": shown}
    if not 1 <= node <= spec.n_out:
        said = {"kind": kind, "most": spec.n_out, "got": node, "form": _form(kind)}
        raise ParameterError(worded("explain.error.ask_node_range", **where, **said))
    if kind == "weight" and spec.parameter(node, numbers[2]) is None:
        sources = sorted(j for j, _ in spec.parameters_of(node))
        if not sources:
            raise ParameterError(worded("explain.error.ask_no_parameters", node=node, layer=layer, name=spec.name))
        together = len(sources) > 1 and sources == list(range(sources[0], sources[-1] + 1))
        few = sources if len(sources) <= MOST_NAMED else [*sources[:MOST_NAMED], "…"]
        allowed = either_of([str(source) for source in few])
        if together:
            allowed = worded("explain.error.ask_sources", first=sources[0], last=sources[-1])
        raise ParameterError(worded("explain.error.ask_source_range", **where, allowed=allowed, got=numbers[2]))


def _form(kind: str) -> Worded:
    """Return the order of the indices of a kind."""
    return worded("explain.error.ask_source") if kind == "weight" else worded("explain.error.ask_node")
