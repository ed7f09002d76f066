"""φ and φ' of a layer, compiled: the kernels that the activations of `koubai.core.activations` bring along.

``u``, ``z`` and ``g`` are flat and contiguous, n rows of m nodes. Which activation it is comes as a number, so that a
network of any kind runs without compiling anew; ``parameters`` are its own.
"""

from dataclasses import fields

from numba.np.unsafe.ndarray import to_fixed_tuple

from koubai.core.activations import ACTIVATIONS
from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels import mathematics
from koubai.engines.cpu.kernels.primitives import keep_apart

assert mathematics  # which compiles the words that kernels of kinds are written in

CODES = {name: kind.code for name, kind in ACTIVATIONS.items() if kind.kernel is not None}
"""The number of each activation that is compiled."""
SIGMOID, SOFTPLUS, EXPONENTIAL, SOFTMAX = (CODES[name] for name in ("sigmoid", "softplus", "exponential", "softmax"))


MOST_PARAMETERS = max(1, *(len(fields(ACTIVATIONS[name])) for name in CODES))
"""So many parameters have a place with each layer. Kernels get them as a tuple: numbers of an array would be read anew
for every node, since what is written might be one of them."""


def activation_loop(kind):
    """Return the kernel that sets z = φ(u) of all rows."""
    function = kernel(kind.kernel.activate)
    if kind.kernel.of_rows:
        return function

    @kernel
    def loop(u, z, n, m, parameters):
        own = to_fixed_tuple(parameters, MOST_PARAMETERS)
        for i in range(n * m):
            z[i] = function(u[i], own)

    return loop


def pull_back_loop(kind):
    """Return the kernel that turns g into g φ'(u) in all rows; None where that changes nothing."""
    if kind.kernel.pull_back is None:
        return None
    function = kernel(kind.kernel.pull_back)
    if kind.kernel.of_rows:
        return function

    @kernel
    def loop(u, z, g, n, m, parameters):
        own = to_fixed_tuple(parameters, MOST_PARAMETERS)
        for i in range(n * m):
            g[i] = function(u[i], z[i], g[i], own)

    return loop


@kernel
def unchanged(*given):
    """Do nothing."""


def choice_of_activation(loops):
    """Return a kernel that runs the loop under its code, of (code, loop) pairs."""
    if not loops:
        return unchanged
    (own, loop), others = loops[0], choice_of_activation(loops[1:])

    @kernel(within=True)
    def choose(code, u, z, n, m, parameters):
        if code == own:
            loop(u, z, n, m, parameters)
        else:
            others(code, u, z, n, m, parameters)

    return choose


def choice_of_pull_back(loops):
    """Return a kernel that runs the loop under its code, of (code, loop) pairs."""
    if not loops:
        return unchanged
    (own, loop), others = loops[0], choice_of_pull_back(loops[1:])

    @kernel(within=True)
    def choose(code, u, z, g, n, m, parameters):
        if code == own:
            loop(u, z, g, n, m, parameters)
        else:
            others(code, u, z, g, n, m, parameters)

    return choose


KINDS = [ACTIVATIONS[name] for name in CODES]
activate_by_code = choice_of_activation([(kind.code, activation_loop(kind)) for kind in KINDS])
pull_back_by_code = choice_of_pull_back([(kind.code, loop) for kind in KINDS if (loop := pull_back_loop(kind))])


@kernel
def activate(code, parameters, u, z, n, m):
    """Set z = φ(u)."""
    keep_apart()
    activate_by_code(code, u, z, n, m, parameters)


@kernel
def pull_back(code, parameters, u, z, g, n, m):
    """Turn g = ∂E/∂z into ∂E/∂u = g φ'(u), in place."""
    keep_apart()
    pull_back_by_code(code, u, z, g, n, m, parameters)
