"""Compiling what kinds (activations, losses, optimizers) say in plain functions, and choosing one by its number."""

import math
from functools import cache
from inspect import isfunction
from types import FunctionType
from typing import Any

from koubai.core import scalars
from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels import mathematics

assert mathematics  # which compiles the words that kernels of kinds are written in


@cache
def compiled(function: FunctionType) -> Any:
    """Compile a kind's function, together with the plain functions that it calls."""
    around = function.__globals__
    called = {name: around[name] for name in function.__code__.co_names if isfunction(around.get(name))}
    parts = {name: compiled(each) for name, each in called.items() if each.__module__ != scalars.__name__}
    if parts:
        function = FunctionType(function.__code__, {**around, **parts}, function.__name__)
    return kernel(function)


@kernel
def unchanged(given):
    """Do nothing."""


@kernel
def unknown(given):
    """Return NaN, which no number of a kind leads to."""
    return math.nan


def choice(loops, otherwise=unchanged):
    """Return a kernel that calls the loop under its code with what it is given, of (code, loop) pairs.

    With any other code ``otherwise`` is called, with all of it as one tuple.
    """
    if not loops:
        return otherwise
    (own, loop), others = loops[0], choice(loops[1:], otherwise)
    if others is otherwise:

        @kernel(within=True)
        def choose_last(code, given):
            if code == own:
                return loop(*given)
            return otherwise(given)

        return choose_last

    @kernel(within=True)
    def choose(code, given):
        if code == own:
            return loop(*given)
        return others(code, given)

    return choose


def tuple_of(n, item):
    """Return a kernel that gives n numbers or arrays as one tuple: what the kernels item(0) … item(n-1) return.

    Each gets all that is given, as one tuple. Their text becomes their caller's: an array that was made within cannot
    be returned where no references are counted.
    """
    if n == 0:

        @kernel(within=True)
        def empty(given):
            return ()

        return empty
    last = item(n - 1)
    if n == 1:

        @kernel(within=True)
        def single(given):
            return (last(given),)

        return single
    before = tuple_of(n - 1, item)

    @kernel(within=True)
    def joined(given):
        return before(given) + (last(given),)  # noqa: RUF005 - numba makes a list of what is unpacked

    return joined
