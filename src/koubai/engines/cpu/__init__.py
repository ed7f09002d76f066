"""The compiled engine: kernels in numba on plain arrays, whole epochs in one call that releases the GIL."""
