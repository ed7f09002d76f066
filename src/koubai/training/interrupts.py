"""Ctrl-C during training takes effect between two calls of the engine, so that θ and the history stay consistent."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def deferred_interrupts() -> Iterator[Callable[[], None]]:
    """Defer Ctrl-C inside the block; yield a function that raises KeyboardInterrupt if it was pressed.

    A second Ctrl-C is not deferred. If Python's default handler is not installed, or outside the main thread, the block
    has no effect.
    """
    came = False

    def hold(number: int, frame: FrameType | None) -> None:
        nonlocal came
        if came:
            signal.default_int_handler(number, frame)
        came = True

    def check() -> None:
        if came:
            raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield check
        return
    try:
        signal.signal(signal.SIGINT, hold)
    except ValueError:  # not the main thread, which alone receives signals
        yield check
        return
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
