"""Exact products of a network's Hessian with a vector, by the R-operator (Pearlmutter 1994).

R{f} = ∂/∂r f(θ + r v) at r = 0 is a derivative and obeys the rules of differentiation. Applied to the forward pass it
gives R{u}, R{z}; applied to backpropagation, R{δ}; and R{∂E/∂θ} is H v. One product costs about two gradients, and H is
never stored.
"""

import numpy as np

from koubai.core.activations.base import Activation
from koubai.core.activations.softmax import Softmax
from koubai.core.arrays import Array
from koubai.core.losses import Loss
from koubai.core.losses.cross_entropy import CrossEntropy
from koubai.core.penalties import Penalty
from koubai.descent.surfaces.subject import Subject
from koubai.engines.reference import trace_backward, trace_forward


def _at_output(loss: Loss, activation: Activation, u: Array, z: Array, y: Array, r_u: Array, r_z: Array) -> Array:
    """Return R{δ^(L)}; where δ is z - y, this is R{z}."""
    if loss.fused is not None and isinstance(activation, loss.fused):
        return r_z
    if isinstance(loss, CrossEntropy) and isinstance(activation, Softmax):
        return r_z * y.sum(axis=1, keepdims=True)
    return activation.pull_back_tangent(u, z, loss.gradient(z, y), r_u, r_z, loss.curvature(z, y) * r_z)


def hessian_vector_product(subject: Subject, vector: Array) -> Array:
    """Return H v, H = ∂²/∂θ² of the mean loss plus penalty, (n_parameters,).

    Parameters
    ----------
    subject : Subject
        Network, θ and rows.
    vector : (n_parameters,)
        v.

    Raises
    ------
    ShapeError
        If v is not as long as θ.

    Examples
    --------
    >>> from koubai.core.network import Network
    >>> from koubai.engines.protocol import Rows
    >>> line = Network.dense((1, 1))
    >>> rows = Rows(np.array([[1.0], [3.0]]), np.zeros((2, 1)))
    >>> hessian_vector_product(Subject(line, np.zeros(2), rows), np.array([1.0, 0.0]))
    array([5., 2.])
    """
    network, theta, rows = subject.network, subject.theta, subject.rows
    network.check_theta(vector)
    forward = trace_forward(network, theta, rows.inputs)
    deltas = trace_backward(forward, rows.targets)
    last = len(network.layers) - 1
    r_us, r_zs = [], [np.zeros_like(forward.inputs)]
    for index, layer in enumerate(network.layers):
        blocks, r_blocks = network.blocks(theta, index), network.blocks(vector, index)
        r_u = layer.tangent(blocks, r_blocks, forward.sources(index), r_zs[-1])
        r_us.append(r_u)
        r_zs.append(layer.activation.tangent(forward.pre_activations[index], forward.activations[index], r_u))
    product = np.zeros_like(theta)
    share = np.full(rows.n_rows, 1.0) if rows.weights is None else rows.weights
    share = (share / subject.total_weight)[:, np.newaxis]
    r_delta = np.empty(0)
    for index in range(last, -1, -1):
        layer, u, z = network.layers[index], forward.pre_activations[index], forward.activations[index]
        r_u, r_z = r_us[index], r_zs[index + 1]
        if index == last:
            r_delta = _at_output(network.loss, layer.activation, u, z, rows.targets, r_u, r_z)
        else:
            above, blocks = network.layers[index + 1], network.blocks(theta, index + 1)
            g = above.to_sources(blocks, z, deltas[index + 1])
            r_blocks = network.blocks(vector, index + 1)
            r_g = above.to_sources_tangent(blocks, r_blocks, z, r_z, deltas[index + 1], r_delta)
            r_delta = layer.activation.pull_back_tangent(u, z, g, r_u, r_z, r_g)
        found = layer.gradient_tangent(
            network.blocks(theta, index),
            network.blocks(vector, index),
            forward.sources(index),
            r_zs[index],
            deltas[index] * share,
            r_delta * share,
        )
        for view, values in zip(network.blocks(product, index), found, strict=True):
            view[:] = values
    return product + _penalty_product(subject, subject.penalty, vector)


def _penalty_product(subject: Subject, penalty: Penalty, vector: Array) -> Array:
    """Return the penalty's contribution to H v: l2 · v on weights."""
    _, l2 = penalty.scaled(subject.total_weight)
    return np.where(subject.network.is_weight, l2 * vector, 0)
