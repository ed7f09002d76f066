"""The actions in a playground, in order: enough to replay them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from koubai.play.messages import Message


class Edit(TypedDict):
    """A weight or bias set by hand; its layer from 1, nodes from 0."""

    layer: int
    source: int
    target: int
    bias: bool
    value: float


class Entry(TypedDict, total=False):
    """One action: epochs, steps of a unit and their number, an edit, or changed settings."""

    epochs: int
    step: str
    count: int
    edit: Edit
    settings: Mapping[str, object]


MOST = 20_000
"""Maximum number of entries; an uninterrupted stretch of training counts as one."""


@dataclass(frozen=True, slots=True)
class Link:
    """An entry, its predecessor, and the number of entries. Links are immutable, so a past position is just a link."""

    entry: Entry
    before: "Link | None"
    length: int


@dataclass(slots=True)
class Journal:
    """The settings at the beginning, and what followed up to ``last``; see `koubai.play.replay.replay`.

    Examples
    --------
    >>> journal = Journal({})
    >>> journal.write({"epochs": 3})
    >>> here = journal.last
    >>> journal.write({"epochs": 4})
    >>> journal.entries()
    [{'epochs': 7}]
    >>> journal.last = here
    >>> journal.entries()
    [{'epochs': 3}]
    """

    settings: Message
    last: Link | None = None

    @property
    def is_full(self) -> bool:
        """Whether more was done than the journal holds."""
        return self.last is not None and self.last.length > MOST

    def write(self, entry: Entry) -> None:
        """Append an action or merge it into the last entry; once full, nothing more is recorded."""
        last = self.last
        grown = None if last is None else _grown(last.entry, entry)
        if last is not None and grown is not None:
            self.last = Link(grown, last.before, last.length)
        elif not self.is_full:
            self.last = Link(entry, last, 1 if last is None else last.length + 1)

    def entries(self) -> list[Entry]:
        """Return the actions in order."""
        found, link = [], self.last
        while link is not None:
            found.append(link.entry)
            link = link.before
        return found[::-1]


def _grown(last: Entry, entry: Entry) -> Entry | None:
    """Return one entry equivalent to both, or None."""
    if "epochs" in last and "epochs" in entry:
        return {"epochs": last["epochs"] + entry["epochs"]}
    if "step" in last and last["step"] == entry.get("step"):
        return {"step": last["step"], "count": last["count"] + entry["count"]}
    if "edit" in last and "edit" in entry and _place(last) == _place(entry):
        return entry
    if "settings" in last and "settings" in entry:
        both = {**last["settings"], **entry["settings"]}
        return None if "optimizer" in both else {"settings": both}  # changing the optimizer and back resets its state
    return None


def _place(entry: Entry) -> tuple[int, int, int, bool]:
    edit = entry["edit"]
    return edit["layer"], edit["source"], edit["target"], edit["bias"]
