"""Processes that train together, played by threads of this one: what they exchange, without what carries it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Member:
    """One of several threads that are taken for processes.

    Parameters
    ----------
    rank : int
        Its number.
    given : list of bytes
        Where each puts what it gives, for all.
    barrier : threading.Barrier
        Where they wait for each other.
    """

    def __init__(self, rank: int, given: list[bytes], barrier: threading.Barrier) -> None:
        self.rank, self.size, self.writes = rank, len(given), rank == 0
        self._given, self._barrier = given, barrier
        self.has_left = False

    def wait(self) -> None:
        self._barrier.wait()

    def exchange(self, content: bytes) -> list[bytes]:
        self._given[self.rank] = content
        self._barrier.wait()
        found = list(self._given)
        self._barrier.wait()
        return found

    def leave(self) -> None:
        self.has_left = True

    def agree(self, n_epochs: int, stop: bool) -> tuple[int, bool]:
        raise NotImplementedError

    def same(self, value: float) -> float:
        raise NotImplementedError


def in_each(size: int, work: Callable[[Member], T]) -> list[T]:
    """Return what each of so many members returns; if one fails in another way than the others, none waits for it."""
    given, barrier = [b""] * size, threading.Barrier(size, timeout=60)
    with ThreadPoolExecutor(size) as pool:
        return list(pool.map(lambda rank: work(Member(rank, given, barrier)), range(size)))
