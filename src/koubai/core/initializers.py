"""Initial values of a layer's weights, by name: each draws from a distribution scaled to the layer's fans.

``n_in`` is the fan-in (sources of a node), ``n_out`` the fan-out (nodes that read a source). Biases start at zero,
except with ``"scikit-learn"``, which draws them like the weights.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.language import worded


class RandomSource(Protocol):
    """The interface of a random source, satisfied by NumPy's Generator and RandomState."""

    def uniform(self, low: float, high: float, size: tuple[int, ...]) -> Array:
        """Return uniform numbers in [low, high)."""
        ...

    def normal(self, loc: float, scale: float, size: tuple[int, ...]) -> Array:
        """Return normal numbers."""
        ...


Initializer = Callable[[RandomSource, int, int, tuple[int, ...]], Array]


def glorot_uniform(rng: RandomSource, n_in: int, n_out: int, shape: tuple[int, ...]) -> Array:
    """Uniform in ±√(6 / (n_in + n_out)) (Glorot and Bengio 2010, equation 16): for tanh."""
    bound = np.sqrt(6.0 / (n_in + n_out))
    return rng.uniform(-bound, bound, shape)


def glorot_normal(rng: RandomSource, n_in: int, n_out: int, shape: tuple[int, ...]) -> Array:
    """Normal with variance 2 / (n_in + n_out) (Glorot and Bengio 2010, equation 12)."""
    return rng.normal(0.0, np.sqrt(2.0 / (n_in + n_out)), shape)


def he_uniform(rng: RandomSource, n_in: int, n_out: int, shape: tuple[int, ...]) -> Array:
    """Uniform with variance 2 / n_in (He and others 2015, equation 10): for ReLU."""
    bound = np.sqrt(6.0 / n_in)
    return rng.uniform(-bound, bound, shape)


def he_normal(rng: RandomSource, n_in: int, n_out: int, shape: tuple[int, ...]) -> Array:
    """Normal with variance 2 / n_in (He and others 2015, equation 10): for ReLU."""
    return rng.normal(0.0, np.sqrt(2.0 / n_in), shape)


def lecun_uniform(rng: RandomSource, n_in: int, n_out: int, shape: tuple[int, ...]) -> Array:
    """Uniform with variance 1 / n_in (LeCun and others 1998, section 4.6)."""
    bound = np.sqrt(3.0 / n_in)
    return rng.uniform(-bound, bound, shape)


def lecun_normal(rng: RandomSource, n_in: int, n_out: int, shape: tuple[int, ...]) -> Array:
    """Normal with variance 1 / n_in (LeCun and others 1998, section 4.6)."""
    return rng.normal(0.0, np.sqrt(1.0 / n_in), shape)


def zeros(rng: RandomSource, n_in: int, n_out: int, shape: tuple[int, ...]) -> Array:
    """All zero: sufficient for one node, but hidden nodes that start identical stay identical."""
    return np.zeros(shape)


INITIALIZERS: Mapping[str, Initializer] = {
    function.__name__: function
    for function in (glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform, lecun_normal, zeros)
}
"""Every rule for initial weights by name; ``"scikit-learn"`` is also known (see `initial_layer`)."""

NAMES: tuple[str, ...] = (*INITIALIZERS, "scikit-learn")


def initial_layer(
    scheme: str,
    rng: RandomSource,
    n_in: int,
    n_out: int,
    hidden_activation: str,
    shape: tuple[int, ...] | None = None,
) -> tuple[Array, Array]:
    """Return the initial weights, by default (n_in, n_out), and biases of one layer, float64.

    A layer whose nodes share weights has them in another ``shape``, the last size of which is that of the biases.

    ``"scikit-learn"`` is that library's variant of Glorot's rule: uniform in ±√(f / (n_in + n_out)) with f = 2 for
    networks with sigmoid hidden nodes and 6 for all others, for the biases too; from the same ``RandomState`` it
    gives the same numbers.

    Raises
    ------
    ParameterError
        If no rule has that name.
    """
    shape = shape or (n_in, n_out)
    if scheme == "scikit-learn":
        bound = np.sqrt((2.0 if hidden_activation == "sigmoid" else 6.0) / (n_in + n_out))
        return rng.uniform(-bound, bound, shape), rng.uniform(-bound, bound, shape[-1:])
    if scheme not in INITIALIZERS:
        raise ParameterError(
            parameter="init",
            required=worded("core.must.known_rule"),
            got=repr(scheme),
            remedy=worded("core.remedy.try_one_of", names=", ".join(NAMES)),
        )
    return INITIALIZERS[scheme](rng, n_in, n_out, shape), np.zeros(shape[-1])
