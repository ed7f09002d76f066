"""What kind of thing an argument of a public function is: anything else gets one sentence, before it is used."""

import inspect
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from numbers import Real
from typing import ParamSpec, TypeGuard, TypeVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.checks import is_whole
from koubai.core.errors import DataError, ParameterTypeError, ShapeError, on_one_line

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing: what to call it, which values are one, and what to do where a function has no default."""

    words: str
    accepts: Callable[[object], bool]
    remedy: str


def _is_real(value: object) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        float(value)
    except OverflowError:  # an integer beyond the largest float
        return False
    return True


def _is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    return value.ndim > 0 if isinstance(value, np.ndarray) else isinstance(value, Sequence) and not _is_text(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str | bytes)


def _is_interval(value: object) -> bool:
    if not _is_sequence(value) or len(value) != 2:
        return False
    ends = [end for end in value if _is_real(end)]
    return len(ends) == 2 and -np.inf < ends[0] < ends[1] < np.inf


WHOLE = Kind("an integer", is_whole, "Try 1.")
SEED = Kind("an integer >= 0", lambda value: is_whole(value) and value >= 0, "Try 0.")
REAL = Kind("a number", _is_real, "Try 0.1.")
TEXT = Kind("a text", lambda value: isinstance(value, str), "Put it between quotation marks.")
FLAG = Kind("True or False", lambda value: isinstance(value, bool | np.bool_), "Try False.")
SEQUENCE = Kind("a sequence", _is_sequence, "Put it into a list.")
NAMES = Kind(
    "a sequence of texts",
    lambda value: _is_sequence(value) and all(isinstance(item, str) for item in value),
    "Try ('x', 'y').",
)
COLLECTION = Kind(
    "a list",
    lambda value: (
        isinstance(value, Collection)
        and not isinstance(value, bytes)
        and not (isinstance(value, np.ndarray) and value.ndim == 0)
        and all(isinstance(item, Hashable) for item in value)
    ),
    "Put it into a list.",
)
WINDOW = Kind(
    "a pair (lowest, highest) of finite numbers for each variable",
    lambda value: _is_sequence(value) and len(value) > 0 and all(map(_is_interval, value)),
    "Try ((-5, 5), (-5, 5)).",
)


def of_class(kind: type, remedy: str) -> Kind:
    """Return the kind of the objects of a class."""
    return Kind(f"of class {kind.__name__}", lambda value: isinstance(value, kind), remedy)


def or_none(kind: Kind) -> Kind:
    """Return a kind that an argument may be, or None."""
    return replace(kind, words=f"{kind.words} or None", accepts=lambda value: value is None or kind.accepts(value))


def sequence_of(kind: Kind) -> Kind:
    """Return the kind of a sequence of such things."""
    return Kind(
        f"a sequence, each {kind.words}",
        lambda value: _is_sequence(value) and all(map(kind.accepts, value)),
        "Put it into a list.",
    )


def shown(value: object) -> str:
    """Return a value as one short line, for a sentence."""
    if is_whole(value) and abs(int(value)) > 10**40:
        return "an integer of more than 40 digits"
    plain = value is None or isinstance(value, str | bytes | Real)
    return on_one_line(repr(value) if plain else type(value).__name__, 60)


def check_kind(who: str, parameter: str, value: object, kind: Kind, default: object = None) -> None:
    """Raise ParameterTypeError if an argument is not of its kind; the default, if any, is proposed."""
    if not kind.accepts(value):
        remedy = kind.remedy if default is None or default is inspect.Parameter.empty else f"Try {default!r}."
        required = f"be {kind.words}"
        raise ParameterTypeError(who=who, parameter=parameter, required=required, got=shown(value), remedy=remedy)


def takes(who: str, **kinds: Kind) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let a function check what kind of thing its arguments are, before anything else.

    Parameters
    ----------
    who : str
        What its messages begin with.
    **kinds : Kind
        The kinds, by the parameters' names. What they stand for is left to the function: whether a number is in range.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        signature = inspect.signature(function)

        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> T:
            for name, value in signature.bind(*args, **kwargs).arguments.items():
                if name in kinds:
                    check_kind(who, name, value, kinds[name], signature.parameters[name].default)
            return function(*args, **kwargs)

        return checked

    return decorate


def floats(who: str, parameter: str, given: object, *, keep_float32: bool = False) -> Array:
    """Return an argument as an array of float64, or of float32 where it is one and that is kept.

    Raises
    ------
    DataError
        If something in it is no number.
    """
    try:
        array = np.asarray(given)
        if array.dtype.kind in "cmM":
            raise TypeError("no real numbers")
        kept = (np.float32, np.float64) if keep_float32 else (np.float64,)
        return array if array.dtype in kept else array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(
            who=who,
            parameter=parameter,
            required="contain only numbers",
            got=f"a {type(given).__name__} with other values in it",
            remedy="Encode text as numbers first.",
        ) from error


def refuse_times(who: str, parameter: str, given: object) -> None:
    """Raise DataError for dates and durations, which NumPy would make numbers of whatever unit they are kept in.

    Seconds in one array and nanoseconds in the next would be different numbers for the same time, and a missing time a
    number as any other.
    """
    held = getattr(given, "dtypes", getattr(given, "dtype", None))  # of a frame, one for each column
    types = list(held) if isinstance(held, Iterable) else [held]
    if isinstance(given, list | tuple) and len(given):
        first = given[0][0] if isinstance(given[0], list | tuple) and given[0] else given[0]
        types = [getattr(first, "dtype", None)]
    for found in types:
        temporal = getattr(found, "is_temporal", None)  # polars'
        if temporal() if temporal is not None else getattr(found, "kind", "") in ("m", "M"):
            raise DataError(
                who=who,
                parameter=parameter,
                required="contain only numbers",
                got=f"{found}",
                remedy="Make dates and durations numbers first, such as days since a date.",
            )


def targets_of(who: str, y: object) -> Array:
    """Return targets as an array, whatever is in them.

    Raises
    ------
    ShapeError
        If their rows are of different lengths.
    """
    try:
        return np.asarray(y)
    except ValueError as error:
        raise ShapeError(
            who=who,
            parameter="y",
            required="have one value, or one row of equally many, for each row of X",
            got="rows of different lengths",
            remedy="Pass y as it was given to fit.",
        ) from error
