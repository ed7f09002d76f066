"""The layers' kernels: one file per kind, with the kind's name, and the choice among them by code.

A kind's file defines these kernels. They receive the network and the layer's index; arrays are flat, row after row:

- ``forward(net, layer, theta, z, sparse, data, rows, u, n, room)`` sets u of n rows. For ``sparse`` inputs, which
  only the first layer meets, it reads the ``rows`` of ``data`` (CSR) instead of z.
- ``to_sources(net, layer, theta, z, delta, g, n, room)`` sets g = ∂E/∂z.
- ``gradient(net, layer, theta, z, sparse, data, rows, delta, out, sources, nodes, n, add, room)`` sets, or adds to, the
  layer's part of the gradient ``out``, summed over the rows. The threads of a team divide it: each computes rows
  ``sources[0]`` … ``sources[1]``-1 of the weights, a matrix of ``Net.shape``'s ROWS and COLUMNS (for sparse inputs,
  columns are possible instead), and biases ``nodes[0]`` … ``nodes[1]``-1. Either range may be empty. (``Net.parts``
  divides each block in the same way for updates.)
- ``descent(net, layer, theta, z, delta, rate, sources, n)``, optional, updates large weights by plain descent
  without computing their gradient first.

``room.copy`` belongs to the thread, and holds at least 20 numbers per row, source and node.
"""

from importlib import import_module

from koubai.engines.cpu.codes import LAYER_CODES, LAYERS_AT_ONCE
from koubai.engines.cpu.kernels.kinds import choice

_KERNELS = {name: import_module(f"{__name__}.{name}") for name in LAYER_CODES}
assert {name for name, module in _KERNELS.items() if hasattr(module, "descent")} == LAYERS_AT_ONCE


def _steps(name):
    """Return the kernels of one name from the files of all kinds that define it, as (code, kernel) pairs."""
    return [(LAYER_CODES[kind], getattr(module, name)) for kind, module in _KERNELS.items() if hasattr(module, name)]


forward_by_code = choice(_steps("forward"))
to_sources_by_code = choice(_steps("to_sources"))
gradient_by_code = choice(_steps("gradient"))
descent_by_code = choice(_steps("descent"))
