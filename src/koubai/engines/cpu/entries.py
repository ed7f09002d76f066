"""The kernels that Python calls, wherever their code comes from (see `koubai.engines.cpu.choice`)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

from koubai.engines.cpu.choice import PYTHON, kind_of_code, library

Calls = list[tuple["Entry", tuple[Any, ...]]]
being_noted: list[Calls] = []
"""Where calls are noted in place of being made, if anywhere."""


class Entry:
    """A kernel that Python calls.

    Parameters
    ----------
    module : str
        The module of `koubai.engines.cpu.kernels` that it is in.
    name : str
        Its name there, and in a library.
    """

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name
        self._compiled: Callable[..., Any] | None = None

    def compiled(self) -> Any:
        """Return the kernel as numba compiles it, or as the Python function that it is."""
        if self._compiled is None:
            self._compiled = getattr(import_module(f"koubai.engines.cpu.kernels.{self.module}"), self.name)
        return self._compiled

    def n_kinds(self) -> int:
        """Return for how many kinds of arguments this process has code for the kernel at hand."""
        native = library()
        if native is not None:
            return native.n_kinds(self.name)
        return len(getattr(self.compiled(), "signatures", ()))

    def __call__(self, *arguments: Any) -> Any:
        """Run the kernel, and return its result as a number if it has one."""
        if being_noted:
            being_noted[-1].append((self, arguments))
            return 1
        native = library()
        if native is not None:
            return native.call(self.name, arguments)
        if kind_of_code() == PYTHON:
            with np.errstate(all="ignore"):  # compiled code says nothing either; what is wrong is found by its numbers
                return self.compiled()(*arguments)
        return self.compiled()(*arguments)


run_networks = Entry("networks", "run_networks")
mean_gradient = Entry("training", "mean_gradient")
predict_rows = Entry("prediction", "predict_rows")
run_perceptron = Entry("perceptron", "run")


def lend_blas() -> None:
    """Let a library have BLAS, before predictions that multiply large matrices; all other calls do so by themselves."""
    native = library()
    if native is not None:
        native.lend_blas()


@contextmanager
def recorded() -> Iterator[Calls]:
    """Note the calls of kernels inside the block in place of making them: examples to compile for."""
    calls: Calls = []
    being_noted.append(calls)
    try:
        yield calls
    finally:
        being_noted.pop()
