"""The losses of a run over its epochs, thinned evenly so that an hour takes no more memory than a minute."""

from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from koubai.play.frames import Message

MOST = 3000
MOST_TOLD = 2 * MOST
"""Number of points after which a client is sent the whole curve again."""


@dataclass(frozen=True, slots=True)
class Place:
    """A recorded point of a run: its serial number, epoch, both mean losses, and whether to keep it."""

    serial: int
    epoch: float
    train: float
    test: float
    kept: bool = False


@dataclass(slots=True)
class Curve:
    """Losses in the order recorded; ``shown`` is the serial number up to which the curve is shown."""

    places: list[Place] = field(default_factory=list)
    stride: int = 1
    shown: int = -1
    told: int | None = None
    n_told: int = 0

    def note(self, place: Place) -> None:
        """Append a place; any places after the shown ones are discarded."""
        if self.places and self.places[-1].serial > self.shown:
            self.places = [kept for kept in self.places if kept.serial <= self.shown]
        thin_append(self.places, place, self.stride)
        if len(self.places) > MOST:
            self.places, self.stride = [*self.places[:-1:2], self.places[-1]], 2 * self.stride
            self.told = None
        self.shown = place.serial

    @property
    def newest(self) -> Place:
        """The last place shown."""
        return next(place for place in reversed(self.places) if place.serial <= self.shown)

    def show_until(self, serial: int) -> None:
        """Show the curve as it was at a place; nothing is discarded until the next one is recorded."""
        self.shown, self.told = serial, None

    def news(self) -> Message:
        """Return the parts of a message with what the client does not know yet."""
        whole = self.told is None or self.n_told > MOST_TOLD
        first = -1 if whole or self.told is None else self.told
        found = [place for place in reversed_until(self.places, first) if place.serial <= self.shown]
        self.told, self.n_told = self.shown, len(found) + (0 if whole else self.n_told)
        return {
            "whole": whole,
            "epochs": [place.epoch for place in found],
            "train": [place.train for place in found],
            "test": [place.test for place in found],
        }

    def copy(self) -> "Curve":
        """Return an independent copy, none of which has been sent."""
        return Curve(list(self.places), self.stride, self.shown)


def reversed_until(places: list[Place], serial: int) -> list[Place]:
    """Return the places after a serial number, in order, without scanning those before it."""
    at = len(places)
    while at and places[at - 1].serial > serial:
        at -= 1
    return places[at:]


class Numbered(Protocol):
    """A place in a row of places: its serial number, and whether to keep it."""

    @property
    def serial(self) -> int:
        """Its serial number."""
        ...

    @property
    def kept(self) -> bool:
        """Whether thinning leaves it."""
        ...


Thinned = TypeVar("Thinned", bound=Numbered)


def thin_append(found: list[Thinned], newest: Thinned, stride: int) -> None:
    """Append the newest place.

    It replaces the last one unless that is kept or lies a stride after its predecessor.

    Examples
    --------
    >>> places = []
    >>> for serial in range(8):
    ...     thin_append(places, Place(serial, serial, 0.0, 0.0), stride=3)
    >>> [place.serial for place in places]
    [0, 3, 6, 7]
    """
    if len(found) > 1 and not found[-1].kept and found[-1].serial - found[-2].serial < stride:
        found.pop()
    found.append(newest)
