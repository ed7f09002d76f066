"""One layer forward and backward on a batch, compiled: the lecture's matrix products (BLAS) and sums.

Matrices are views of flat work arrays. ``sparse`` inputs (CSR) are read row by row in the first layer.
"""

import numpy as np

from koubai.engines.cpu.compilation import kernel


@kernel
def affine(z, weights, biases, u):
    """Set u = z W + b: z (n, n_in), W (n_in, n_out), b (n_out,) or (0,), u (n, n_out)."""
    np.dot(z, weights, u)
    if biases.size:
        for r in range(u.shape[0]):
            for k in range(u.shape[1]):
                u[r, k] += biases[k]


@kernel
def affine_sparse(data, indices, starts, rows, weights, biases, u):
    """Set u = x W + b for the given rows of a CSR matrix x (data, indices, starts)."""
    for r in range(u.shape[0]):
        for k in range(u.shape[1]):
            u[r, k] = biases[k] if biases.size else u.dtype.type(0)
        for at in range(starts[rows[r]], starts[rows[r] + 1]):
            x, j = data[at], indices[at]
            for k in range(u.shape[1]):
                u[r, k] += x * weights[j, k]


@kernel
def gather(x, rows, out):
    """Set out[r] = x[rows[r]] for (n, m) matrices."""
    for r in range(rows.size):
        for k in range(x.shape[1]):
            out[r, k] = x[rows[r], k]


@kernel
def bias_gradient(delta, out, add):
    """Set (or add to) ∂E/∂b_i = Σ_rows δ_i."""
    if out.size:
        if not add:
            for k in range(out.size):
                out[k] = out.dtype.type(0)
        for r in range(delta.shape[0]):
            for k in range(out.size):
                out[k] += delta[r, k]


@kernel
def weight_gradient(z, delta, out, product, add):
    """Set (or add to) ∂E/∂w_ij = Σ_rows δ_i z_j: out (n_in, n_out) = zᵀ δ; ``product`` is room for a second one."""
    if add:
        np.dot(z.T, delta, product)
        for j in range(out.shape[0]):
            for k in range(out.shape[1]):
                out[j, k] += product[j, k]
    else:
        np.dot(z.T, delta, out)


@kernel
def weight_gradient_sparse(data, indices, starts, rows, delta, out, add):
    """Set (or add to) ∂E/∂w_ij for the given rows of a CSR matrix."""
    if not add:
        for j in range(out.shape[0]):
            for k in range(out.shape[1]):
                out[j, k] = out.dtype.type(0)
    for r in range(delta.shape[0]):
        for at in range(starts[rows[r]], starts[rows[r] + 1]):
            x, j = data[at], indices[at]
            for k in range(out.shape[1]):
                out[j, k] += x * delta[r, k]


@kernel
def delta_to_sources(delta, weights, g):
    """Set g = ∂E/∂z of the layer before: Σ_i δ_i w_ij, g (n, n_in) = δ Wᵀ."""
    np.dot(delta, weights.T, g)
