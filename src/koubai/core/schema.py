"""Descriptions of stored records, field by field, checked in one place before anything uses the values.

A digest detects damage but does not prove origin, and compiled code trusts the sizes it is given. So each kind of
record has a `Description`: a kind for every field of its plain data (type and range), and for every array its dtype and
its shape, in terms of sizes in the record itself. Anything not described is passed on unchanged.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import KoubaiError, ModelFileError
from koubai.core.printing import printable

Result = TypeVar("Result")
Record: TypeAlias = dict[str, Any]
"""A record's plain data: what each field holds is said by its `Description`, which a type cannot say."""
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""What JSON can hold."""
Tensors: TypeAlias = Mapping[str, Array]
"""A record's arrays by name."""

MOST = 2**53
"""Upper limit of counts: beyond it, double precision cannot distinguish them."""

REMEDY = "The file is damaged."


class Kind(Protocol):
    """The required kind of a value in a record."""

    def read(self, value: object, where: str) -> object:
        """Return the value, or raise ModelFileError naming its position ``where``."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A text, one of ``choices`` if there are any."""

    choices: tuple[str, ...] = ()
    longest: int = 2**24

    def read(self, value: object, where: str) -> str:
        """Return the text."""
        if self.choices and (not isinstance(value, str) or value not in self.choices):
            raise fault(where, f"one of {', '.join(self.choices)}", value)
        if not isinstance(value, str) or len(value) > self.longest:
            raise fault(where, "a text", value)
        return value


@dataclass(frozen=True, slots=True)
class Truth:
    """True or False."""

    def read(self, value: object, where: str) -> bool:
        """Return the value."""
        if not isinstance(value, bool):
            raise fault(where, "true or false", value)
        return value


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number in [least, most]."""

    least: int = 0
    most: int = MOST

    def read(self, value: object, where: str) -> int:
        """Return the value."""
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise fault(where, f"a whole number from {self.least} to {self.most}", value)
        return value


@dataclass(frozen=True, slots=True)
class Real:
    """A number in [least, most] or, with ``above``, greater than that; infinity and NaN only if allowed."""

    least: float = -math.inf
    most: float = math.inf
    above: float = -math.inf
    finite: bool = True

    def read(self, value: object, where: str) -> int | float:
        """Return the value unchanged: an integer stays one."""
        number = math.nan
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and (not abs(value) > _LARGEST or (isinstance(value, float) and not self.finite))
        ):
            number = float(value)
            inside = self.least <= number <= self.most and (number > self.above or self.above == -math.inf)
            if (math.isfinite(number) and inside) or (not math.isfinite(number) and not self.finite):
                return value
        bounds = [f"above {self.above:g}"] if self.above > -math.inf else []
        bounds += [f">= {self.least:g}"] if self.least > -math.inf else []
        bounds += [f"<= {self.most:g}"] if self.most < math.inf else []
        raise fault(where, " and ".join(["a finite number" if self.finite else "a number", *bounds]), value)


_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True)
class Maybe:
    """None, or a value of another kind."""

    kind: Kind

    def read(self, value: object, where: str) -> object:
        """Return the value."""
        return None if value is None else self.kind.read(value, where)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of ``least`` to ``most`` values of one kind; with ``different``, without repeats."""

    kind: Kind
    least: int = 0
    most: int = MOST
    different: bool = False

    def read(self, value: object, where: str) -> list[object]:
        """Return the list."""
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            required = "a list" if not self.least else f"a list of {self.least} or more"
            raise fault(where, required, value)
        found = [self.kind.read(item, f"{where}[{index}]") for index, item in enumerate(value)]
        if self.different and len(set(found)) < len(found):
            raise fault(where, "a list of distinct values", value)
        return found


@dataclass(frozen=True, slots=True)
class Named:
    """A mapping from texts to values of one kind."""

    kind: Kind

    def read(self, value: object, where: str) -> dict[str, object]:
        """Return the mapping."""
        return {name: self.kind.read(item, _below(where, name)) for name, item in _mapping(value, where).items()}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, a number within 64 bits, true, false or None."""

    def read(self, value: object, where: str) -> object:
        """Return the value."""
        if isinstance(value, int) and not -(2**63) <= value < 2**64:
            raise fault(where, "a number within 64 bits", value)
        if value is not None and not isinstance(value, bool | int | float | str):
            raise fault(where, "a text or a number", value)
        return value


@dataclass(frozen=True, slots=True)
class Later:
    """A field that a file, such as an older one, may lack: it then has a default, or is omitted."""

    kind: Kind
    default: object = ...

    def read(self, value: object, where: str) -> object:
        """Return the value."""
        return self.kind.read(value, where)


@dataclass(frozen=True, slots=True)
class Rule:
    """A relation between fields: unless ``holds`` is true of the record, ``must`` is reported."""

    must: str
    holds: Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping with these fields, subject to these rules; other fields are passed on unchanged."""

    kinds: Mapping[str, Kind]
    rules: tuple[Rule, ...] = ()

    def read(self, value: object, where: str) -> Record:
        """Return the mapping, with defaults for missing fields."""
        given = _mapping(value, where)
        found = dict(given)
        for name, kind in self.kinds.items():
            if name in given:
                found[name] = kind.read(given[name], _below(where, name))
            elif not isinstance(kind, Later):
                raise ModelFileError(f"{_below(where, name)} must be present; it is missing. {REMEDY}")
            elif kind.default is not ...:
                found[name] = kind.default
        for rule in self.rules:
            if not rule.holds(found):
                raise ModelFileError(f"{where or 'the record'} must be consistent: {rule.must}. {REMEDY}")
        return found


