"""How what nodes of a layer take in depends on the network's inputs: one sweep back through the layers."""

from collections.abc import Sequence

from koubai.core.arrays import Array
from koubai.core.layers.base import Layer, Views


def input_slopes(
    parts: Sequence[tuple[Layer, Views]],
    sources: Sequence[Array],
    us: Sequence[Array],
    zs: Sequence[Array],
    delta: Array,
) -> Array:
    """Return ∂(Σ δ u)/∂x of each row, (n, n_features), u being the net inputs of the last of several layers.

    Parameters
    ----------
    parts : sequence of (Layer, blocks)
        The layers with their parameters, from the first.
    sources, us, zs : sequences of arrays
        For each layer what it takes, its net inputs and its activations; ``zs`` may end before the last.
    delta : array of shape (n, n_nodes)
        δ of the nodes of the last layer.
    """
    for index in range(len(parts) - 1, 0, -1):
        layer, blocks = parts[index]
        slopes = layer.to_sources(blocks, sources[index], delta)
        delta = parts[index - 1][0].activation.pull_back(us[index - 1], zs[index - 1], slopes)
    layer, blocks = parts[0]
    found: Array = layer.to_sources(blocks, sources[0], delta)
    return found
