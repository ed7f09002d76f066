"""The counter-based random numbers of `koubai.core.randomness`, compiled: the same words, the same orders."""

import numpy as np

from koubai.core.randomness import GAMMA, MIX_1, MIX_2
from koubai.engines.cpu.compilation import kernel

_GAMMA = np.uint64(GAMMA)
_MIX_1 = np.uint64(MIX_1)
_MIX_2 = np.uint64(MIX_2)


@kernel
def mix(x):
    """Return SplitMix64's finalizer of a 64-bit word."""
    x = (x ^ (x >> np.uint64(30))) * _MIX_1
    x = (x ^ (x >> np.uint64(27))) * _MIX_2
    return x ^ (x >> np.uint64(31))


@kernel
def fold(key, part):
    """Return the key one part further down the path, as `koubai.core.randomness.derive_key` does."""
    return mix(key + np.uint64(part + 1) * _GAMMA)


@kernel
def word(key, counter):
    """Return word ``counter`` of the stream with this key."""
    return mix(key + np.uint64(counter + 1) * _GAMMA)


@kernel
def uniform(key, counter):
    """Return number ``counter`` of the stream, in [0, 1), float64."""
    return np.float64(word(key, counter) >> np.uint64(11)) * 2.0**-53


@kernel
def shuffle(key, order):
    """Fill ``order`` (n,) with the permutation that `koubai.core.randomness.permutation` gives."""
    n = order.size
    for i in range(n):
        order[i] = i
    for i in range(n - 1, 0, -1):
        j = np.int64(((word(key, i) >> np.uint64(32)) * np.uint64(i + 1)) >> np.uint64(32))
        order[i], order[j] = order[j], order[i]
