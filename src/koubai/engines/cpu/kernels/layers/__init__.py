"""The layers' kernels: one file a kind, of the kind's name, and the choice among them by number.

A kind's file brings these kernels. Of a layer they get its row of ``Net.shape``; arrays are flat, row behind row:

- ``forward(shape, theta, z, sparse, data, rows, u, n, room)`` sets u of n rows. Where the inputs are ``sparse``, which
  only the first layer sees, it reads the ``rows`` of ``data`` (CSR) instead of z.
- ``to_sources(shape, theta, delta, g, n, room)`` sets g = ∂E/∂z.
- ``gradient(shape, z, sparse, data, rows, delta, out, sources, nodes, n, add, room)`` sets, or adds to, the layer's
  part of the gradient ``out``, summed over the rows. The threads of a team divide it: of the weights, seen as a matrix
  of ``Net.shape``'s ROWS and COLUMNS, one has the rows ``sources[0]`` … ``sources[1]``-1 (for sparse inputs it may take
  columns instead), of the biases ``nodes[0]`` … ``nodes[1]``-1. It may be asked for none.
- ``descent(shape, theta, z, delta, rate, sources, n)``, which a kind may do without, updates large weights by plain
  descent at once.
"""

from importlib import import_module

from koubai.core.layers import LAYERS
from koubai.engines.cpu.compilation import kernel

CODES = {name: kind.code for name, kind in LAYERS.items() if kind.code >= 0}
"""The number of each kind of layer that is compiled."""
_KERNELS = {code: import_module(f"{__name__}.{name}") for name, code in CODES.items()}
AT_ONCE = frozenset(name for name, code in CODES.items() if hasattr(_KERNELS[code], "descent"))
"""The kinds whose large weights plain descent updates without a gradient between."""


@kernel
def unchanged(*given):
    """Do nothing."""


def steps(name):
    """Return what each kind's kernel does for a step of the passes, as (code, kernel) pairs."""
    return [(code, getattr(module, name)) for code, module in _KERNELS.items() if hasattr(module, name)]


def choice_of_forward(kinds):
    """Return a kernel that runs the one under its code, of (code, kernel) pairs."""
    if not kinds:
        return unchanged
    (own, run), others = kinds[0], choice_of_forward(kinds[1:])

    @kernel(within=True)
    def choose(code, shape, theta, z, sparse, data, rows, u, n, room):
        if code == own:
            run(shape, theta, z, sparse, data, rows, u, n, room)
        else:
            others(code, shape, theta, z, sparse, data, rows, u, n, room)

    return choose


def choice_of_to_sources(kinds):
    """Return a kernel that runs the one under its code, of (code, kernel) pairs."""
    if not kinds:
        return unchanged
    (own, run), others = kinds[0], choice_of_to_sources(kinds[1:])

    @kernel(within=True)
    def choose(code, shape, theta, delta, g, n, room):
        if code == own:
            run(shape, theta, delta, g, n, room)
        else:
            others(code, shape, theta, delta, g, n, room)

    return choose


def choice_of_gradient(kinds):
    """Return a kernel that runs the one under its code, of (code, kernel) pairs."""
    if not kinds:
        return unchanged
    (own, run), others = kinds[0], choice_of_gradient(kinds[1:])

    @kernel(within=True)
    def choose(code, shape, z, sparse, data, rows, delta, out, sources, nodes, n, add, room):
        if code == own:
            run(shape, z, sparse, data, rows, delta, out, sources, nodes, n, add, room)
        else:
            others(code, shape, z, sparse, data, rows, delta, out, sources, nodes, n, add, room)

    return choose


def choice_of_descent(kinds):
    """Return a kernel that runs the one under its code, of (code, kernel) pairs."""
    if not kinds:
        return unchanged
    (own, run), others = kinds[0], choice_of_descent(kinds[1:])

    @kernel(within=True)
    def choose(code, shape, theta, z, delta, rate, sources, n):
        if code == own:
            run(shape, theta, z, delta, rate, sources, n)
        else:
            others(code, shape, theta, z, delta, rate, sources, n)

    return choose


forward_by_code = choice_of_forward(steps("forward"))
to_sources_by_code = choice_of_to_sources(steps("to_sources"))
gradient_by_code = choice_of_gradient(steps("gradient"))
descent_by_code = choice_of_descent(steps("descent"))
