"""One client's playground: what it was told, where its run stands, and what it answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from koubai.core.activations import ACTIVATIONS
from koubai.core.errors import KoubaiError, ParameterError
from koubai.core.initializers import NAMES as INITIALIZERS
from koubai.core.trace import StepTrace
from koubai.optimizers.registry import OPTIMIZERS
from koubai.optimizers.schedules import SCHEDULES
from koubai.play.data import Source, load
from koubai.play.datasets import CLASSES, DATASETS, MADE
from koubai.play.experiment import Experiment, Moment
from koubai.play.features import FEATURES
from koubai.play.frames import encode, finite
from koubai.play.keeping import MODEL_TYPE, PYTHON_TYPE, download, model_file, python_program
from koubai.play.maps import compute_maps, grid_inputs
from koubai.play.replay import changed, place_of
from koubai.play.settings import ENDLESS, LIVE, LOSSES, MOST_LAYERS, MOST_NODES, MOST_POINTS, Settings
from koubai.play.timeline import Timeline

Send: TypeAlias = Callable[[dict[str, Any] | bytes], Awaitable[None]]

SLICE = 0.010
"""Seconds that a run trains before others have their turn."""
MOST_LOSSES = 3000
MOST_JOURNAL = 20_000


class Session:
    """One client's playground.

    Every message is handled, and every slice of training done, one after the other under one lock; both run in the
    executor's threads, so that the event loop stays free.

    Parameters
    ----------
    send : callable
        Sends a JSON object or a binary frame to the client.
    executor : Executor
        Threads shared by all clients.
    tables : mapping
        The tables that were loaded, by their ids.
    settings : Settings
        What is shown first.
    """

    def __init__(
        self, send: Send, executor: Executor, tables: Mapping[str, Path | Source], settings: Settings | None = None
    ) -> None:
        self.send, self.executor, self.tables = send, executor, tables
        self.settings = settings or Settings()
        self.lock = asyncio.Lock()
        self.running, self.closed = False, False
        self.until: int | None = None
        self.task: asyncio.Task[None] | None = None
        self.grid, self.with_maps = 50, True
        self.frame_id, self.acked = 0, 0
        self.other: tuple[Any, ...] | None = None
        self.trace: StepTrace | None = None
        self._start_over(self.settings)

    # ------------------------------------------------------------------ the run, changed in the executor's threads

    def _start_over(self, settings: Settings) -> None:
        """Begin a new run; if the settings do not suit, everything stays as it was."""
        experiment = Experiment.build(settings, load(settings, self.tables))
        self._take(settings, experiment, experiment.begin())

    def _take(self, settings: Settings, experiment: Experiment, moment: Moment) -> None:
        self.settings, self.experiment, self.moment = settings, experiment, moment
        self.journal: list[dict[str, Any]] = [{"settings": settings.as_json()}]
        self.losses: dict[str, list[Any]] = {"epochs": [], "train": [], "test": []}
        self.told_losses = 0
        self.timeline = Timeline()
        self.trace = None
        self.places = grid_inputs(experiment, self.grid)
        self._note_losses()

    def _note_losses(self) -> None:
        train, test, self.accuracy = self.experiment.losses(self.moment.state.theta)
        at = self.moment.state.epoch + self.moment.cursor / max(1, self.experiment.train.n_rows)
        for name, value in (("epochs", at), ("train", train), ("test", test)):
            self.losses[name].append(value)
        if len(self.losses["epochs"]) > MOST_LOSSES:
            self.losses = {name: [*found[:-1:2], found[-1]] for name, found in self.losses.items()}
            self.told_losses = 0
        self.timeline.record(self.moment, len(self.losses["epochs"]), len(self.journal))

    def _write(self, entry: dict[str, Any]) -> None:
        if "epochs" in entry and "epochs" in self.journal[-1]:
            self.journal[-1] = {"epochs": self.journal[-1]["epochs"] + entry["epochs"]}
        elif len(self.journal) < MOST_JOURNAL:
            self.journal.append(entry)

    def _slice(self) -> None:
        """Train for a moment."""
        end = self.until or self.settings.stop_at
        most = 10**9 if end is None else end - self.moment.state.epoch
        if most > 0:
            done = self.experiment.advance_for(self.moment, SLICE, 1 if self.settings.pace else most)
            self._write({"epochs": done})
            self.trace = None
            self._note_losses()
        if end is not None and self.moment.state.epoch >= end:
            self.running = False

    def _step(self, unit: str, count: int) -> None:
        for _ in range(count):
            self.trace = self.experiment.step(self.moment, unit)
            self._write({"step": unit} if unit != "epoch" else {"epochs": 1})
        self._note_losses()

    def _settings(self, part: Any) -> None:
        wanted = self.settings.changed(part)
        names = self.settings.changes(wanted)
        if not names:
            return
        alive = names <= LIVE and not (wanted.mode == "perceptron" and "activations" in names)
        if not alive or self.moment.steps == 0:
            self._start_over(wanted)
            return
        if "axes" in names:
            self.experiment = Experiment.build(wanted, load(wanted, self.tables))
            self.places = grid_inputs(self.experiment, self.grid)
        told = {name: getattr(wanted, name) for name in names}
        self.experiment = changed(self.experiment, self.moment, told)
        self.settings = wanted
        self._write({"settings": told})

    def _edit(self, part: dict[str, Any]) -> None:
        value = part["value"]
        place = place_of(self.experiment, part["layer"], part["source"], part["target"], part["bias"])
        if place is None:
            raise ParameterError("playground: the weight to change must be one of the network; got none such.")
        self.moment.state.theta[place] = value
        self._write({"edit": part})
        self.trace = None
        self._note_losses()

    def _seek(self, position: int) -> None:
        past = self.timeline.go(position)
        self.moment, self.trace = past.moment.copy(), None
        self.losses = {name: found[: past.n_losses] for name, found in self.losses.items()}
        self.told_losses = 0
        self.accuracy = self.experiment.losses(self.moment.state.theta)[2]

    def _branch(self) -> None:
        timeline = Timeline([*self.timeline.pasts], self.timeline.position)
        losses = {name: list(found) for name, found in self.losses.items()}
        self.other = (self.settings, self.experiment, self.moment.copy(), timeline, losses, list(self.journal))

    def _swap(self) -> None:
        if self.other is None:
            raise ParameterError("playground: there must be two branches to change between; got one. Branch first.")
        mine = (self.settings, self.experiment, self.moment, self.timeline, self.losses, self.journal)
        self.settings, self.experiment, self.moment, self.timeline, self.losses, self.journal = self.other
        self.other, self.told_losses, self.trace = mine, 0, None
        self.places = grid_inputs(self.experiment, self.grid)
        self.accuracy = self.experiment.losses(self.moment.state.theta)[2]

    def _instant(self, epochs: int) -> None:
        """Train a new run from the start to its end, unless somebody asks for something else meanwhile."""
        self._take(self.settings, self.experiment, self.experiment.begin())
        while (left := epochs - self.moment.state.epoch) > 0 and not self.closed:
            done = self.experiment.advance_for(self.moment, 0.02, left)
            if not done:
                break
            self._write({"epochs": done})
            self._note_losses()

    # ------------------------------------------------------------------ what the client is told

    def hello(self) -> dict[str, Any]:
        """Return the first message: everything that there is to choose from."""
        settings = self.settings.as_json()
        catalogue = {
            "datasets": [{"name": name, "task": MADE.get(name, CLASSES)} for name in DATASETS],
            "features": list(FEATURES),
            "activations": [name for name in ACTIVATIONS if name != "softmax"],
            "losses": list(LOSSES),
            "optimizers": [
                {"name": name, "learning_rate": kind().default_learning_rate} for name, kind in OPTIMIZERS.items()
            ],
            "schedules": [name for name in SCHEDULES if name not in ENDLESS],
            "initializers": list(INITIALIZERS),
            "bounds": {"layers": MOST_LAYERS, "nodes": MOST_NODES, "points": MOST_POINTS},
        }
        return {"type": "hello", "catalogue": catalogue, "settings": settings, "defaults": Settings().as_json()}

    def state(self) -> dict[str, Any]:
        """Return what the page shows beside the maps."""
        network, data = self.experiment.network, self.experiment.data
        layers = [
            {
                "n_in": layer.n_in,
                "n_out": layer.n_out,
                "weights_at": start,
                "biases_at": start + layer.n_weights,
                "activation": layer.activation.name,
            }
            for layer, start in zip(network.layers, network.offsets, strict=False)
        ]
        return {
            "type": "state",
            "settings": self.settings.as_json(),
            "network": {"sizes": list(network.sizes), "n_parameters": network.n_parameters, "layers": layers},
            "task": data.task,
            "classes": list(data.classes),
            "feature_names": list(data.names),
            "running": self.running,
            "epoch": self._epoch(),
            "step": self.moment.steps,
            "timeline": {
                "length": len(self.timeline.pasts),
                "position": self.timeline.position,
                "branches": 1 if self.other is None else 2,
            },
            "notes": [],
        }

    def data(self) -> dict[str, Any]:
        """Return the points on the plane."""
        data = self.experiment.data
        return {
            "type": "data",
            "x": data.plane[:, 0].tolist(),
            "y": data.plane[:, 1].tolist(),
            "label": data.targets.tolist(),
            "test": data.test.tolist(),
            "axes": list(data.axes),
            "range": [list(pair) for pair in data.extent],
        }

    def new_losses(self) -> dict[str, Any]:
        """Return the losses that the client has not been told."""
        first, self.told_losses = self.told_losses, len(self.losses["epochs"])
        return finite({"type": "losses", "whole": first == 0, **{k: v[first:] for k, v in self.losses.items()}})

    def _epoch(self) -> float:
        return self.moment.state.epoch + self.moment.cursor / max(1, self.experiment.train.n_rows)

    def frame(self, instant: bool = False) -> bytes:
        """Return θ, the maps and the newest numbers as a binary frame."""
        theta = self.moment.state.theta
        maps = compute_maps(self.experiment, theta, self.places, self.grid, self.with_maps)
        blocks: dict[str, Any] = {"theta": theta.astype(np.float32), "output": maps.output}
        if maps.nodes is not None:
            blocks["nodes"] = maps.nodes
        if self.trace is not None:
            forward = self.trace.forward
            blocks["activations"] = np.concatenate([z.mean(axis=0) for z in forward.activations]).astype(np.float32)
            blocks["deltas"] = np.concatenate([d.mean(axis=0) for d in self.trace.deltas]).astype(np.float32)
        self.frame_id += 1
        header = {
            "type": "frame",
            "id": self.frame_id,
            "epoch": self._epoch(),
            "step": self.moment.steps,
            "train_loss": self.losses["train"][-1],
            "test_loss": self.losses["test"][-1],
            "accuracy": self.accuracy,
            "mistakes": self.moment.mistakes if self.experiment.is_perceptron else None,
            "grid": self.grid,
            "range": self.experiment.data.extent,
            "ranges": maps.ranges,
            "running": self.running,
            "position": self.timeline.position,
            "length": len(self.timeline.pasts),
            "instant": instant,
        }
        return encode(header, blocks)

    # ------------------------------------------------------------------ messages

    async def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.executor, lambda: work(*arguments))

    async def open(self) -> None:
        """Greet the client."""
        async with self.lock:
            await self.send(self.hello())
            await self._tell(whole=True)

    async def _tell(self, whole: bool = False, instant: bool = False) -> None:
        if whole:
            await self.send(self.state())
            await self.send(finite(self.data()))
            self.told_losses = 0
        await self.send(self.new_losses())
        await self.send(await self._in_thread(self.frame, instant))

    async def handle(self, kind: str, part: dict[str, Any]) -> None:
        """Do what one message asks; a mistake is answered by one sentence, and everything stays as it was."""
        try:
            await self.obey(kind, part)
        except KoubaiError as error:
            await self.send({"type": "problem", "text": str(error).removeprefix("playground: ")})
        except ValueError as error:  # scikit-learn's and polars' complaints about a table
            await self.send({"type": "problem", "text": str(error).splitlines()[0][:300]})

    async def obey(self, kind: str, part: dict[str, Any]) -> None:
        """Do what one message asks, or raise and leave everything as it was."""
        if kind == "ack":
            self.acked = max(self.acked, min(part["id"], self.frame_id))
            return
        if kind == "pause":
            self.running = False  # before the lock: the slice that runs is the last
        async with self.lock:
            await self._handle(kind, part)

    async def _handle(self, kind: str, part: dict[str, Any]) -> None:
        match kind:
            case "run":
                await self._run(part["until"])
            case "pause":
                await self._tell_briefly()
            case "reset":
                self.running = False
                await self._in_thread(self._take, self.settings, self.experiment, self.experiment.begin())
                await self._tell_briefly()
            case "step":
                self.running = False
                await self._in_thread(self._step, part["unit"], part["count"])
                await self._tell_briefly()
            case "settings":
                await self._in_thread(self._settings, part["settings"])
                await self._tell(whole=True)
            case "edit":
                self._edit(part)
                await self._tell_briefly()
            case "seek":
                self.running = False
                await self._in_thread(self._seek, part["position"])
                await self._tell_briefly()
            case "branch":
                self._branch()
                await self.send(self.state())
            case "swap":
                self.running = False
                await self._in_thread(self._swap)
                await self._tell(whole=True)
            case "instant":
                self.running = False
                await self._in_thread(self._instant, part["epochs"])
                await self._tell(instant=True)
                await self.send(self.state())
            case "view":
                self.grid, self.with_maps = part["grid"], part["maps"]
                self.places = await self._in_thread(grid_inputs, self.experiment, self.grid)
                await self._tell()
            case _:
                await self._answer(kind, part)

    async def _answer(self, kind: str, part: dict[str, Any]) -> None:
        """Answer a question that changes nothing."""
        if kind == "explain":
            from koubai.play.explaining import explanation

            await self.send(await self._in_thread(explanation, self.experiment, self.moment, part))
        elif kind == "starts":
            from koubai.play.starts import many_starts

            found = await self._in_thread(many_starts, self.experiment, part["count"], part["epochs"], self._is_closed)
            await self.send(finite(found))
        elif part["kind"] == "model":
            content = await self._in_thread(model_file, self.experiment, self.moment)
            await self.send(download("playground.koubai", MODEL_TYPE, content))
        else:
            program = python_program(self.experiment, self.journal, self.moment)
            await self.send(download("playground.py", PYTHON_TYPE, program.encode()))

    def _is_closed(self) -> bool:
        return self.closed

    async def _tell_briefly(self) -> None:
        """Tell of the same network elsewhere: the frame first, so that no number runs ahead of its picture."""
        await self._tell()
        await self.send(self.state())

    async def _run(self, until: int | None) -> None:
        end = until or self.settings.stop_at
        if end is not None and self.moment.state.epoch >= end:
            raise ParameterError(f"playground: the run must end after epoch {end}; it stands there. Raise the end.")
        self.until, self.running = until, True
        await self.send(self.state())
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._keep_running())

    async def _keep_running(self) -> None:
        """Train slice by slice, and show a frame whenever the client has drawn the last one."""
        try:
            while self.running and not self.closed:
                async with self.lock:
                    if self._may_go_on():
                        await self._go_on()
                await asyncio.sleep(1 / self.settings.pace if self.settings.pace else 0)
        except Exception:
            self.running = False
            if not self.closed:
                raise

    def _may_go_on(self) -> bool:
        """Return whether nobody paused while the lock was waited for."""
        return self.running and not self.closed

    async def _go_on(self) -> None:
        await self._in_thread(self._slice)
        if not np.isfinite(self.moment.state.theta).all() or not np.isfinite(self.losses["train"][-1]):
            self.running = False
            await self._diverged()
        if not self._may_go_on():
            await self._tell_briefly()
        elif self.acked >= self.frame_id:
            await self._tell()

    async def _diverged(self) -> None:
        sentence = "Training left the finite numbers: lower the learning rate, then go back on the slider or reset."
        await self.send({"type": "problem", "text": sentence})

    async def close(self) -> None:
        """Free everything: the client is gone."""
        self.running, self.closed = False, True
        if self.task is not None:
            await asyncio.wait([self.task], timeout=2)
