"""A run in Python, without a page around it: what a notebook's playground keeps while the page trains elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from koubai.core.errors import ParameterError
from koubai.core.schema import Record
from koubai.play.replay import changed, place_of
from koubai.play.runs.data import Source, load
from koubai.play.runs.document import data_for, document
from koubai.play.runs.experiment import Experiment, ManualUpdate, Moment
from koubai.play.runs.journal import Edit, Entry, Journal
from koubai.play.settings import LIVE, VIEW, Settings

TablesById = Mapping[str, Path | Source]


@dataclass(slots=True)
class PlaygroundRun:
    """What is trained, its current state, and how it got there; ``last`` is the last update if made by hand.

    Examples
    --------
    >>> run = PlaygroundRun.of(Settings(), {})
    >>> run.train(20)
    >>> run.epoch
    20.0
    """

    experiment: Experiment
    moment: Moment
    journal: Journal
    last: ManualUpdate | None = None

    @classmethod
    def begin(cls, experiment: Experiment) -> "PlaygroundRun":
        """Return a run before its first update."""
        return cls(experiment, experiment.begin(), Journal(experiment.settings.as_json()))

    @classmethod
    def of(cls, settings: Settings, tables: TablesById) -> "PlaygroundRun":
        """Return a new run under these settings."""
        return cls.begin(Experiment.build(settings, load(settings, tables)))

    @classmethod
    def restored(
        cls, given: Mapping[str, object], tables: TablesById, known: Experiment | None = None
    ) -> "PlaygroundRun":
        """Return the run of a whole document, as the page sends it; ``known`` may have its rows already."""
        found = document(given, tables, known)
        journal = Journal(Settings().changed(given.get("began")).as_json())
        entries = cast(Sequence[Entry], given.get("done") or ())
        for entry in entries:
            journal.write(entry)
        return cls(found.experiment, found.moment, journal, found.last)

    @property
    def settings(self) -> Settings:
        """The run's settings."""
        return self.experiment.settings

    @property
    def epoch(self) -> float:
        """Number of epochs done, including the fraction of the current one."""
        return self.moment.state.epoch + self.moment.cursor / max(1, self.experiment.train.n_rows)

    def whole(self) -> Record:
        """Return the run as a whole document, from which the page goes on."""
        state = self.moment.state
        return {
            "settings": self.settings.as_json(),
            "moment": {
                "theta": state.theta.tolist(),
                "slots": state.slots.ravel().tolist(),
                "step": state.step,
                "epoch": state.epoch,
                "cursor": self.moment.cursor,
                "mistakes": self.moment.mistakes,
                "allMistakes": self.moment.all_mistakes,
                "steps": self.moment.steps,
            },
            "began": self.journal.settings,
            "done": self.journal.entries(),
        }

    def train(self, epochs: int) -> None:
        """Train epochs; one in progress is finished first, and counts."""
        self.experiment.advance(self.moment, epochs)
        self.journal.write({"epochs": epochs})
        self.last = None

    def step(self, unit: str, count: int) -> None:
        """Make steps by hand."""
        for _ in range(count):
            self.last = self.experiment.step(self.moment, unit)
            self.journal.write({"step": unit, "count": 1})

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

    def changed(self, wanted: Settings, tables: TablesById) -> "PlaygroundRun":
        """Return this run under changed settings, or a new run if they require one."""
        names = self.settings.changes(wanted)
        if not names:
            return self
        if not names <= LIVE:
            return PlaygroundRun.begin(Experiment.build(wanted, data_for(wanted, tables, self.experiment)))
        told = {name: getattr(wanted, name) for name in names - VIEW}
        if told:
            self.experiment = changed(self.experiment, self.moment, told)
            self.journal.write({"settings": told})
            self.last = None
        self.experiment = replace(self.experiment, settings=wanted)
        return self

    @property
    def is_finite(self) -> bool:
        """Whether θ holds finite numbers only."""
        return bool(np.isfinite(self.moment.state.theta).all())
