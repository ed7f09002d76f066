"""What SQL's expressions are made of: formulas, numbers, sums, labels."""

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula, Function, Symbol
from koubai.export.functions import ERF
from koubai.export.steps import Answer
from koubai.export.targets.formula_text import FormulaText
from koubai.export.targets.loops import cells_of
from koubai.export.targets.sql.dialects import Dialect, named, text

TERMS = 100
"""A longer sum is written as a sum of sums, since databases limit how deep expressions are."""
SAFE = 700.0
"""exp is asked for nothing beyond, where PostgreSQL would complain."""


class Text(FormulaText):
    """Formulas in SQL, exp within the range of all databases."""

    def __init__(
        self,
        dialect: Dialect,
        functions: Mapping[str, str],
        conditional: Callable[[str, str, str], str],
        relations: Mapping[str, str],
        power: Callable[[str, str], str],
    ) -> None:
        super().__init__(functions, conditional, relations, power)
        self.dialect = dialect

    def call(self, name: str, arguments: list[str]) -> str:
        """Return the call of a function."""
        if name == "exp":
            inside = f"{self.dialect.smallest}({arguments[0]}, {SAFE})"
            return f"exp({self.dialect.largest}({inside}, {-SAFE}))"
        return super().call(name, arguments)


def with_erf(formula: Formula) -> Formula:
    """Return a formula without erf, which few databases have."""
    parts = formula.parts()
    found = formula.with_parts([with_erf(part) for part in parts]) if parts else formula
    if isinstance(found, Function) and found.name == "erf":
        (_, y), (_, value) = ERF.bindings
        x = found.arguments[0]
        return _replaced(value, {Symbol("y"): _replaced(y, {Symbol("x"): x}), Symbol("x"): x})
    return found


def _replaced(formula: Formula, others: dict[Symbol, Formula]) -> Formula:
    if isinstance(formula, Symbol):
        return others.get(formula, formula)
    parts = formula.parts()
    return formula.with_parts([_replaced(part, others) for part in parts]) if parts else formula


def literal(value: float | np.generic) -> str:
    """Return a number, a negative one in brackets."""
    number = cells_of(np.asarray([value]) if np.asarray(value).dtype.kind == "f" else np.array([float(value)]))[0]
    return f"({number})" if number.startswith("-") else number


def grouped(terms: Sequence[str]) -> str:
    """Return a sum, of sums where there are many terms."""
    if len(terms) <= TERMS:
        return " + ".join(terms)
    return grouped([f"({grouped(terms[k : k + TERMS])})" for k in range(0, len(terms), TERMS)])


def sum_of(bias: float, weights: Array, sources: Sequence[str]) -> str:
    """Return b + Σ w z, without what has no weight."""
    products = [f"{literal(w)} * {z}" for w, z in zip(weights, sources, strict=True) if w != 0]
    return grouped([literal(bias), *products])


def piecewise(x: str, places: Array, left: Array, right: Array) -> str:
    """Return a CASE with a branch for each piece, and one for each place where the function jumps."""
    tests = [f"WHEN {x} < {literal(places[0])} THEN {literal(left[0])}"]
    for k, place in enumerate(places):
        if left[k] != right[k]:
            tests.append(f"WHEN {x} = {literal(place)} THEN {literal((left[k] + right[k]) / 2)}")
        if k + 1 < len(places):
            width, rise = literal(places[k + 1] - place), literal(left[k + 1] - right[k])
            line = f"{literal(right[k])} + ({x} - {literal(place)}) / {width} * {rise}"
            tests.append(f"WHEN {x} < {literal(places[k + 1])} THEN {line}")
    return f"CASE {' '.join(tests)} ELSE {literal(right[-1])} END"


def label_of(label: object) -> str:
    """Return a class as SQL has it."""
    if isinstance(label, bool):
        return str(label).lower()
    return text(label) if isinstance(label, str) else repr(label)


def scores(values: Sequence[str], answer: Answer) -> list[str]:
    """Return the columns of the probabilities or scores of all classes."""
    word = {"probabilities": "probability", "scores": "score"}[answer.scores]
    return [f"{value} AS {named(f'{word}_{label}')}" for value, label in zip(values, answer.classes, strict=True)]


def words_in(value: str) -> set[str]:
    """Return the words of an expression, among them the columns that it reads."""
    return set(re.findall(r"[A-Za-z_]\w*", value))


def by_number(name: str) -> tuple[str, int]:
    """Return a key by which columns come in the order of their numbers."""
    before, _, number = name.rpartition("_")
    return before, int(number) if number.isdigit() else 0


def listed(values: Sequence[str]) -> str:
    """Return expressions separated by commas, long ones in lines of their own."""
    lines, line = [], ""
    for value in values:
        if line and len(line) + len(value) > 100:
            lines.append(line)
            line = ""
        line += f"{', ' if line else ''}{value}"
    return ",\n    ".join([*lines, line])
