"""Replaying the journal of a run, as a downloaded program does."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from koubai.play.runs.data import Source, load
from koubai.play.runs.experiment import Experiment, Moment
from koubai.play.runs.journal import Entry
from koubai.play.settings import Settings


def place_of(experiment: Experiment, layer: int, source: int, target: int, bias: bool) -> int | None:
    """Return the index of a weight or bias in θ, with layers from 1 and nodes from 0; None if there is none."""
    network = experiment.network
    if not 1 <= layer <= len(network.layers):
        return None
    address = network.layers[layer - 1].parameter(target + 1, 0 if bias else source + 1)
    return None if address is None else network.place(layer - 1, address)


def changed(experiment: Experiment, moment: Moment, part: Mapping[str, object]) -> Experiment:
    """Return the experiment under settings changed during a run; a new optimizer starts with a fresh state."""
    after = experiment.same_but(experiment.settings.changed(part))
    if after.plan.optimizer != experiment.plan.optimizer:
        moment.state.slots = after.plan.optimizer.init(moment.state.theta)
        moment.state.step = 0
    return after


def replay(
    settings: Mapping[str, object], done: Sequence[Entry], tables: Mapping[str, Path | Source]
) -> tuple[Experiment, Moment]:
    """Repeat what was done in a playground, and return the final state.

    Parameters
    ----------
    settings : mapping
        The initial settings.
    done : sequence of mappings
        What followed: ``{"epochs": n}``, ``{"step": unit, "count": n}``, ``{"edit": {…}}``, ``{"settings": {…}}``.
    tables : mapping
        The user's own tables by id.

    Examples
    --------
    >>> experiment, moment = replay({"hidden": [3]}, [{"epochs": 20}, {"step": "example"}], {})
    >>> moment.state.epoch, moment.cursor
    (20, 1)
    """
    began = Settings().changed(settings)
    experiment = Experiment.build(began, load(began, tables))
    moment = experiment.begin()
    for entry in done:
        if "epochs" in entry:
            experiment.advance(moment, entry["epochs"])
        elif "step" in entry:
            for _ in range(entry.get("count", 1)):
                experiment.step(moment, entry["step"])
        elif "edit" in entry:
            edit = entry["edit"]
            place = place_of(experiment, edit["layer"], edit["source"], edit["target"], edit["bias"])
            if place is not None:
                moment.state.theta[place] = edit["value"]
        else:
            experiment = changed(experiment, moment, entry["settings"])
    return experiment, moment
