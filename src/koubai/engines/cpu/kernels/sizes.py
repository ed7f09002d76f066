"""Sizes that decide how products are taken and what room they need, for kernels and for those who call them.

Those of a tile follow the vector register of the processor that code is compiled for; room is made for the longest, so
that it does for any.
"""

LONGEST_VECTOR = 64
"""Bytes of the longest vector register that there is."""
FEWEST_TALL, MOST_TALL = 6, 12
"""Rows in a tile, with registers of up to 32 bytes, of which there are 16, and of 64 bytes, of which there are 32."""
BLAS_FROM = 640 << 10
"""Bytes of b, and of a if it is read across its rows, from which on BLAS multiplies more than a few rows."""
FEW = 4
"""Columns of b up to which, if a is turned, the product is taken as its transpose."""


def vectors_of(itemsize: int) -> int:
    """Return how many numbers of so many bytes are in two vectors, the most that a tile reads at once."""
    return 2 * LONGEST_VECTOR // itemsize


def copy_size(itemsize: int, longest: int) -> int:
    """Return how many numbers of room a product needs for sums of at most ``longest`` terms."""
    return (vectors_of(itemsize) + FEW) * longest
