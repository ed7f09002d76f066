"""Checks of numbers: what counts as one, and those that records hold (activations, optimizers, schedules, layers)."""

from dataclasses import fields
from functools import reduce
from math import inf
from numbers import Integral, Real
from typing import TYPE_CHECKING, TypeGuard

from koubai.core.errors import KoubaiError, ParameterError, ParameterTypeError
from koubai.core.language import Worded, worded

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def is_whole(value: object) -> TypeGuard[int]:
    """Return whether a value is an integer, of Python or NumPy; True and False do not count."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def check_real(
    record: "DataclassInstance",
    *parameters: str,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
) -> None:
    """Check that fields of a frozen record are finite numbers in an interval, and make them Python floats.

    Python floats keep float32 arrays float32 and can be stored as JSON; a NumPy float64 does neither.

    Parameters
    ----------
    record : dataclass instance
        The record; its class name and defaults are used in the message.
    *parameters : str
        Names of the fields.
    at_least, above : float, optional
        Lower bound, inclusive or exclusive.
    at_most, below : float, optional
        Upper bound, inclusive or exclusive.

    Raises
    ------
    ParameterTypeError
        If a field is not a number.
    ParameterError
        If a field lies outside the interval, or is infinite or NaN.
    """
    for parameter in parameters:
        value = getattr(record, parameter)
        if isinstance(value, bool) or not isinstance(value, Real):
            raise _complaint(ParameterTypeError, record, parameter, worded("core.must.number"), type(value).__name__)
        try:
            value = float(value)
        except OverflowError:  # an integer beyond the range of float
            value = float("inf") if value > 0 else float("-inf")
        inside = (
            (at_least is None or value >= at_least)
            and (above is None or value > above)
            and (at_most is None or value <= at_most)
            and (below is None or value < below)
        )
        if not inside or value in (float("inf"), float("-inf")) or value != value:
            raise _complaint(ParameterError, record, parameter, within(at_least, above, at_most, below), repr(value))
        object.__setattr__(record, parameter, value)


def check_count(record: "DataclassInstance", parameter: str, at_least: int) -> None:
    """Check that a field of a frozen record is an integer >= ``at_least``, and make it a Python int.

    Raises
    ------
    ParameterTypeError
        If the field is not an integer.
    ParameterError
        If it is too small.
    """
    value = getattr(record, parameter)
    if not is_whole(value):
        raise _complaint(ParameterTypeError, record, parameter, worded("core.must.whole_number"), repr(value))
    if value < at_least:
        raise _complaint(ParameterError, record, parameter, within(at_least, at_most=inf), str(value))
    object.__setattr__(record, parameter, int(value))


def within(
    at_least: float | None = None, above: float | None = None, at_most: float | None = None, below: float | None = None
) -> Worded:
    """Return what a number must do to lie in an interval; one that is not bounded above must be finite.

    Examples
    --------
    >>> within(at_least=0, below=1)
    'be >= 0 and < 1'
    """
    signs = (("at_least", at_least), ("above", above), ("at_most", at_most), ("below", below))
    bounds = [worded(f"core.bound.{sign}", bound=f"{bound:g}") for sign, bound in signs if bound not in (None, inf)]
    if at_most is None and below is None:
        bounds.append(worded("core.bound.finite"))
    said = reduce(lambda first, other: worded("core.bound.and", first=first, other=other), bounds)
    return worded("core.must.within", bounds=said)


def _complaint(
    kind: type[KoubaiError], record: "DataclassInstance", parameter: str, required: str, got: str
) -> KoubaiError:
    default = next(field.default for field in fields(record) if field.name == parameter)
    who = type(record).__name__
    return kind(
        who=who, parameter=parameter, required=required, got=got, remedy=worded("core.remedy.try", value=default)
    )
