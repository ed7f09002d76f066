"""Flattening on a batch, compiled: a plain copy."""

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.layers.learned_activation import write_out
from koubai.engines.cpu.kernels.records import N_OUT


@kernel
def copy_all(source, out):
    """Set out = source."""
    for k in range(out.size):
        out[k] = source[k]


@kernel
def forward(net, layer, theta, z, sparse, data, rows, u, n, room):
    """Set u = z."""
    m = net.shape[layer, N_OUT]
    if sparse:
        for r in range(n):
            write_out(data, rows[r], u[r * m : (r + 1) * m], m)
    else:
        copy_all(z, u[: n * m])


@kernel
def to_sources(net, layer, theta, z, delta, g, n, room):
    """Set g = δ."""
    copy_all(delta, g[: n * net.shape[layer, N_OUT]])
