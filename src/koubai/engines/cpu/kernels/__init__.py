"""The kernels: functions on plain arrays that numba compiles, each tested against the readable equations."""
