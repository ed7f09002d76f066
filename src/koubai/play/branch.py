"""One run and its past: what a learner does to it, and what it does by itself. Two of them are two branches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import thread_time
from typing import Any

import numpy as np

from koubai.core.errors import ParameterError
from koubai.play.curve import Curve, Place
from koubai.play.data import Source, load, on_axes
from koubai.play.experiment import Experiment, Moment, Update
from koubai.play.journal import Journal
from koubai.play.replay import changed, place_of
from koubai.play.settings import LIVE, OF_DATA, VIEW, Settings
from koubai.play.timeline import Past, Timeline


@dataclass(slots=True)
class Branch:
    """A run: what is trained, where it stands, how it came there, and its past.

    Attributes
    ----------
    last : Update or None
        The last update, if it was made by hand.
    accuracy : float or None
        Share of all rows that are right.
    speed : float
        Epochs a second of a thread's own time when it last trained; 0 if it never did.
    """

    experiment: Experiment
    moment: Moment
    journal: Journal
    timeline: Timeline
    curve: Curve
    serial: int = -1
    last: Update | None = None
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
        """What the run was told."""
        return self.experiment.settings

    @property
    def epoch(self) -> float:
        """Epochs that are done, with the part of the one that has begun."""
        return self.moment.state.epoch + self.moment.cursor / max(1, self.experiment.train.n_rows)

    @property
    def losses(self) -> Place:
        """The losses where the run stands."""
        return self.curve.newest

    @property
    def is_finite(self) -> bool:
        """Whether θ and the loss are finite numbers."""
        return bool(np.isfinite(self.moment.state.theta).all() and np.isfinite(self.losses.train))

    # ------------------------------------------------------------------ forward

    def note(self, kept: bool = False) -> None:
        """Keep the present moment as the newest of the past, with its losses."""
        train, test, self.accuracy = self.experiment.losses(self.moment.state.theta)
        self.serial += 1
        self.curve.note(Place(self.serial, self.epoch, train, test, kept))
        self.timeline.record(Past(self.moment.copy(), self.experiment, self.serial, self.journal.last, kept))

    def train(self, seconds: float, most: int) -> int:
        """Train for about so many seconds and at most so many epochs; return how many."""
        begin, at_once = thread_time(), max(1, int(seconds * self.speed))
        done = self.experiment.advance_for(self.moment, seconds, most, at_once)
        if done:
            self.speed = done / max(thread_time() - begin, 1e-4)
            self.journal.write({"epochs": done})
            self.last = None
            self.note()
        return done

    def step(self, unit: str, count: int, stopped: Callable[[], bool] = lambda: False) -> None:
        """Make steps by hand, until somebody stops it."""
        for _ in range(count):
            if stopped():
                break
            self.last = self.experiment.step(self.moment, unit)
            self.journal.write({"step": unit, "count": 1})
        self.note(kept=True)

    # ------------------------------------------------------------------ changes

    def changed(self, wanted: Settings, tables: Mapping[str, Path | Source]) -> "Branch":
        """Return this run, which goes on under other settings, or a new one if they ask for that.

        If the settings do not suit, nothing has changed.
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
        """Take over what the settings say about the view."""
        seen = replace(self.settings, **{name: getattr(wanted, name) for name in VIEW})
        data = self.experiment.data
        if seen.axes != self.settings.axes:
            data = on_axes(data, seen)
        self.experiment = replace(self.experiment, settings=seen, data=data)

    def _renew(self) -> None:
        """Let the place in the past on which the run stands know what has been changed."""
        at = self.timeline.position
        past = self.timeline.pasts[at]
        self.timeline.pasts[at] = Past(self.moment.copy(), self.experiment, past.serial, self.journal.last, past.kept)

    def edit(self, part: Mapping[str, Any]) -> None:
        """Set a weight or a bias.

        Raises
        ------
        ParameterError
            If the network has none such.
        """
        place = place_of(self.experiment, part["layer"], part["source"], part["target"], part["bias"])
        if place is None:
            raise ParameterError("playground: the weight to change must be one of the network; got none such.")
        self.moment.state.theta[place] = part["value"]
        self.journal.write({"edit": dict(part)})
        self.last = None
        self.note(kept=True)

    def seek(self, position: int) -> None:
        """Go to a past moment: θ, the optimizer's memory and the settings are what they were.

        The view stays, and so does the epoch at which to stop: it is about what is to come.
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
        """Return a run that stands where this one stands, and shares nothing that changes."""
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
