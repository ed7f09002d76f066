"""Prefetching: the next item is prepared in a thread while the current one is in use."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """Yield the items in order, preparing each while the one before it is in use.

    An error in preparing an item is raised when that item is requested. When the consumer stops, the item in
    preparation is finished and no other is begun.

    Parameters
    ----------
    items : iterator
        The items; advanced in a separate thread, since disk reads and NumPy's copies release the interpreter lock.

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
