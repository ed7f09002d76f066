"""One client's playground: handles its messages in order, trains in slices, and reports the results."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeAlias, TypeVar, cast

from koubai.core.errors import KoubaiError, ParameterError
from koubai.play import telling
from koubai.play.branch import Branch
from koubai.play.data import Source
from koubai.play.experiment import Experiment, Moment
from koubai.play.frames import Message, sendable
from koubai.play.journal import Edit
from koubai.play.maps import grid_inputs
from koubai.play.messages import Parts
from koubai.play.settings import Settings
from koubai.play.starts import Start, summary

Send: TypeAlias = Callable[[Message | bytes], Awaitable[None]]
Found = TypeVar("Found")
Given = ParamSpec("Given")

SLICE, SHORTEST = 0.006, 0.002
"""Seconds that a run trains before yielding: when alone, and the minimum when many take turns."""
AT_ONCE = 2
"""Maximum number of one client's starts that train at the same time."""
SUPERSEDING = frozenset(("settings", "run", "pause", "reset", "step", "edit", "seek", "swap", "instant"))
"""Messages that make a final state still being computed obsolete."""

log = logging.getLogger("koubai.play")


class Session:
    """One client's playground.

    Messages and slices of training are processed one at a time under a single lock, in the executor's threads, so that
    the event loop stays free.

    Parameters
    ----------
    send : callable
        Sends a JSON object or a binary frame to the client.
    executor : Executor
        Threads shared by all clients.
    tables : mapping
        The loaded tables, by id.
    settings : Settings
        The initial settings.
    crowd : callable, optional
        Returns the number of runs, including this one, that take turns on a thread: the more, the shorter each turn, so
        that frames keep coming. A frame costs about as much as the shortest turn.
    """

    def __init__(
        self,
        send: Send,
        executor: Executor,
        tables: Mapping[str, Path | Source],
        settings: Settings | None = None,
        crowd: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self.send, self.executor, self.tables, self.crowd = send, executor, tables, crowd
        self.lock = asyncio.Lock()
        self.wake = asyncio.Event()
        self.running, self.halted, self.closed = False, False, False
        self.until: int | None = None
        self.task: asyncio.Task[None] | None = None
        self.starting: asyncio.Task[None] | None = None
        self.grid, self.with_maps = 50, True
        self.frame_id, self.acked = 0, 0
        self.waiting = 0
        self.other: Branch | None = None
        self._show(Branch.of(settings or Settings(), tables))

    @property
    def settings(self) -> Settings:
        """The current settings."""
        return self.branch.settings

    @property
    def experiment(self) -> Experiment:
        """The current experiment."""
        return self.branch.experiment

    @property
    def moment(self) -> Moment:
        """The current moment of the run."""
        return self.branch.moment

    # ------------------------------------------------------------------ the run, changed in the executor's threads

    def _show(self, branch: Branch) -> None:
        self.places = grid_inputs(branch.experiment, self.grid)
        self.branch = branch

    def _settings(self, part: object) -> None:
        wanted = self.settings.changed(part)
        self._show(self.branch.changed(wanted, self.tables))

    def _reset(self) -> None:
        self._show(Branch.begin(self.experiment))

    def _swap(self) -> None:
        if self.other is None:
            raise ParameterError(
                "playground: there must be two branches to switch between; there is one. Create a branch first."
            )
        mine, theirs = self.branch, self.other
        theirs.look(replace(mine.settings, axes=theirs.settings.axes))
        self.other = mine
        self._show(theirs)

    def _view(self, grid: int, with_maps: bool) -> None:
        self.places = grid_inputs(self.experiment, grid)
        self.grid, self.with_maps = grid, with_maps

    def _slice(self, most: int) -> None:
        """Train for one slice, at most to the end of the run."""
        end = self.until or self.settings.stop_at
        left = most if end is None else min(most, end - self.moment.state.epoch)
        if left > 0:
            self.branch.train(max(SHORTEST, SLICE / max(1.0, self.crowd())), left)
        if end is not None and self.moment.state.epoch >= end:
            self.running = False

    # ------------------------------------------------------------------ what is sent to the client

    def state(self) -> Message:
        """Return what the page shows besides the maps."""
        return telling.state(self.branch, self.running, 1 if self.other is None else 2)

    def frame(self, instant: bool = False) -> bytes:
        """Return θ, the maps and the latest numbers as a binary frame."""
        self.frame_id += 1
        numbers = {"id": self.frame_id, "running": self.running, "instant": instant}
        return telling.frame(self.branch, self.places, self.grid, self.with_maps, numbers)

    async def open(self) -> None:
        """Greet the client."""
        async with self.lock:
            await self.send(telling.hello(self.settings))
            await self._tell(whole=True)

    async def _tell(self, whole: bool = False, instant: bool = False) -> None:
        if whole:
            await self.send(self.state())
            await self.send(sendable(telling.points(self.branch)))
            self.branch.curve.told = None
        await self.send(sendable({"type": "losses", **self.branch.curve.news()}))
        await self.send(await self._in_thread(self.frame, instant))

    async def _tell_briefly(self) -> None:
        """Report the same network in another state: the frame first, so that no number is ahead of its picture."""
        await self._tell()
        await self.send(self.state())

    async def problem(self, sentence: str) -> None:
        """Report a problem in one sentence."""
        await self.send({"type": "problem", "text": sentence.removeprefix("playground: ")})

    # ------------------------------------------------------------------ messages

    async def _in_thread(self, work: Callable[Given, Found], *arguments: Given.args, **named: Given.kwargs) -> Found:
        return await asyncio.get_running_loop().run_in_executor(self.executor, lambda: work(*arguments, **named))

    async def handle(self, kind: str, part: Parts) -> None:
        """Carry out one message; an error is answered with one sentence and leaves everything unchanged.

        Messages may arrive before earlier ones are done; they wait for their turn.
        """
        await self._answered(self.obey(kind, part))

    async def obey(self, kind: str, part: Parts) -> None:
        """Carry out one message in its turn, or raise an error and leave everything unchanged."""
        if kind == "ack":
            self.acked = max(self.acked, min(part["id"], self.frame_id))
            return
        if kind in ("pause", "reset"):
            self.running, self.halted = False, True  # before the lock, so that the current slice is the last
        weight = int(kind in SUPERSEDING)
        self.waiting += weight
        try:
            async with self.lock:
                self.waiting, weight = self.waiting - weight, 0
                await self._handle(kind, part)
        finally:
            self.waiting -= weight
            self.wake.set()

    async def _answered(self, work: Awaitable[None]) -> bool:
        """Await some work and report any error in one sentence; return whether it succeeded."""
        try:
            await work
            return True
        except KoubaiError as error:
            await self.problem(str(error))
        except ValueError as error:  # scikit-learn's and polars' complaints about a table
            await self.problem((str(error) or type(error).__name__).splitlines()[0][:300])
        except Exception as error:
            if not self.closed:
                log.exception("koubai play: a request failed")
                await self.problem(
                    f"The server could not do this ({type(error).__name__}); try something else, or reset."
                )
        return False

    async def _handle(self, kind: str, part: Parts) -> None:
        match kind:
            case "run":
                await self._run(part["until"])
            case "pause":
                await self._tell_briefly()
            case "settings":
                await self._in_thread(self._settings, part["settings"])
                await self._tell(whole=True)
            case "edit":
                await self._in_thread(self.branch.edit, cast(Edit, part))
                await self._tell_briefly()
            case "view":
                await self._in_thread(self._view, part["grid"], part["maps"])
                await self._tell()
            case "branch":
                self.other = self.branch.copy()
                await self.send(self.state())
            case "drop":
                self.other = None
                await self.send(self.state())
            case "explain" | "starts" | "download":
                await self._answer(kind, part)
            case _:
                self.running = False
                await self._elsewhere(kind, part)

    async def _elsewhere(self, kind: str, part: Parts) -> None:
        """Go to another state."""
        match kind:
            case "reset":
                await self._in_thread(self._reset)
            case "step":
                self.halted = False
                await self._in_thread(self.branch.step, part["unit"], part["count"], self._is_halted)
            case "seek":
                await self._in_thread(self.branch.seek, part["position"])
            case "instant":
                await self._instant(part["epochs"])
            case "swap":
                await self._in_thread(self._swap)
                await self._tell(whole=True)
                return
        await self._tell(instant=kind == "instant")
        await self.send(self.state())

    async def _answer(self, kind: str, part: Parts) -> None:
        """Answer a question that changes nothing."""
        if kind == "starts":
            if self.starting is not None:
                self.starting.cancel()
            self.starting = asyncio.create_task(self._start_many(self.experiment, part["count"], part["epochs"]))
        elif kind == "explain":
            from koubai.play.explaining import explanation

            await self.send(await self._in_thread(explanation, self.branch, part))
        else:
            from koubai.play.keeping import download

            await self.send(await self._in_thread(download, self.branch, part["kind"]))

    def _is_halted(self) -> bool:
        return self.halted or self.closed

    # ------------------------------------------------------------------ training

    async def _instant(self, epochs: int) -> None:
        """Train a new run from start to end, unless another request supersedes it."""
        await self._in_thread(self._reset)
        while (left := epochs - self.moment.state.epoch) > 0 and not self.waiting and not self.closed:
            if not await self._in_thread(self.branch.train, 4 * SLICE, left) or not self.branch.is_finite:
                break

    async def _start_many(self, experiment: Experiment, count: int, epochs: int) -> None:
        """Train from many seeds, a few at a time and each in slices, and report progress."""
        seeds, found = iter(range(count)), list[Start]()

        async def train() -> None:
            for seed in seeds:
                start = await self._in_thread(Start.of, experiment, seed)
                while not await self._in_thread(start.go_on, epochs):
                    pass
                found.append(start)
                if len(found) % 10 == 0 and len(found) < count:
                    await self.send({"type": "starts", "done": len(found), "count": count})

        async def all_of_them() -> None:
            await asyncio.gather(*(train() for _ in range(AT_ONCE)))
            await self.send(sendable(await self._in_thread(summary, found, epochs)))

        await self._answered(all_of_them())

    async def _run(self, until: int | None) -> None:
        end = until or self.settings.stop_at
        if end is not None and self.moment.state.epoch >= end:
            raise ParameterError(f"playground: the run is to end after epoch {end}, which is done. Raise the end.")
        self.until, self.running = until, True
        await self.send(self.state())
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._keep_running())

    async def _keep_running(self) -> None:
        """Train slice by slice, and send a frame whenever the client has drawn the last one."""
        clock = asyncio.get_running_loop().time
        before, due = clock(), 1.0
        while self.running and not self.closed:
            pace = self.settings.pace
            if not pace or due >= 1:
                async with self.lock:
                    if self.running and not self.closed and not await self._answered(self._go_on(int(due))):
                        self.running = False
            self.wake.clear()
            if pace:
                done, now = int(due), clock()
                due, before = min(due - done + pace * (now - before), max(1.0, pace)), now
                await self._sleep((1 - due) / pace)
            else:
                due, before = 1.0, clock()
                await asyncio.sleep(0)

    async def _sleep(self, seconds: float) -> None:
        """Wait, but only until the next message is done."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self.wake.wait(), seconds)

    async def _go_on(self, due: int) -> None:
        await self._in_thread(self._slice, due if self.settings.pace else 10**9)
        if not self.branch.is_finite:
            self.running = False
            await self.problem("Training diverged to NaN or infinity: lower the learning rate, then go back or reset.")
        if not self.running:
            await self._tell_briefly()
        elif self.acked >= self.frame_id:
            await self._tell()

    async def close(self) -> None:
        """Free all resources once the client is gone."""
        self.running, self.closed = False, True
        self.wake.set()
        tasks = [task for task in (self.task, self.starting) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=2)
