"""What SQL's dialects call things, and how they read a column."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.export import steps
from koubai.export.steps import Input
from koubai.export.targets.formula_text import digits
from koubai.export.targets.texts.cells import NUMBER, WHOLE
from koubai.export.words import BLANKS, in_full


def named(name: str) -> str:
    """Return a name in quotation marks."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a text in quotation marks."""
    return "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True)
class Dialect:
    """One kind of SQL.

    Parameters
    ----------
    name : str
        Its name.
    real : str
        The type of numbers in double precision.
    infinity : str
        How it writes the infinite number.
    largest, smallest : str
        The functions of several numbers.
    blanks : str
        The expression for all characters that are stripped off the ends of a cell.
    number, seconds : callable
        Return the expressions for a column's number, and for its seconds since 1970 if it holds dates; NULL if missing.
    as_number : callable
        Returns the expression for the number that a text spells; NULL if it is not a number.
    code_of, character, put_together : callable
        Return the expressions for a character's number in Unicode, for the character of a number, and for texts one
        after another, as an aggregate.
    """

    name: str
    real: str
    infinity: str
    largest: str
    smallest: str
    blanks: str
    number: Callable[[str], str]
    seconds: Callable[[str], str]
    as_number: Callable[[str], str]
    code_of: Callable[[str], str]
    character: Callable[[str], str]
    put_together: Callable[[str], str]

    def cell(self, given: Input) -> str:
        """Return the expression for an input's number, or if it is a category for its text; NULL if it is missing."""
        column = named(given.name)
        if given.kind in (steps.NUMBER, steps.ROW):
            return self.number(column)
        if given.kind == steps.DATE:
            return self.seconds(column)
        cell = f"trim(CAST({column} AS TEXT), koubai_blanks)"
        if given.kind == steps.TRUTH:
            true, false = (", ".join(map(text, (*words, decimal))) for words, decimal in steps.DECIMAL.items())
            return f"CASE WHEN lower({cell}) IN ({true}) THEN 1.0 WHEN lower({cell}) IN ({false}) THEN 0.0 END"
        return cell

    def code(self, given: Input, cell: str) -> str:
        """Return the expression for the number of a category's text, which is a column."""
        by_code: dict[int, list[str]] = {}
        for label, code in given.known.items():
            by_code.setdefault(code, []).append(label)
        missing = by_code.pop(given.missing, [])
        tests = [f"{cell} IS NULL", *([f"{cell} IN ({', '.join(map(text, missing))})"] if missing else [])]
        if given.numbers:
            tests.append(f"{self.as_number(cell)} IN ({', '.join(map(self.literal, given.numbers))})")
        found = [f"WHEN {' OR '.join(tests)} THEN {float(given.missing)}"]
        for code, labels in by_code.items():
            longer = [f"{label}." for label in labels if not given.as_written and re.fullmatch(WHOLE, label)]
            test = f"{cell} IN ({', '.join(map(text, labels))})"
            test += f" OR rtrim({cell}, '0') IN ({', '.join(map(text, longer))})" if longer else ""
            found.append(f"WHEN {test} THEN {float(code)}")
        return f"CASE {' '.join(found)} ELSE {float(given.other)} END"

    def is_missing(self, value: str, marks: Sequence[float]) -> str:
        """Return the condition that a number is missing."""
        return " OR ".join([f"{value} IS NULL", *(f"{value} = {self.literal(mark)}" for mark in marks)])

    def literal(self, value: float) -> str:
        """Return a number as the dialect writes it."""
        return digits(value) if math.isfinite(value) else f"{'-' if value < 0 else ''}{self.infinity}"


def _sqlite_number(column: str) -> str:
    looks = f"({column} GLOB '*[0-9]*' AND NOT {column} GLOB '*[^-+.0-9eE ]*')"
    return f"CASE WHEN typeof({column}) IN ('integer', 'real') OR {looks} THEN CAST({column} AS REAL) END"


DIALECTS = {
    "sqlite": Dialect(
        "sqlite",
        "REAL",
        "9e999",
        "max",
        "min",
        f"char({', '.join(str(ord(blank)) for blank in in_full(BLANKS))})",
        _sqlite_number,
        "CAST(strftime('%s', {}) AS REAL)".format,
        _sqlite_number,
        "unicode({})".format,
        "char({})".format,
        "group_concat({}, '')".format,
    ),
    "postgresql": Dialect(
        "postgresql",
        "DOUBLE PRECISION",
        "CAST('Infinity' AS DOUBLE PRECISION)",
        "greatest",
        "least",
        " || ".join(f"chr({ord(blank)})" for blank in in_full(BLANKS)),
        "NULLIF(CAST({} AS DOUBLE PRECISION), 'NaN')".format,
        "CAST(extract(epoch FROM CAST({} AS TIMESTAMP)) AS DOUBLE PRECISION)".format,
        lambda cell: f"CASE WHEN {cell} ~ {text(f'^{NUMBER}$')} THEN CAST({cell} AS DOUBLE PRECISION) END",
        "ascii({})".format,
        "chr({})".format,
        "string_agg({}, '')".format,
    ),
    "duckdb": Dialect(
        "duckdb",
        "DOUBLE",
        "CAST('Infinity' AS DOUBLE)",
        "greatest",
        "least",
        " || ".join(f"chr({ord(blank)})" for blank in in_full(BLANKS)),
        "NULLIF(CAST({} AS DOUBLE), CAST('NaN' AS DOUBLE))".format,
        "CAST(epoch(CAST({} AS TIMESTAMP)) AS DOUBLE)".format,
        "TRY_CAST({} AS DOUBLE)".format,
        "unicode({})".format,
        "chr({})".format,
        "string_agg({}, '')".format,
    ),
}
"""The dialects by name."""


def dialect_of(name: str) -> Dialect:
    """Return a dialect by its name.

    Raises
    ------
    ParameterError
        If there is none of that name.
    """
    if name not in DIALECTS:
        raise ParameterError(
            who="export",
            parameter="dialect",
            required=worded("core.must.be_one_of", names=", ".join(DIALECTS)),
            got=repr(name),
            remedy=worded("core.remedy.try_sqlite"),
        )
    return DIALECTS[name]
