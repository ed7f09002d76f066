"""The state of a run as the page sends it, and the same as an experiment and its moment in Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from koubai.core.errors import ParameterError
from koubai.engines.protocol import State
from koubai.play.checks import Count, Many, Number
from koubai.play.runs.data import Data, Source, load
from koubai.play.runs.experiment import Experiment, ManualUpdate, Moment
from koubai.play.settings import OF_DATA, Settings

MOST_STEPS = 2**53
REAL = Number(-1e300, 1e300)


@dataclass(frozen=True, slots=True)
class Document:
    """A run at one moment, and its last update made by hand, if that was the last that happened."""

    experiment: Experiment
    moment: Moment
    last: ManualUpdate | None = None

    @property
    def settings(self) -> Settings:
        """The run's settings."""
        return self.experiment.settings


def data_for(settings: Settings, tables: Mapping[str, Path | Source], known: Experiment | None) -> Data:
    """Return the rows that settings ask for: those of a known experiment if it has them, else loaded."""
    if known is not None and not known.settings.changes(settings) & OF_DATA:
        return known.data
    return load(settings, tables)


def document(
    given: Mapping[str, object], tables: Mapping[str, Path | Source], known: Experiment | None = None
) -> Document:
    """Return a run from its plain data: ``settings``, ``moment`` and ``last``, as ``branch.js`` writes them.

    Parameters
    ----------
    given : mapping
        The plain data.
    tables : mapping
        The user's own tables by id.
    known : Experiment, optional
        One that may have the rows already.

    Raises
    ------
    ParameterError
        If a part is missing or is not what it should be.

    Examples
    --------
    >>> moment = {"theta": [0.0] * 9, "slots": [], "step": 0, "epoch": 3, "cursor": 0, "steps": 39}
    >>> document({"settings": {"hidden": [2]}, "moment": moment}, {}).moment.state.epoch
    3
    """
    settings = Settings().changed(given.get("settings"))
    experiment = Experiment.build(settings, data_for(settings, tables, known))
    moment = _moment(experiment, given.get("moment"))
    told = given.get("last")
    if not isinstance(told, Mapping):
        return Document(experiment, moment)
    chosen = Many(Count(0, max(0, experiment.train.n_rows - 1)), experiment.train.n_rows, 1)(
        told.get("chosen"), "chosen"
    )
    before = _moment(experiment, told.get("before"))
    last = ManualUpdate(before.state, np.array(chosen), REAL(told.get("rate"), "rate"))
    return Document(experiment, moment, last)


def _moment(experiment: Experiment, given: object) -> Moment:
    if not isinstance(given, Mapping):
        raise ParameterError("playground: moment must be an object of numbers; got something else. Reload the page.")
    size, slots = (
        experiment.network.n_parameters,
        experiment.plan.optimizer.init(np.zeros(experiment.network.n_parameters)),
    )
    theta = np.array(Many(REAL, size, size)(given.get("theta"), "theta"))
    kept = np.array(Many(REAL, slots.size, slots.size)(given.get("slots"), "slots")).reshape(slots.shape)
    counts = {
        name: Count(0, MOST_STEPS)(given.get(name, 0), name)
        for name in ("step", "epoch", "cursor", "mistakes", "allMistakes", "steps")
    }
    state = State(theta, kept, step=counts["step"], epoch=counts["epoch"])
    return Moment(
        state,
        min(counts["cursor"], max(0, experiment.train.n_rows - 1)),
        counts["mistakes"],
        counts["allMistakes"],
        counts["steps"],
    )
