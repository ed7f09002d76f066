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
from koubai.engines.cpu.kernels.kinds import choice

CODES = {name: kind.code for name, kind in LAYERS.items() if LAYERS.is_own(kind) and kind.code >= 0}
"""The number of each kind of layer that is compiled; those that somebody has registered are not."""
_KERNELS = {name: import_module(f"{__name__}.{name}") for name in CODES}
AT_ONCE = frozenset(name for name, module in _KERNELS.items() if hasattr(module, "descent"))
"""The kinds whose large weights plain descent updates without a gradient between."""


def _steps(name):
    """Return what each kind's file has for a step of the passes, as (code, kernel) pairs."""
    return [(CODES[kind], getattr(module, name)) for kind, module in _KERNELS.items() if hasattr(module, name)]


forward_by_code = choice(_steps("forward"))
to_sources_by_code = choice(_steps("to_sources"))
gradient_by_code = choice(_steps("gradient"))
descent_by_code = choice(_steps("descent"))
