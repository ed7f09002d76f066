"""Exact products of a network's Hessian with a vector, by the R-operator (Pearlmutter 1994).

R{f} = ∂/∂r f(θ + r v) at r = 0 is a derivative and obeys the rules of differentiation. Applied to the forward pass it
gives R{u}, R{z}; applied to backpropagation, R{δ}; and R{∂E/∂θ} is H v. One product costs about two gradients, and H is
never stored.
"""

import numpy as np

from koubai.core.activations.base import Activation
from koubai.core.activations.softmax import Softmax
from koubai.core.arrays import Array
from koubai.core.losses import CrossEntropy, Loss
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
        r_u = r_zs[-1] @ network.weights(theta, index) + forward.sources(index) @ network.weights(vector, index)
        if layer.bias:
            r_u = r_u + network.biases(vector, index)
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
            above, r_above = network.weights(theta, index + 1), network.weights(vector, index + 1)
            g = deltas[index + 1] @ above.T
            r_g = r_delta @ above.T + deltas[index + 1] @ r_above.T
            r_delta = layer.activation.pull_back_tangent(u, z, g, r_u, r_z, r_g)
        weighted, r_weighted = deltas[index] * share, r_delta * share
        network.weights(product, index)[:] = r_zs[index].T @ weighted + forward.sources(index).T @ r_weighted
        if layer.bias:
            network.biases(product, index)[:] = r_weighted.sum(axis=0)
    return product + _penalty_product(subject, subject.penalty, vector)


def _penalty_product(subject: Subject, penalty: Penalty, vector: Array) -> Array:
    """Return the penalty's contribution to H v: l2 · v on weights."""
    _, l2 = penalty.scaled(subject.total_weight)
    return np.where(subject.network.is_weight, l2 * vector, 0)
