"""JavaScript: a module without dependencies, for browsers and Node, with one function that predicts."""

import json
import math
import re
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from koubai.export import steps
from koubai.export.steps import Answer, Computation, Input, Scalar
from koubai.export.targets.formula_text import FormulaText, digits
from koubai.export.targets.loops import entries_of, wrapped
from koubai.export.targets.names import on_a_line
from koubai.export.targets.plain import Plain, has, number_marks, truth_words_in
from koubai.export.targets.texts import cells
from koubai.export.targets.texts import javascript as texts
from koubai.export.words import BLANKS, Counted
from koubai.tables.meaning.values import LARGEST

MATHEMATICS = {
    name: f"Math.{name}" for name in ("exp", "log", "tanh", "cos", "sin", "sqrt", "abs", "max", "min", "sign", "floor")
}

CELL = """\
/** Return a cell of a row; a row that lacks the column is a mistake. */
function cell(row, name, marks) {
  const value = row[name];
  if (value === undefined) throw new Error(`The row must have ${name}; it has ${Object.keys(row).join(", ")}.`);
  const text = typeof value === "string" ? stripped(value) : value;
  return text === null || marks.includes(text)IS_MARK || Number.isNaN(text) ? null : text;
}
"""

STRIPPED = """\
/** Return a text without blanks at its ends. */
function stripped(text) {
  const blank = /[BLANKS]/;
  let [start, end] = [0, text.length];
  while (start < end && blank.test(text[start])) start++;
  while (start < end && blank.test(text[end - 1])) end--;
  return text.slice(start, end);
}

/** Return a text's number, NaN if it is none. */
function written(text) {
  return /^PATTERN$/.test(text) ? Number(text) : NaN;
}
"""

IS_MARK = """\
/** Return whether a cell is one of the numbers that mark missing values. */
function isMark(value) {
  return missing_numbers.includes(typeof value === "string" ? written(value) : value);
}
"""

NUMBER = """\
/** Return a cell's number, NaN if it is missing. */
function number(row, name, marks) {
  const value = cell(row, name, marks);
  if (value === null) return NaN;
  const found = typeof value === "string" ? written(value) : Number(value);
  if (!(Math.abs(found) <= LARGEST)) throw new Error(`${name} must be a finite number; got ${value}.`);
  return found;
}
"""

TRUTH = """\
/** Return 1 for a cell that is true, 0 for one that is false, NaN if it is missing. */
function truth(row, name, marks) {
  const value = cell(row, name, marks);
  if (value === null) return NaN;
  const text = String(value).toLowerCase();
  if ([TRUE_WORDS].includes(text)) return 1;
  if ([FALSE_WORDS].includes(text)) return 0;
  throw new Error(`${name} must be true or false; got ${value}.`);
}
"""

DATE = """\
/** Return a cell's seconds since 1970 as the clock shows them, NaN if it is missing: "2024-05-31T09:30", or seconds. */
function date(row, name, marks) {
  const value = cell(row, name, marks);
  if (value === null) return NaN;
  if (typeof value === "number") return value;
  const written = String(value).replace(" ", "T");
  const found = /^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?)?$/.test(written)
    ? Date.parse(written.includes("T") ? `${written}Z` : written) / 1000
    : NaN;
  if (Number.isNaN(found)) throw new Error(`${name} must be a date such as 2024-05-31; got ${value}.`);
  return found;
}
"""

CODE = """\
/** Return the number of a cell's category. */
function code(row, name, marks, known, other, missing) {
  const value = cell(row, name, marks);
  if (value === null) return missing;
  const found = known.get(spelled(value));
  return found === undefined ? other : found;
}
"""

SPELLED = """\
/** Return a cell as a text, a whole number without a decimal point. */
function spelled(value) {
  return String(value).replace(/^(WHOLE)ZEROS$/, "$1");
}
"""

INTERPOLATE = """\
/** A piecewise linear function that may jump at its places: heights to the left and to the right of each. */
function interpolate(x, places, left, right) {
  let low = 0;
  let high = places.length - 1;
  if (x < places[low]) return left[low];
  if (x > places[high]) return right[high];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (places[middle] <= x) low = middle;
    else high = middle;
  }
  if (x === places[low]) return (left[low] + right[low]) / 2;
  if (x === places[high]) return (left[high] + right[high]) / 2;
  return right[low] + ((x - places[low]) / (places[high] - places[low])) * (left[high] - right[low]);
}
"""


