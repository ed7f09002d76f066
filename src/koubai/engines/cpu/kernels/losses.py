"""E and δ^(L) of a batch, compiled: loops around the kernels that losses define (`koubai.core.losses`).

``u``, ``z``, ``y`` and ``delta`` are flat, n rows of m outputs; ``share`` (n,) is each row's weight in the mean.
``equal`` says that all shares are the same; then a loss that sums over single outputs treats all rows as one.
"""

from numba.np.unsafe.ndarray import to_fixed_tuple

from koubai.core.losses import LOSSES
from koubai.engines.cpu.codes import LOSS_CODES, MOST_LOSS_PARAMETERS
from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.activations import pull_back
from koubai.engines.cpu.kernels.kinds import choice, compiled, unknown
from koubai.engines.cpu.kernels.primitives import keep_apart

ALONE = -1
"""In place of an activation's code: the loss has no kernel of its own behind that activation."""


def loop_of_outputs(kind):
    """Return the kernel that sets ∂E/∂z of all rows times their shares, and returns Σ share · E."""
    value, gradient = compiled(kind.kernel.value), compiled(kind.kernel.gradient)

    @kernel
    def loop(u, z, y, share, equal, delta, n, m, parameters):
        own = to_fixed_tuple(parameters, MOST_LOSS_PARAMETERS)
        if equal:
            n, m = min(n, 1), n * m
        total = 0.0
        for r in range(n):
            a, b = r * m, (r + 1) * m
            zr, yr, dr, part = z[a:b], y[a:b], delta[a:b], share[r]
            of_row = 0.0
            for k in range(m):
                of_row += value(zr[k], yr[k], own)
            for k in range(m):
                dr[k] = gradient(zr[k], yr[k], own) * part
            total += part * of_row
        return total

    return loop


def loop_behind(activation, behind):
    """Return the kernel that sets δ of all rows behind one activation times their shares, and returns Σ share · E."""
    of_row, joined = compiled(behind.row), not activation.kernel.of_rows

    @kernel
    def loop(u, z, y, share, equal, delta, n, m, parameters):
        own = to_fixed_tuple(parameters, MOST_LOSS_PARAMETERS)
        if joined and equal:
            n, m = min(n, 1), n * m
        total = 0.0
        for r in range(n):
            a, b = r * m, (r + 1) * m
            total += share[r] * of_row(u[a:b], z[a:b], y[a:b], share[r], delta[a:b], own)
        return total

    if behind.rows is None:
        return loop
    of_rows = compiled(behind.rows)

    @kernel
    def loop_at_once(u, z, y, share, equal, delta, n, m, parameters):
        if equal and n > 0:
            return of_rows(u, z, y, share[0], delta, n, m, to_fixed_tuple(parameters, MOST_LOSS_PARAMETERS))
        return loop(u, z, y, share, equal, delta, n, m, parameters)

    return loop_at_once


def key(loss, activation):
    """Return one number for a loss behind an activation, from their codes."""
    return (loss << 16) + activation


key_of = kernel(key)
KINDS = [LOSSES[name] for name in LOSS_CODES]
BEHIND = [
    (kind, activation, behind) for kind in KINDS if kind.kernel for activation, behind in kind.kernel.behind.items()
]
FEWEST = tuple((key(kind.code, activation.code), behind.fewest) for kind, activation, behind in BEHIND)
"""Minimum number of outputs for which a loss has a kernel of its own behind an activation."""
loss_by_key = choice(
    [(key(kind.code, activation.code), loop_behind(activation, behind)) for kind, activation, behind in BEHIND]
    + [(key(kind.code, ALONE), loop_of_outputs(kind)) for kind in KINDS],
    unknown,
)


@kernel
def is_behind(number, m):
    """Return whether a loss has a kernel of its own behind an activation with m outputs."""
    for own, fewest in FEWEST:
        if number == own:
            return m >= fewest
    return False


@kernel
def loss_and_delta(loss, loss_parameters, code, parameters, u, z, y, share, equal, delta, n, m):
    """Set δ^(L) of each row, times its share in the mean; return the weighted mean of E over these rows, float64."""
    keep_apart()
    number = key_of(loss, code)
    behind = is_behind(number, m)
    if not behind:
        number = key_of(loss, ALONE)
    total = loss_by_key(number, (u, z, y, share, equal, delta, n, m, loss_parameters))
    if not behind:
        pull_back(code, parameters, u, z, delta, n, m)
    return total
