"""What comes next, made ready in a thread of its own while the current thing is used."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """Give the items one after the other, each made while the one before it is in use.

    An error in making one is raised where that one is asked for. If nobody asks any further, the one in the making is
    finished and no other is begun.

    Parameters
    ----------
    items : iterator
        What makes them, in a thread of its own: reading from a disk and NumPy's copying leave the others room.

    Examples
    --------
    >>> list(ahead(iter("abc")))
    ['a', 'b', 'c']
    """

    def following() -> tuple[T, ...]:
        for item in items:
            return (item,)
        return ()

    with ThreadPoolExecutor(1, "koubai-ahead") as pool:
        coming = pool.submit(following)
        while found := coming.result():
            coming = pool.submit(following)
            yield found[0]
