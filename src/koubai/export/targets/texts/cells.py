"""How a cell of texts is read when a table is, as patterns: blanks at its ends, numbers that mark missing ones."""

import math
import re
from collections.abc import Iterable
from decimal import Decimal

from koubai.export.steps import Input
from koubai.export.words import BLANKS

BLANK = f"[{BLANKS}]"
"""What is stripped off the ends of a cell."""
WHOLE = r"[+-]?(?:0|[1-9][0-9]*)"
"""A whole number, which may be written with a decimal point and zeros behind it."""
ZEROS = r"\.0*"
NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
"""A number as a text."""


def stripped_match(texts: Iterable[str]) -> str:
    """Return the pattern of cells that are one of some patterns without blanks at its ends."""
    return f"{BLANK}*(?:{'|'.join(texts)}){BLANK}*"


def odd(inputs: Iterable[Input]) -> str:
    """Return the pattern of all cells that may stand for another text: with blanks at an end, or that are numbers."""
    marks = sorted({pattern for given in inputs for pattern in spellings(given.numbers)})
    return f"(?s)(?:{'|'.join([f'{BLANK}.*', f'.*{BLANK}', WHOLE + ZEROS, *marks])})"


def patterns(given: Input) -> dict[int, list[str]]:
    """Return, for each number that an input's texts become but that of all others, the patterns of its texts."""
    found: dict[int, list[str]] = {}
    for text, code in given.known.items():
        may_be_longer = not given.as_written and re.fullmatch(WHOLE, text)
        found.setdefault(code, []).append(re.escape(text) + (f"(?:{ZEROS})?" if may_be_longer else ""))
    if given.missing != given.other:
        found.setdefault(given.missing, []).extend(spellings(given.numbers))
    return {code: texts for code, texts in found.items() if texts}


def spellings(numbers: Iterable[float]) -> list[str]:
    """Return the patterns of numbers: in full, and with one digit before the point and an exponent.

    Examples
    --------
    >>> pattern = spellings([-999.0])[0]
    >>> [bool(re.fullmatch(pattern, text)) for text in ("-999", "-0999.00", "-9.99e2", "999", "-99")]
    [True, True, True, False, False]
    """
    return [_spelled(number) for number in numbers if math.isfinite(number)]


def _spelled(number: float) -> str:
    if number == 0:
        return r"[+-]?(?:0+(?:\.0*)?|\.0+)(?:[eE][+-]?[0-9]+)?"
    sign = "-" if number < 0 else r"\+?"
    whole, _, part = format(abs(Decimal(repr(number))), "f").partition(".")
    whole, part = whole.lstrip("0"), part.rstrip("0")
    full = f"0*{whole}" + (rf"\.{part}0*" if part else rf"(?:{ZEROS})?")
    digits, exponent = (whole + part).lstrip("0").rstrip("0"), _exponent(whole, part)
    first = digits[0] + (rf"\.{digits[1:]}0*" if digits[1:] else rf"(?:{ZEROS})?")
    raised = rf"[eE]{'-' if exponent < 0 else '[+-]?' if exponent == 0 else '[+]?'}0*{abs(exponent) or ''}"
    none = "(?:[eE][+-]?0+)?"
    return f"{sign}(?:{full}{none}|{first}{raised if exponent else none})"


def _exponent(whole: str, part: str) -> int:
    """Return the power of ten of the first digit that is not 0."""
    return len(whole) - 1 if whole else -(len(part) - len(part.lstrip("0")) + 1)
