"""The engine as native libraries: built ahead of time from the same kernels, loaded where nothing can be compiled."""