@dataclass(frozen=True, slots=True)
class By:
    """A mapping whose field ``name`` selects one of several kinds."""

    name: str
    kinds: Mapping[str, Fields]

    def read(self, value: object, where: str) -> Record:
        """Return the mapping."""
        given = _mapping(value, where)
        kind = Text(tuple(self.kinds)).read(given.get(self.name), _below(where, self.name))
        return self.kinds[kind].read(given, where)


FLOATS = ("float64", "float32")
F64 = ("float64",)


@dataclass(frozen=True, slots=True)
class Tensor:
    """An array.

    Parameters
    ----------
    dtypes : tuple of str
        The dtypes allowed.
    shape : tuple of str or int
        Its sizes: numbers, or names of sizes. A name not given by the record takes its size from the first array that
        uses it.
    finite : bool
        Whether infinity and NaN are excluded.
    least : float
        The smallest number allowed.
    like : str
        Another array whose dtype it must share.
    optional : bool
        Whether it may be absent.
    """

    dtypes: tuple[str, ...]
    shape: tuple[str | int, ...]
    finite: bool = True
    least: float = -math.inf
    like: str = ""
    optional: bool = False

    def check(self, name: str, array: Array, sizes: dict[str, int], tensors: Tensors) -> None:
        """Raise ModelFileError if an array is not as described; unknown sizes are taken from it."""
        required = (str(tensors[self.like].dtype),) if self.like and self.like in tensors else self.dtypes
        if str(array.dtype) not in required:
            raise fault(name, f"of dtype {' or '.join(required)}", str(array.dtype))
        if array.ndim == len(self.shape):
            sizes |= {
                size: n
                for size, n in zip(self.shape, array.shape, strict=True)
                if size not in sizes and isinstance(size, str)
            }
        wanted = tuple(size if isinstance(size, int) else sizes.get(size, 0) for size in self.shape)
        if array.ndim != len(self.shape) or array.shape != wanted:
            raise fault(name, f"of shape ({', '.join(map(str, self.shape))}) = {wanted}", array.shape)
        if self.finite and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise fault(name, "finite", "infinity or NaN")
        if array.size and self.least > -math.inf and not bool((array >= self.least).all()):
            raise fault(name, f">= {self.least:g}", float(array.min()))


@dataclass(frozen=True, slots=True)
class Description:
    """The required contents of a kind of record.

    Parameters
    ----------
    record : Fields
        Its plain data.
    tensors : mapping of str to Tensor
        Its arrays.
    sizes : callable
        Returns the array sizes, by name, given by a checked record.
    together : tuple of tuples of str
        Arrays that must occur together or not at all.
    """

    record: Fields
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    sizes: Callable[[Record], Mapping[str, int]] = lambda record: {}
    together: tuple[tuple[str, ...], ...] = ()

    def check(self, who: str, record: object, tensors: Tensors) -> Record:
        """Return the record with defaults filled in, after checking it and its arrays against the description.

        Raises
        ------
        ModelFileError
            For the first violation.
        """

        def checked() -> Record:
            found = self.record.read(record, "")
            sizes = dict(self.sizes(found))
            for name, tensor in self.tensors.items():
                if name in tensors:
                    tensor.check(name, tensors[name], sizes, tensors)
                elif not tensor.optional:
                    raise ModelFileError(f"the array {name} must be present; it is missing. {REMEDY}")
            for names in self.together:
                if 0 < sum(name in tensors for name in names) < len(names):
                    raise ModelFileError(
                        f"the arrays {', '.join(names)} must occur together; some are missing. {REMEDY}"
                    )
            return found

        return consistent(who, checked)


def consistent(who: str, make: Callable[[], Result]) -> Result:
    """Return a function's result; convert its exceptions to a one-sentence ModelFileError.

    For conditions a description cannot express, such as the parameters of an optimizer, which check themselves.
    """
    try:
        return make()
    except ModelFileError as error:
        told = printable(str(error))
        raise ModelFileError(told if told.startswith(f"{who}: ") else f"{who}: {told}") from error
    except (KoubaiError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        told = printable(" ".join(str(error).split()))
        raise ModelFileError(
            f"{who}: the record must be complete and consistent; got {type(error).__name__}: {told[:200]}. {REMEDY}"
        ) from error


def fault(where: str, required: str, got: object) -> ModelFileError:
    """Return the error for a wrong value at a position of a record."""
    shown = (
        type(got).__name__ if isinstance(got, list | dict) else repr(got) if not isinstance(got, int) else _digits(got)
    )
    return ModelFileError(f"{where or 'the record'} must be {required}; got {shown[:60]}. {REMEDY}")


def _digits(number: int) -> str:
    return str(number) if abs(number) < 10**30 else f"a number of {number.bit_length()} bits"


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise fault(where, "a mapping", value)
    return value


def _below(where: str, name: str) -> str:
    shown = name[:60] if name.isprintable() else ascii(name[:60])
    return f"{where}.{shown}" if where else shown
