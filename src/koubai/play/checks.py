"""What may be set: checks of plain values, each of which also describes itself as plain data for the page.

The page (``static/session/checks.js``) reads these descriptions and refuses the same values.
"""

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, Protocol, TypeVar

from koubai.core.errors import ParameterError

Checked = TypeVar("Checked", covariant=True)


class Check(Protocol[Checked]):
    """Returns a value that is as it should be; raises ParameterError, with the name given, for any other."""

    def __call__(self, value: object, name: str, /) -> Checked:
        """Check one value."""
        ...


def problem(name: str, wanted: str, value: object) -> ParameterError:
    """Return the error for a value that is not what is wanted."""
    return ParameterError(f"playground: {name} must be {wanted}; got {shown(value)}.")


def shown(value: object) -> str:
    """Return a short representation of any value, however long or deep.

    Examples
    --------
    >>> len(shown(["long" * 1000] * 1000)) < 70
    True
    """
    words = reprlib.repr(value)
    return words[:60] + ("…" if len(words) > 60 else "")


def described(check: Any) -> dict[str, object]:
    """Return a check as plain data.

    Examples
    --------
    >>> described(Many(Number(0, 1), most=8))
    {'check': 'many', 'each': {'check': 'number', 'low': 0, 'high': 1}, 'most': 8, 'least': 0}
    """
    parts = {field.name: getattr(check, field.name) for field in fields(check)}
    plain = {
        name: described(part) if callable(part) else list(part) if isinstance(part, tuple) else part
        for name, part in parts.items()
    }
    return {"check": type(check).__name__.lower(), **plain}


@dataclass(frozen=True, slots=True)
class Anything:
    """Any value: it is checked elsewhere."""

    def __call__(self, value: object, name: str) -> object:
        """Return the value."""
        return value


@dataclass(frozen=True, slots=True)
class Number:
    """Real numbers in [low, high]."""

    low: float
    high: float

    def __call__(self, value: object, name: str) -> float:
        """Return the number."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            raise problem(name, f"a number from {self.low:g} to {self.high:g}", value)
        return float(value)


@dataclass(frozen=True, slots=True)
class Count:
    """Whole numbers in [low, high]."""

    low: int
    high: int

    def __call__(self, value: object, name: str) -> int:
        """Return the number."""
        return self.read(value, name, "")

    def read(self, value: object, name: str, more: str) -> int:
        """Return the number; ``more`` is what else would be taken."""
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
        if number is None or not self.low <= number <= self.high or number != int(number):
            raise problem(name, f"a whole number from {self.low} to {self.high}{more}", value)
        return int(number)


@dataclass(frozen=True, slots=True)
class Maybe:
    """Nothing, or what another check takes."""

    inner: Check[object]

    def __call__(self, value: object, name: str) -> object:
        """Return the value."""
        if value is None:
            return None
        return self.inner.read(value, name, " or nothing") if isinstance(self.inner, Count) else self.inner(value, name)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    allowed: tuple[str, ...]

    def __call__(self, value: object, name: str) -> str:
        """Return the word."""
        if not isinstance(value, str) or value not in self.allowed:
            raise problem(name, f"one of {', '.join(self.allowed)}", value)
        return value


@dataclass(frozen=True, slots=True)
class Text:
    """A short text or None; a lone surrogate is rejected, as it could not be sent back."""

    longest: int

    def __call__(self, value: object, name: str) -> str | None:
        """Return the text."""
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > self.longest or any("\ud800" <= c <= "\udfff" for c in value):
            raise problem(name, f"a text of at most {self.longest} characters", value)
        return value


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def __call__(self, value: object, name: str) -> bool:
        """Return the value."""
        if not isinstance(value, bool):
            raise problem(name, "true or false", value)
        return value


@dataclass(frozen=True, slots=True)
class Many(Generic[Checked]):
    """A list of ``least`` to ``most`` values."""

    each: Check[Checked]
    most: int
    least: int = 0

    def __call__(self, value: object, name: str) -> tuple[Checked, ...]:
        """Return the values."""
        if not isinstance(value, list | tuple) or not self.least <= len(value) <= self.most:
            raise problem(name, f"a list of {self.least} to {self.most} values", value)
        return tuple(self.each(one, f"{name}[{index}]") for index, one in enumerate(value))


@dataclass(frozen=True, slots=True)
class Point:
    """A drawn point: two coordinates within the square, and a class."""

    def __call__(self, value: object, name: str) -> tuple[float, float, int]:
        """Return the point."""
        if not isinstance(value, list | tuple) or len(value) != 3:
            raise problem(name, "[x1, x2, class]", value)
        coordinate = Number(-6, 6)
        return coordinate(value[0], name), coordinate(value[1], name), Count(0, 9)(value[2], name)


@dataclass(frozen=True, slots=True)
class Pair:
    """The numbers of two features, or "pca"."""

    def __call__(self, value: object, name: str) -> tuple[object, ...] | str:
        """Return the axes."""
        return "pca" if value == "pca" else Many(Count(0, 9999), 2, 2)(value, name)


def read_parts(given: Mapping[str, object], allowed: Mapping[str, tuple[Check[object], object]]) -> dict[str, Any]:
    """Return the parts of a message, checked, with the defaults of those that are missing."""
    return {name: check(given[name], name) if name in given else default for name, (check, default) in allowed.items()}
