"""One run and its history: what the user does to it, and how it trains. The playground has up to two branches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import thread_time

import numpy as np

from koubai.core.errors import ParameterError
from koubai.play.curve import Curve, Place
from koubai.play.data import Source, load, on_axes
from koubai.play.experiment import Experiment, ManualUpdate, Moment
from koubai.play.journal import Edit, Journal
from koubai.play.replay import changed, place_of
from koubai.play.settings import LIVE, OF_DATA, VIEW, Settings
from koubai.play.timeline import Past, Timeline


@dataclass(slots=True)
class Branch:
    """A run: what is trained, its current state, how it got there, and its history.

    Attributes
    ----------
    last : ManualUpdate or None
        The last update, if it was a manual step.
    accuracy : float or None
        Share of all rows classified correctly.
    speed : float
        Epochs per second of thread time when it last trained; 0 if it never has.
    """

    experiment: Experiment
    moment: Moment
    journal: Journal
    timeline: Timeline
    curve: Curve
    serial: int = -1
    last: ManualUpdate | None = None
    accuracy: float | None = None
    speed: float = 0.0

    @classmethod
    def begin(cls, experiment: Experiment) -> "Branch":
        """Return a run before its first update."""
        journal = Journal(experiment.settings.as_json())
        found = cls(experiment, experiment.begin(), journal, Timeline(), Curve())
        found.note(kept=True)
        return found

    @classmethod
    def of(cls, settings: Settings, tables: Mapping[str, Path | Source]) -> "Branch":
        """Return a new run under these settings."""
        return cls.begin(Experiment.build(settings, load(settings, tables)))

    @property
    def settings(self) -> Settings:
        """The run's settings."""
        return self.experiment.settings

    @property
    def epoch(self) -> float:
        """Number of epochs done, including the fraction of the current one."""
        return self.moment.state.epoch + self.moment.cursor / max(1, self.experiment.train.n_rows)

    @property
    def losses(self) -> Place:
        """The losses at the run's current state."""
        return self.curve.newest

    @property
    def is_finite(self) -> bool:
        """Whether θ and the loss are finite numbers."""
        return bool(np.isfinite(self.moment.state.theta).all() and np.isfinite(self.losses.train))

    # ------------------------------------------------------------------ forward

    def note(self, kept: bool = False) -> None:
        """Record the current moment, with its losses, as the latest in the history."""
        train, test, self.accuracy = self.experiment.losses(self.moment.state.theta)
        self.serial += 1
        self.curve.note(Place(self.serial, self.epoch, train, test, kept))
        self.timeline.record(Past(self.moment.copy(), self.experiment, self.serial, self.journal.last, kept))

    def train(self, seconds: float, most: int) -> int:
        """Train for about ``seconds`` and at most ``most`` epochs; return the number of epochs."""
        begin, at_once = thread_time(), max(1, int(seconds * self.speed))
        done = self.experiment.advance_for(self.moment, seconds, most, at_once)
        if done:
            self.speed = done / max(thread_time() - begin, 1e-4)
            self.journal.write({"epochs": done})
            self.last = None
            self.note()
        return done

    def step(self, unit: str, count: int, stopped: Callable[[], bool] = lambda: False) -> None:
        """Make manual steps, until stopped."""
        for _ in range(count):
            if stopped():
                break
            self.last = self.experiment.step(self.moment, unit)
            self.journal.write({"step": unit, "count": 1})
        self.note(kept=True)

    # ------------------------------------------------------------------ changes

    def changed(self, wanted: Settings, tables: Mapping[str, Path | Source]) -> "Branch":
        """Return this run under changed settings, or a new run if they require one.

        If the settings are invalid, nothing is changed.
        """
        names = self.settings.changes(wanted)
        if not names:
            return self
        if not names <= LIVE:
            data = load(wanted, tables) if names & OF_DATA else on_axes(self.experiment.data, wanted)
            return Branch.begin(Experiment.build(wanted, data))
        told = {name: getattr(wanted, name) for name in names - VIEW}
        if told:
            self.experiment = changed(self.experiment, self.moment, told)
            self.journal.write({"settings": told})
            self.last = None
        self.look(wanted)
        if told:
            self._renew()
        return self

    def look(self, wanted: Settings) -> None:
        """Apply the view settings."""
        seen = replace(self.settings, **{name: getattr(wanted, name) for name in VIEW})
        data = self.experiment.data
        if seen.axes != self.settings.axes:
            data = on_axes(data, seen)
        self.experiment = replace(self.experiment, settings=seen, data=data)

    def _renew(self) -> None:
        """Update the current place in the history after a change."""
        at = self.timeline.position
        past = self.timeline.pasts[at]
        self.timeline.pasts[at] = Past(self.moment.copy(), self.experiment, past.serial, self.journal.last, past.kept)

    def edit(self, edit: Edit) -> None:
        """Set a weight or a bias.

        Raises
        ------
        ParameterError
            If the network has no such parameter.
        """
        place = place_of(self.experiment, edit["layer"], edit["source"], edit["target"], edit["bias"])
        if place is None:
            raise ParameterError("playground: the weight to change must belong to the network; this one does not.")
        self.moment.state.theta[place] = edit["value"]
        self.journal.write({"edit": edit.copy()})
        self.last = None
        self.note(kept=True)

    def seek(self, position: int) -> None:
        """Go to a past moment, restoring θ, the optimizer's state and the settings.

        The view stays, and so does the epoch at which to stop, which concerns the future.
        """
        now = self.experiment
        past = self.timeline.go(position)
        self.moment, self.last, self.journal.last = past.moment.copy(), None, past.done
        self.curve.show_until(past.serial)
        seen = {name: getattr(now.settings, name) for name in VIEW}
        settings = replace(past.experiment.settings, **seen)
        self.experiment = replace(past.experiment, data=now.data, settings=settings)
        if (end := now.settings.stop_at) != self.settings.stop_at:
            self.experiment = changed(self.experiment, self.moment, {"stop_at": end})
            self.journal.write({"settings": {"stop_at": end}})
        self.accuracy = self.experiment.losses(self.moment.state.theta)[2]

    def copy(self) -> "Branch":
        """Return a run in the same state that shares nothing mutable with this one."""
        return Branch(
            self.experiment,
            self.moment.copy(),
            Journal(self.journal.settings, self.journal.last),
            self.timeline.copy(),
            self.curve.copy(),
            self.serial,
            self.last,
            self.accuracy,
        )
