"""φ and φ' of a layer, compiled: loops around the kernels that activations define (`koubai.core.activations`).

``u``, ``z`` and ``g`` are flat and contiguous, n rows of m nodes. The activation is given by its code, so that any
network runs without recompilation; ``parameters`` are its own.
"""

from numba.np.unsafe.ndarray import to_fixed_tuple

from koubai.core.activations import ACTIVATIONS
from koubai.engines.cpu.codes import ACTIVATION_CODES, MOST_PARAMETERS
from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.kinds import choice, compiled
from koubai.engines.cpu.kernels.primitives import keep_apart


def activation_loop(kind):
    """Return the kernel that sets z = φ(u) in all rows.

    Parameters are passed as a tuple: elements of an array would be reloaded for every node, since a write to z might
    change them.
    """
    function = compiled(kind.kernel.activate)
    if kind.kernel.of_rows:
        return function

    @kernel
    def loop(u, z, n, m, parameters):
        own = to_fixed_tuple(parameters, MOST_PARAMETERS)
        for i in range(n * m):
            z[i] = function(u[i], own)

    return loop


def pull_back_loop(kind):
    """Return the kernel that turns g into g φ'(u) in all rows; None if that changes nothing."""
    if kind.kernel.pull_back is None:
        return None
    function = compiled(kind.kernel.pull_back)
    if kind.kernel.of_rows:
        return function

    @kernel
    def loop(u, z, g, n, m, parameters):
        own = to_fixed_tuple(parameters, MOST_PARAMETERS)
        for i in range(n * m):
            g[i] = function(u[i], z[i], g[i], own)

    return loop


KINDS = [ACTIVATIONS[name] for name in ACTIVATION_CODES]
activate_by_code = choice([(kind.code, activation_loop(kind)) for kind in KINDS])
pull_back_by_code = choice([(kind.code, loop) for kind in KINDS if (loop := pull_back_loop(kind))])


@kernel
def activate(code, parameters, u, z, n, m):
    """Set z = φ(u)."""
    keep_apart()
    activate_by_code(code, (u, z, n, m, parameters))


@kernel
def pull_back(code, parameters, u, z, g, n, m):
    """Turn g = ∂E/∂z into ∂E/∂u = g φ'(u), in place."""
    keep_apart()
    pull_back_by_code(code, (u, z, g, n, m, parameters))
