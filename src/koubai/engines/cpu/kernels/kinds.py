"""Compilation of the plain functions that kinds define (activations, losses, optimizers), and choice by their codes."""

import math
from functools import cache
from inspect import isfunction
from types import FunctionType
from typing import Any

from koubai.core import scalars
from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels import mathematics

assert mathematics  # compiles the functions of koubai.core.scalars that those functions call


@cache
def compiled(function: FunctionType) -> Any:
    """Compile a function of a kind, together with the plain functions it calls."""
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
    """Return NaN: reached by no valid code."""
    return math.nan


def choice(loops, otherwise=unchanged):
    """Return a kernel that calls the loop with the given code, from (code, loop) pairs.

    It takes the code and the loop's arguments as one tuple. For any other code ``otherwise`` is called with that tuple.
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
    """Return a kernel that returns the results of the kernels item(0) … item(n-1) as one tuple.

    Each receives all arguments as one tuple. They are inlined into the caller: without reference counts, a function
    cannot return an array that it created.
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
        return before(given) + (last(given),)  # noqa: RUF005 - numba would unpack into a list

    return joined
