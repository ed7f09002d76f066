"""What SQL's dialects call things, and how they read a column."""

from collections.abc import Callable
from dataclasses import dataclass

from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.export import steps
from koubai.export.steps import Input


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
    largest, smallest : str
        The functions of several numbers.
    number, seconds : callable
        Return the expressions for a column's number, and for its seconds since 1970 if it holds dates; NULL if missing.
    """

    name: str
    real: str
    largest: str
    smallest: str
    number: Callable[[str], str]
    seconds: Callable[[str], str]

    def read(self, given: Input) -> str:
        """Return the expression for an input's number; NULL if it is missing."""
        column = named(given.name)
        if given.kind in (steps.NUMBER, steps.ROW):
            return self.number(column)
        if given.kind == steps.DATE:
            return self.seconds(column)
        if given.kind == steps.TRUTH:
            lower = f"lower(trim(CAST({column} AS TEXT)))"
            true, false = (", ".join(map(text, (*words, decimal))) for words, decimal in steps.DECIMAL.items())
            return f"CASE WHEN {lower} IN ({true}) THEN 1.0 WHEN {lower} IN ({false}) THEN 0.0 END"
        if given.kind == steps.TEXT:
            return "0.0"  # what counts its words is refused
        return self._category(given, f"trim(CAST({column} AS TEXT))")

    def _category(self, given: Input, cell: str) -> str:
        by_code: dict[int, list[str]] = {given.missing: []}
        for label, code in given.spelled.items():
            by_code.setdefault(code, []).append(label)
        tests = [f"WHEN {cell} IS NULL THEN {float(given.missing)}"]
        for code, labels in by_code.items():
            if labels and code != given.other:
                tests.append(f"WHEN {cell} IN ({', '.join(map(text, labels))}) THEN {float(code)}")
        return f"CASE {' '.join(tests)} ELSE {float(given.other)} END"


def _sqlite_number(column: str) -> str:
    looks = f"({column} GLOB '*[0-9]*' AND NOT {column} GLOB '*[^-+.0-9eE ]*')"
    return f"CASE WHEN typeof({column}) IN ('integer', 'real') OR {looks} THEN CAST({column} AS REAL) END"


DIALECTS = {
    "sqlite": Dialect("sqlite", "REAL", "max", "min", _sqlite_number, "CAST(strftime('%s', {}) AS REAL)".format),
    "postgresql": Dialect(
        "postgresql",
        "DOUBLE PRECISION",
        "greatest",
        "least",
        "NULLIF(CAST({} AS DOUBLE PRECISION), 'NaN')".format,
        "CAST(extract(epoch FROM CAST({} AS TIMESTAMP)) AS DOUBLE PRECISION)".format,
    ),
    "duckdb": Dialect(
        "duckdb",
        "DOUBLE",
        "greatest",
        "least",
        "NULLIF(CAST({} AS DOUBLE), CAST('NaN' AS DOUBLE))".format,
        "CAST(epoch(CAST({} AS TIMESTAMP)) AS DOUBLE)".format,
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
            required=worded("core.must.one_of_dialects", dialects=", ".join(DIALECTS)),
            got=repr(name),
            remedy=worded("core.remedy.try_sqlite"),
        )
    return DIALECTS[name]
