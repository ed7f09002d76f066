"""The kernels that Python calls, in whatever form they run (see `koubai.engines.cpu.choice`)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module

import numpy as np

from koubai.core.untyped import Compiled
from koubai.engines.cpu.choice import PYTHON, kind_of_code, library

Calls = list[tuple["Entry", tuple[Compiled, ...]]]
being_noted: list[Calls] = []
"""Lists that record calls instead of making them; empty in normal use."""


class Entry:
    """A kernel that Python calls.

    Parameters
    ----------
    module : str
        Its module in `koubai.engines.cpu.kernels`.
    name : str
        Its name in that module and in a library.
    """

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name
        self._compiled: Callable[..., Compiled] | None = None

    def compiled(self) -> Compiled:
        """Return the kernel as compiled by numba, or the Python function itself."""
        if self._compiled is None:
            self._compiled = getattr(import_module(f"koubai.engines.cpu.kernels.{self.module}"), self.name)
        return self._compiled

    def n_kinds(self) -> int:
        """Return the number of combinations of argument types for which this process has code."""
        native = library()
        if native is not None:
            return native.n_kinds(self.name)
        return len(getattr(self.compiled(), "signatures", ()))

    def __call__(self, *arguments: Compiled) -> Compiled:
        """Run the kernel, and return its result as a number if it has one."""
        if being_noted:
            being_noted[-1].append((self, arguments))
            return 1
        native = library()
        if native is not None:
            return native.call(self.name, arguments)
        if kind_of_code() == PYTHON:
            with np.errstate(all="ignore"):  # like compiled code, without warnings; the numbers reveal overflow
                return self.compiled()(*arguments)
        return self.compiled()(*arguments)


run_networks = Entry("networks", "run_networks")
mean_gradient = Entry("training", "mean_gradient")
predict_rows = Entry("prediction", "predict_rows")
run_perceptron = Entry("perceptron", "run")


def lend_blas() -> None:
    """Give the library BLAS before predictions that multiply large matrices; all other calls do this themselves."""
    native = library()
    if native is not None:
        native.lend_blas()


@contextmanager
def recorded() -> Iterator[Calls]:
    """Record the calls of kernels inside the block instead of making them: examples to compile for."""
    calls: Calls = []
    being_noted.append(calls)
    try:
        yield calls
    finally:
        being_noted.pop()
