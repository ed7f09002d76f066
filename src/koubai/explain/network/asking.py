"""The requested number of a network, and the check that the network has it."""

from collections.abc import Sequence
from dataclasses import dataclass

from koubai.core.errors import ParameterError
from koubai.core.network import Network
from koubai.explain.derivations import StepId, step_id

FORMS = {"weight": ("layer", "node", "source"), "delta": ("layer", "node"), "node": ("layer", "node"), "loss": ()}
STEPS = {"weight": "grad", "delta": "delta", "node": "z", "loss": "E"}


@dataclass(frozen=True, slots=True)
class Ask:
    """The requested number, in the lecture's indices (layers, nodes and sources from 1; source 0 is the bias).

    Parameters
    ----------
    kind : str
        ``"weight"`` (∂E/∂w_ij^(l)), ``"delta"`` (δ_i^(l)), ``"node"`` (z_i^(l)) or ``"loss"`` (E).
    indices : tuple of int
        (layer, node, source), (layer, node) or ().

    Examples
    --------
    >>> Ask.weight(2, 1, 4)
    Ask(kind='weight', indices=(2, 1, 4))
    """

    kind: str
    indices: tuple[int, ...] = ()

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
    names = FORMS[ask.kind]
    given = ",".join(map(str, ask.indices)) or "nothing"
    if len(ask.indices) != len(names):
        raise ParameterError(
            f"explain: {ask.kind} must be given as {','.join(names)}; got {given}. Try {','.join('1' for _ in names)}."
        )
    if ask.indices:
        _check_indices(ask, network)
    return step_id(STEPS[ask.kind], *ask.indices)


def _check_indices(ask: Ask, network: Network) -> None:
    depth, layer = len(network.layers), ask.indices[0]
    shown = "-".join(map(str, network.sizes))
    if not 1 <= layer <= depth:
        raise ParameterError(
            f"explain: {ask.kind}'s layer must be in 1 … {depth} for the network {shown}; got {layer}. "
            f"Layer 1 is the first after the input."
        )
    spec = network.layers[layer - 1]
    if not 1 <= ask.indices[1] <= spec.n_out:
        raise ParameterError(
            f"explain: {ask.kind}'s node must be in 1 … {spec.n_out} in layer {layer} of the network {shown}; "
            f"got {ask.indices[1]}. The order is {','.join(FORMS[ask.kind])}."
        )
    if ask.kind == "weight" and spec.parameter(*ask.indices[1:]) is None:
        sources = sorted(j for j, _ in spec.parameters_of(ask.indices[1]))
        if not sources:
            raise ParameterError(
                f"explain: weight's node must have parameters; got node {ask.indices[1]} of layer {layer}, a "
                f"{spec.name} layer, which has none there. Ask for a weight of another, or for a node."
            )
        together = len(sources) > 1 and sources == list(range(sources[0], sources[-1] + 1))
        allowed = f"in {sources[0]} … {sources[-1]}" if together else " or ".join(map(str, sources))
        raise ParameterError(
            f"explain: weight's source must be {allowed} in layer {layer} of the network {shown}; "
            f"got {ask.indices[2]}. The order is layer,node,source."
        )
