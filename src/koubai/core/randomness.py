"""Counter-based random numbers: the n-th number depends only on a key and n, so every engine draws the same.

The generator is SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", figure 16):
number n of the stream with key k is ``mix(k + (n + 1) · γ)``. It needs no state, so the shuffles and dropout masks of
any epoch can be computed without the previous ones, by NumPy here and by compiled code elsewhere.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

UInt64Array = npt.NDArray[np.uint64]

GAMMA = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB

SHUFFLE = 1
"""Stream of the order of rows."""
DROPOUT = 2
"""Stream of the dropout masks."""
BLOCKS = 5
"""Stream of the order of row blocks read from a file."""


def mix(x: UInt64Array) -> UInt64Array:
    """Return SplitMix64's finalizer of each 64-bit word: a bijection that mixes all bits of the input."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(MIX_1)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(MIX_2)
    return x ^ (x >> np.uint64(31))


def derive_key(seed: int, *path: int) -> int:
    """Return the key of a stream below a seed: (seed, stream, epoch, …) folded in order.

    Examples
    --------
    >>> derive_key(0, SHUFFLE, 3) == derive_key(0, SHUFFLE, 3)
    True
    >>> derive_key(0, SHUFFLE, 3) == derive_key(0, SHUFFLE, 4)
    False
    """
    key = np.array([seed & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64)
    for part in path:
        key = mix(key + np.array([part + 1], dtype=np.uint64) * np.uint64(GAMMA))
    return int(key[0])


def random_words(key: int, n: int, first: int = 0) -> UInt64Array:
    """Return words ``first`` to ``first + n - 1`` of the stream with this key, shape (n,)."""
    counters = np.arange(first + 1, first + n + 1, dtype=np.uint64)
    return mix(np.uint64(key) + counters * np.uint64(GAMMA))


def uniforms(key: int, n: int, first: int = 0) -> npt.NDArray[np.float64]:
    """Return n numbers in [0, 1), the upper 53 bits of the words, shape (n,)."""
    return (random_words(key, n, first) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def permutation(key: int, n: int) -> npt.NDArray[np.int64]:
    """Return a permutation of 0 … n-1, shape (n,): the Fisher-Yates shuffle (Durstenfeld 1964, Algorithm 235).

    Position i swaps with position ⌊r (i + 1) / 2³²⌋, r the upper half of word i, for i = n-1 down to 1.
    """
    order = np.arange(n, dtype=np.int64)
    halves: UInt64Array = random_words(key, n) >> np.uint64(32)
    counts: UInt64Array = np.arange(1, n + 1).astype(np.uint64)
    partners = (halves * counts) >> np.uint64(32)
    for i in range(n - 1, 0, -1):
        j = int(partners[i])
        order[i], order[j] = order[j], order[i]
    return order


def seed_from(random_state: Any) -> int:
    """Return a 63-bit seed drawn from a NumPy RandomState or Generator."""
    draw = random_state.integers if hasattr(random_state, "integers") else random_state.randint
    high, low = (int(word) for word in draw(0, 2**31, size=2))
    return high << 32 | low
