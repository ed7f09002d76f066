"""Initial values from data: each node's weights are divided by the spread of its pre-activation over some rows."""

import numpy as np
from scipy.sparse import csr_array

from koubai.core.arrays import Array
from koubai.core.layers import Dense, NTKDense
from koubai.core.network import Network
from koubai.core.untyped import MaybeSparse

DATA = "data"
"""The name of this rule, beside those of `koubai.core.initializers`."""
DRAWN = "lecun_normal"
"""The rule by which weights are drawn before they are divided."""
MOST_ROWS = 2048
"""Number of rows looked at, evenly spaced, as rows may be sorted."""


def some_rows(inputs: MaybeSparse) -> Array:
    """Return at most `MOST_ROWS` rows, dense, evenly spaced over all."""
    n = inputs.shape[0]
    chosen = inputs[np.linspace(0, n - 1, min(n, MOST_ROWS)).astype(np.int64)]
    return chosen.toarray() if isinstance(chosen, csr_array) else np.asarray(chosen)


def with_unit_variance(network: Network, theta: Array, inputs: MaybeSparse) -> Array:
    """Return θ with every node's weights divided so that its pre-activation u has variance 1 over the rows.

    Layer by layer, from the first: a layer sees what the divided layers before it pass on (Mishkin and Matas 2016,
    LSUV, node by node; Holzmüller, Grinsztajn and Steinwart 2024 begin RealMLP so). A node whose u is the same in all
    rows stays as it is, and so do biases and layers of other kinds than dense ones.

    Parameters
    ----------
    network : Network
    theta : (n_parameters,)
        Initial values; they are not modified.
    inputs : (n_rows, n_features), dense or CSR
        Rows, of which at most 2048 are looked at.

    Examples
    --------
    >>> network = Network.dense((2, 3, 1))
    >>> rows = np.random.default_rng(0).normal(5.0, 10.0, (100, 2))
    >>> theta = with_unit_variance(network, network.initial(np.random.default_rng(1)), rows)
    >>> float((rows @ network.weights(theta, 0)).std(axis=0).round(6).max())
    1.0
    """
    theta = theta.copy()
    z = some_rows(inputs).astype(theta.dtype, copy=False)
    for layer, blocks in network.parts(theta):
        u = layer.forward(blocks, z)
        if isinstance(layer, Dense | NTKDense):
            spread = u.std(axis=0, dtype=np.float64)
            moves = (spread > 1e-6 * np.abs(u).max(axis=0, initial=0)) & np.isfinite(spread)
            blocks[0][:] = blocks[0] / np.where(moves, spread, 1.0)
            u = layer.forward(blocks, z)
        z = layer.activation.value(u)
    return theta
