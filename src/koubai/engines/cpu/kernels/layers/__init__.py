"""The layers' kernels: one file a kind, of the kind's name, and the choice among them by number.

A kind's file brings these kernels. They get the network and the layer's number; arrays are flat, row behind row:

- ``forward(net, layer, theta, z, sparse, data, rows, u, n, room)`` sets u of n rows. Where the inputs are ``sparse``,
  which only the first layer sees, it reads the ``rows`` of ``data`` (CSR) instead of z.
- ``to_sources(net, layer, theta, z, delta, g, n, room)`` sets g = ∂E/∂z.
- ``gradient(net, layer, theta, z, sparse, data, rows, delta, out, sources, nodes, n, add, room)`` sets, or adds to, the
  layer's part of the gradient ``out``, summed over the rows. The threads of a team divide it: of the weights, seen as a
  matrix of ``Net.shape``'s ROWS and COLUMNS, one has the rows ``sources[0]`` … ``sources[1]``-1 (for sparse inputs it
  may take columns instead), of the biases ``nodes[0]`` … ``nodes[1]``-1. It may be asked for none. (``Net.parts`` says
  the same block by block, for updates.)
- ``descent(net, layer, theta, z, delta, rate, sources, n)``, which a kind may do without, updates large weights by
  plain descent at once.

``room.copy`` is a thread's own, and holds at least 20 numbers for each row, source and node.
"""

from importlib import import_module

from koubai.engines.cpu.codes import LAYER_CODES, LAYERS_AT_ONCE
from koubai.engines.cpu.kernels.kinds import choice

_KERNELS = {name: import_module(f"{__name__}.{name}") for name in LAYER_CODES}
assert {name for name, module in _KERNELS.items() if hasattr(module, "descent")} == LAYERS_AT_ONCE


def _steps(name):
    """Return what each kind's file has for a step of the passes, as (code, kernel) pairs."""
    return [(LAYER_CODES[kind], getattr(module, name)) for kind, module in _KERNELS.items() if hasattr(module, name)]


forward_by_code = choice(_steps("forward"))
to_sources_by_code = choice(_steps("to_sources"))
gradient_by_code = choice(_steps("gradient"))
descent_by_code = choice(_steps("descent"))
