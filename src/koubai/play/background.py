"""An event loop in a separate thread: a notebook's cells and the playground's training never block each other."""

import asyncio
import sys
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Found = TypeVar("Found")


class Background:
    """The event loop of one widget's session, and the thread in which it trains.

    Messages to the front end are sent from the loop's thread. ipykernel allows this: it passes messages to its sending
    thread through per-thread queues, and all of a widget's messages come from this one thread, so they stay in order.
    marimo allows it only for its own kind of thread, which is used there.
    """

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.executor = ThreadPoolExecutor(1, thread_name_prefix="koubai-play-training")
        self.thread = _kind_of_thread()(target=self._run, name="koubai-play", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.set_exception_handler(_told)
        try:
            self.loop.run_forever()
            left = asyncio.all_tasks(self.loop)
            for task in left:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        finally:
            self.loop.close()

    @property
    def is_abandoned(self) -> bool:
        """Whether the cell that created this is gone; marimo informs its threads."""
        return bool(getattr(self.thread, "should_exit", False))

    def submit(self, work: Coroutine[Any, Any, Found]) -> "Future[Found]":
        """Schedule work in the loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def result(self, work: Coroutine[Any, Any, Found]) -> Found:
        """Run work in the loop and wait for the result."""
        return self.submit(work).result()

    def stop(self) -> None:
        """End the threads once their work is done; does not wait if called from the loop itself."""
        self.executor.shutdown(wait=False, cancel_futures=True)
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.stop)
        if threading.current_thread() is not self.thread:
            self.thread.join(timeout=5)


def _kind_of_thread() -> type[threading.Thread]:
    marimo = sys.modules.get("marimo")
    if marimo is not None and marimo.running_in_notebook():
        kind: type[threading.Thread] = marimo.Thread
        return kind
    return threading.Thread


def _told(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report errors, except for a run ended by interpreter shutdown."""
    if "interpreter shutdown" not in str(context.get("exception")):
        loop.default_exception_handler(context)