def write(computation: Computation) -> str:
    """Return a computation as a JavaScript module."""
    return JavaScript(computation).file()


class JavaScript(Plain):
    """Writes JavaScript."""

    text: ClassVar[FormulaText] = FormulaText(
        MATHEMATICS, "{} ? {} : {}".format, {"≤": "<=", "≥": ">=", "=": "==="}, "{} ** {}".format
    )
    without_erf: ClassVar[bool] = True

    def file(self) -> str:
        """Return the whole module."""
        computation, answer = self.computation, self.computation.answer
        self.body()
        kinds = {given.kind for given in computation.inputs}
        lines = [f"// koubai: {computation.title}.", "//", *[f"// {line}" for line in self._usage()], ""]
        if answer.classes:
            lines += ["export const classes = [", *wrapped(list(map(_literal, answer.classes)), "  "), "];", ""]
        given = "x" if kinds == {steps.ROW} else "row"
        helpers = {
            steps.NUMBER: NUMBER.replace("LARGEST", digits(LARGEST)),
            steps.TRUTH: truth_words_in(TRUTH, decimal=False),
            steps.DATE: DATE,
            steps.CATEGORY: CODE,
            steps.TEXT: texts.TEXT,
        }
        for helper in self._cell() if kinds != {steps.ROW} else []:
            lines += [*helper.splitlines(), ""]
        for kind, helper in helpers.items():
            lines += [*helper.splitlines(), ""] if kind in kinds else []
        lines += [*INTERPOLATE.splitlines(), ""] if has(computation, steps.Interpolate) else []
        lines += [*self._missing(), *self.functions(), *self.constants]
        said = f"/** {self._usage()[0]} */"
        return "\n".join([*lines, said, f"export function predict({given}) {{", *self.lines, "}", ""])

    def add(self, line: str = "") -> None:
        """Add a line, indented as in JavaScript."""
        self.lines.append("  " * self.depth + line if line else "")

    def _usage(self) -> list[str]:
        answer, width = self.computation.answer, self.computation.steps[-1].width
        given = self.computation.inputs[0]
        if given.kind == steps.ROW:
            what = f"x is an array of {on_a_line(given.in_words)}"
        else:
            what = "row is an object with the columns by name; null is a missing value"
        if answer.kind == steps.NUMBERS:
            said = "the prediction" if width == 1 else f"the {width} predictions"
            said = "{ prediction, lower, upper }" if answer.has_interval else said
        else:
            said = f"{{ prediction, {answer.scores}{'' if answer.reach is None else ', set'} }}"
        return [f"Returns {said}; {what}.".replace("*/", "* /")]

    def _cell(self) -> list[str]:
        """Return what reads a cell, and makes a text of it."""
        numbers, given = number_marks(self.computation), self.computation.inputs
        read = CELL.replace("IS_MARK", " || isMark(text)" if numbers else "")
        found = [STRIPPED.replace("BLANKS", texts.escaped(BLANKS)).replace("PATTERN", cells.NUMBER), read]
        if numbers:
            found += [f"const missing_numbers = [{', '.join(map(_number, numbers))}];", IS_MARK]
        if any(each.kind in steps.IN_TEXTS for each in given):
            spelled = SPELLED.replace("WHOLE", cells.WHOLE).replace("ZEROS", cells.ZEROS)
            if any(each.as_written for each in given):
                spelled = re.sub(r"\.replace.*", ";", spelled).replace(", a whole number without a decimal point", "")
            found.append(spelled)
        return found

    def _missing(self) -> list[str]:
        lines = []
        for marks in self.marks:
            tests = " || ".join(["Number.isNaN(x)", *(f"x === {_number(mark)}" for mark in marks)])
            lines += [f"const {self.is_missing(marks)} = (x) => {tests};", ""]
        return lines

    def is_missing(self, marks: tuple[float, ...]) -> str:
        """Return the name of the test."""
        return "isMissing" if marks else "isNaN"

    def table(self, name: str, array: npt.ArrayLike, note: str) -> None:
        """Add a constant array."""
        array = np.asarray(array)
        lines = [f"// {note}: {name}[i][j] is from source j to node i"] if note else []
        lines.append(f"const {name} = [")
        lines += entries_of(array, "  ", "[]")
        self.constants += [*lines, "];", ""]

    def declare(self, name: str, width: int) -> None:
        """Declare an array."""
        self.add(f"const {name} = new Float64Array({width});")

    def loop(self, index: str, count: int, start: int = 0) -> None:
        """Open a loop."""
        self.add(f"for (let {index} = {start}; {index} < {count}; {index}++) {{")
        self.depth += 1

    def end(self) -> None:
        """Close a loop."""
        self.depth -= 1
        self.add("}")

    def assign(self, target: str, value: str, sign: str = "=") -> None:
        """Assign."""
        self.add(f"{target} {sign} {value};")

    def let(self, name: str, value: str) -> None:
        """Declare a number."""
        self.add(f"let {name} = {value};")

    def function(self, function: Scalar) -> list[str]:
        """Return a function; one of several results writes them into an array."""
        several = len(function.results) > 1
        given = ", ".join([*function.arguments, *(["out", "at"] if several else [])])
        *before, (_, last) = function.bindings
        lines = [f"  const {name} = {self.text.write(formula)};" for name, formula in before]
        if several:
            name, formula = function.bindings[-1]
            lines.append(f"  const {name} = {self.text.write(formula)};")
            lines += [f"  out[at + {place}] = {name};" for place, name in enumerate(function.results)]
        else:
            lines.append(f"  return {self.text.write(last)};")
        return [f"// {function.meaning}", f"function {function.name}({given}) {{", *lines, "}", ""]

    def read_columns(self, step: steps.Read) -> None:
        """Read the columns of a row."""
        self.say(step.note)
        self.declare(step.name, step.width)
        marks = list(dict.fromkeys(given.marks for given in step.inputs))
        for number, words in enumerate(marks):
            name = _marks(number)
            self.constants += [f"const {name} = [{', '.join(map(_literal, words))}];", ""]
        for place, given in enumerate(step.inputs):
            self.assign(f"{step.name}[{place}]", self._read(given, place, _marks(marks.index(given.marks))))

    def _read(self, given: Input, place: int, marks: str) -> str:
        names = {steps.NUMBER: "number", steps.TRUTH: "truth", steps.DATE: "date"}
        start = f"row, {_literal(given.name)}, {marks}"
        if given.kind == steps.TEXT:
            return f"text({start}) === null ? NaN : 0"
        if given.kind != steps.CATEGORY:
            return f"{names[given.kind]}({start})"
        known = f"known_{place}"
        cells = [f"[{_literal(text)}, {code}]" for text, code in given.known.items() if text not in given.marks]
        self.constants += [f"const {known} = new Map([", *wrapped(cells, "  "), "]);", ""]
        return f"code({start}, {known}, {given.other}, {given.missing})"

    def counted(self, step: Counted) -> None:
        """Count the words of a text."""
        texts.javascript_counted(self, step)

    def marks_of(self, given: Input) -> str:
        """Return the name of the list of an input's marks of missing values."""
        marks = list(dict.fromkeys(each.marks for each in self.computation.inputs))
        return _marks(marks.index(given.marks))

    def answered(self, answer: Answer, last: str, width: int) -> None:
        """Return the prediction, with the scores of the classes."""
        if answer.has_interval:
            self.add(f"return {{ prediction: {last}[0], lower: {last}[1], upper: {last}[2] }};")
            return
        if answer.kind == steps.NUMBERS:
            self.add(f"return {last}[0];" if width == 1 else f"return Array.from({last});")
            return
        scores = f"{answer.scores}: Array.from({last})"
        if answer.kind == steps.LABELS:
            self.add(f"return {{ prediction: classes.filter((_, i) => {last}[i] > {answer.threshold}), {scores} }};")
            return
        if answer.reach is not None:
            self.add(f"const top = Math.max(...{last});")
            test = f"1 - {last}[i] <= {digits(answer.reach)} || {last}[i] === top"
            scores += f", set: classes.filter((_, i) => {test})"
        decided = last
        if answer.factors:
            self.add(f"const decided = {last}.map((p, i) => p * {self.decided_by(answer)}[i]);")
            decided = "decided"
        place = f"{last}[0] > 0 ? 1 : 0" if width == 1 else f"{decided}.indexOf(Math.max(...{decided}))"
        self.add(f"return {{ prediction: classes[{place}], {scores} }};")


def _number(value: float) -> str:
    return digits(value) if math.isfinite(value) else f"{'-' if value < 0 else ''}Infinity"


def _marks(number: int) -> str:
    return "missing_texts" if number == 0 else f"missing_texts_{number + 1}"


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
