"""Messages between processes that train together, and the stand-in for a process on its own."""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np

from koubai.core import errors
from koubai.core.arrays import Array
from koubai.core.errors import DataError, KoubaiError, LostProcessError
from koubai.core.language import term, worded
from koubai.engines.protocol import Together

T = TypeVar("T")


class Alone:
    """A process on its own, which holds everything."""

    rank, size, writes = 0, 1, True

    def agree(self, n_epochs: int, stop: bool) -> tuple[int, bool]:
        """Return both as they are."""
        return n_epochs, stop

    def same(self, value: float) -> float:
        """Return the number."""
        return value

    def wait(self) -> None:
        """Do nothing."""

    def exchange(self, content: bytes) -> list[bytes]:
        """Return the content."""
        return [content]

    def leave(self) -> None:
        """Do nothing."""


ALONE = Alone()


Told = TypeVar("Told")


def told(together: Together, value: Told) -> list[Told]:
    """Return the value of every process, in terms of JSON."""
    return [json.loads(content) for content in together.exchange(json.dumps(value).encode())]


def told_arrays(together: Together, arrays: Sequence[Array]) -> list[list[Array]]:
    """Return the arrays of every process, as many from each; their shapes may differ."""
    if together.size == 1:
        return [list(arrays)]
    return [_unpacked(content, len(arrays)) for content in together.exchange(_packed(arrays))]


def _packed(arrays: Sequence[Array]) -> bytes:
    written = io.BytesIO()
    for array in arrays:
        np.save(written, array, allow_pickle=False)
    return written.getvalue()


def _unpacked(content: bytes, n_arrays: int) -> list[Array]:
    read = io.BytesIO(content)
    return [np.load(read, allow_pickle=False) for _ in range(n_arrays)]


def check_same(together: Together, what: str, seen: Mapping[str, object]) -> None:
    """Raise DataError in every process unless all have seen the same values, in terms of JSON.

    Parameters
    ----------
    together : Together
        The processes.
    what : str
        What they examine.
    seen : mapping
        What this process has seen, by its name: "rows", "columns"; whole numbers appear in the message.
    """
    first, *others = told(together, dict(seen))
    for rank, other in enumerate(others, 1):
        for name, value in other.items():
            if value != first[name]:
                together.leave()
                apart = worded("engines.note.seen_apart", name=term(name))
                if isinstance(value, int):
                    apart = worded("engines.note.seen", value=value, name=term(name), first=first[name])
                raise DataError(
                    worded("engines.error.all_processes_see_same_process", what=what, rank=rank, apart=apart)
                )


def in_step(together: Together, work: Callable[[], T]) -> T:
    """Return the result of each process's own work, as soon as all are done.

    Raises
    ------
    KoubaiError
        If it fails in any process: in every process, the error of the first one that failed.
    """
    result, error = None, None
    try:
        result = work()
    except LostProcessError:
        raise  # no other process is waiting
    except KoubaiError as failed:
        error = failed
    if together.size > 1:
        together.wait()  # messages time out; work on a large table may take longer
        own = None if error is None else [type(error).__name__, str(error)]
        for rank, failure in enumerate(told(together, own)):
            if failure is not None:
                together.leave()
                raise error if rank == together.rank and error is not None else _known(*failure)
    elif error is not None:
        raise error
    return result  # type: ignore[return-value]  # there is one, or an error


def _known(kind: str, sentence: str) -> KoubaiError:
    """Return an error that occurred in another process."""
    found = getattr(errors, kind, DataError)
    return (found if issubclass(found, KoubaiError) else DataError)(sentence)


def of_all(together: Together, parts: Iterator[Sequence[Array]]) -> Iterator[list[Array]]:
    """Yield the parts of the first process, then those of the second, and so on: the same ones to all.

    Each part is some arrays, of which the first process's kinds hold for all.
    """
    if together.size == 1:
        yield from map(list, parts)
        return
    for rank in range(together.size):
        more = True
        while more:
            part = next(parts, None) if rank == together.rank else None
            given = [] if part is None else [np.asarray(array) for array in part]
            (n_arrays,) = told_arrays(together, [np.array(len(given))])[rank]
            more = bool(n_arrays)
            if more:
                yield _unpacked(together.exchange(_packed(given))[rank], int(n_arrays))
