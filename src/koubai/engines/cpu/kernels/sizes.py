"""Sizes that decide how products are computed and how much work space they need, for kernels and their callers.

Those of a tile follow the vector register of the target; work space is allocated for the longest, so that it suffices
for any.
"""

LONGEST_VECTOR = 64
"""Size in bytes of the longest vector register there is."""
FEWEST_TALL, MOST_TALL = 6, 12
"""Rows in a tile, with registers of up to 32 bytes, of which there are 16, and of 64 bytes, of which there are 32."""
BLAS_FROM = 640 << 10
"""Minimum size in bytes of b, and of a if read across its rows, for which BLAS multiplies more than a few rows."""
FEW = 4
"""Maximum number of columns of b for which, if a is turned, the transposed product is computed."""


def vectors_of(itemsize: int) -> int:
    """Return the number of values of this size in two vectors, the most that a tile reads at once."""
    return 2 * LONGEST_VECTOR // itemsize


def copy_size(itemsize: int, longest: int) -> int:
    """Return the work space, in numbers, that a product with sums of at most ``longest`` terms needs."""
    return (vectors_of(itemsize) + FEW) * longest
