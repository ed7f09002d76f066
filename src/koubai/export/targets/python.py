"""Python: a module that needs nothing but Python itself, with one function that predicts."""

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
from koubai.export.targets.texts import python as texts
from koubai.export.words import BLANKS, Counted, in_full
from koubai.tables.meaning.values import LARGEST

FROM_MATH = ("log", "tanh", "erf", "cos", "sin", "sqrt", "floor")

EXP = """\
def exp(x):
    \"\"\"Return exp(x), the largest number where it would be larger.\"\"\"
    return math.exp(min(x, 709.7))
"""

SIGN = """\
def sign(x):
    return (x > 0) - (x < 0)
"""

CELL = """\
def cell(row, name, marks):
    \"\"\"Return a cell of a row, None if it is missing.\"\"\"
    value = row[name]
    value = value.strip("BLANKS") if isinstance(value, str) else value
    return None if value is None or value != value or value in marksIS_MARK else value
"""

IS_MARK = """\
def is_mark(value):
    \"\"\"Return whether a cell is one of the numbers that mark missing values.\"\"\"
    if isinstance(value, str):
        value = float(value) if re.fullmatch(r"PATTERN", value) else math.nan
    return not isinstance(value, bool) and value in MISSING_NUMBERS
"""

NUMBER = """\
def number(row, name, marks):
    \"\"\"Return a cell's number, NaN if it is missing; of a time of day and of a duration the seconds.\"\"\"
    value = cell(row, name, marks)
    if hasattr(value, "hour") and not hasattr(value, "year"):
        value = (value.hour * 60 + value.minute) * 60 + value.second + value.microsecond / 1e6
    elif hasattr(value, "total_seconds"):
        value = value.total_seconds()
    found = math.nan if value is None else float(value)
    if abs(found) > LARGEST:
        raise ValueError(f"{name} must be a finite number; got {value}.")
    return found
"""

TRUTH = """\
def truth(row, name, marks):
    \"\"\"Return 1 for a cell that is true, 0 for one that is false, NaN if it is missing.\"\"\"
    value = cell(row, name, marks)
    if value is None:
        return math.nan
    text = str(value).lower()
    if text in (TRUE_WORDS):
        return 1.0
    if text in (FALSE_WORDS):
        return 0.0
    raise ValueError(f"{name} must be true or false; got {value}.")
"""

DATE = """\
def date(row, name, marks):
    \"\"\"Return a cell's seconds since 1970 as the clock shows them, NaN if it is missing.

    A cell is a text such as 2024-05-31 or 2024-05-31T09:30, a date, a datetime, or seconds.
    \"\"\"
    value = cell(row, name, marks)
    if value is None:
        return math.nan
    if isinstance(value, (int, float)):
        return float(value)
    found = datetime.datetime.fromisoformat(value if isinstance(value, str) else value.isoformat())
    return (found.replace(tzinfo=None) - datetime.datetime(1970, 1, 1)).total_seconds()
"""

CODE = """\
def code(row, name, marks, known, other, missing):
    \"\"\"Return the number of a cell's category.\"\"\"
    value = cell(row, name, marks)
    return missing if value is None else known.get(spelled(value), other)
"""

SPELLED = """\
def spelled(value):
    \"\"\"Return a cell as a text: a whole number without a decimal point, true and false in small letters.\"\"\"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return re.sub(r"^(WHOLE)ZEROS$", r"\\1", text)
"""

INTERPOLATE = """\
def interpolate(x, places, left, right):
    \"\"\"A piecewise linear function that may jump at its places: heights to the left and to the right of each.\"\"\"
    high = bisect.bisect_right(places, x)
    low = high - 1
    if low < 0:
        return left[0]
    if x == places[low]:
        return (left[low] + right[low]) / 2
    if high == len(places):
        return right[low]
    return right[low] + (x - places[low]) / (places[high] - places[low]) * (left[high] - right[low])
"""


def write(computation: Computation) -> str:
    """Return a computation as a Python module."""
    return Python(computation).file()


class Python(Plain):
    """Writes Python."""

    text: ClassVar[FormulaText] = FormulaText(
        {name: f"math.{name}" for name in FROM_MATH},
        lambda condition, value, other: f"({value} if {condition} else {other})",
        power="{} ** {}".format,
    )
    comment: ClassVar[str] = "# {}"

    def file(self) -> str:
        """Return the whole module."""
        computation, answer = self.computation, self.computation.answer
        self.body()
        kinds = {given.kind for given in computation.inputs}
        row = kinds == {steps.ROW}
        title = computation.title.replace("\\", "/").replace('"', "'")
        lines = [f'"""koubai: {title}."""', "", *self._imports(kinds), "", ""]
        if answer.classes:
            lines += ["CLASSES = [", *wrapped([repr(label) for label in answer.classes], "    "), "]", ""]
        lines += self.constants
        called = self.called()
        helpers = [EXP] if "exp" in called else []
        helpers += [SIGN] if "sign" in called else []
        numbers = [] if row else number_marks(computation)
        if numbers:
            lines += ["MISSING_NUMBERS = [", *wrapped([_number(mark) for mark in numbers], "    "), "]"]
        helpers += [] if row else self._cell(bool(numbers))
        of_kind = {
            steps.NUMBER: NUMBER.replace("LARGEST", digits(LARGEST)),
            steps.TRUTH: truth_words_in(TRUTH, decimal=True),
            steps.DATE: DATE,
            steps.CATEGORY: CODE,
            steps.TEXT: texts.TEXT,
        }
        helpers += [self._spelled()] if kinds & {*steps.IN_TEXTS} else []
        helpers += [helper for kind, helper in of_kind.items() if kind in kinds]
        helpers += [INTERPOLATE] if has(computation, steps.Interpolate) else []
        for helper in helpers:
            lines += ["", *helper.splitlines(), ""]
        lines += [*self._missing(), *self.functions(), ""]
        said = [f"def predict({'x' if row else 'row'}):", f'    """{self._usage(row)}"""']
        return "\n".join([*lines, *said, *self.lines, ""])

    def _imports(self, kinds: set[str]) -> list[str]:
        wanted = {
            "bisect": has(self.computation, steps.Interpolate),
            "datetime": steps.DATE in kinds,
            "math": True,
            "re": bool(kinds & {*steps.IN_TEXTS}) or bool(number_marks(self.computation)),
            "unicodedata": steps.TEXT in kinds,
        }
        return [f"import {name}" for name, needed in wanted.items() if needed]

    def _cell(self, has_numbers: bool) -> list[str]:
        """Return what reads a cell."""
        blanks = in_full(BLANKS).encode("unicode_escape").decode()
        read = CELL.replace("BLANKS", blanks).replace("IS_MARK", " or is_mark(value)" if has_numbers else "")
        return [*([IS_MARK.replace("PATTERN", cells.NUMBER)] if has_numbers else []), read]

    def _spelled(self) -> str:
        """Return what makes a text of a cell."""
        as_written = any(given.as_written for given in self.computation.inputs)
        found = SPELLED.replace("WHOLE", cells.WHOLE).replace("ZEROS", cells.ZEROS)
        if as_written:
            found = re.sub(r"return re\.sub.*", "return text", found).replace(
                "a whole number without a decimal point, ", ""
            )
        return found

    def _usage(self, row: bool) -> str:
        answer, width = self.computation.answer, self.computation.steps[-1].width
        if answer.kind == steps.NUMBERS:
            said = "the prediction" if width == 1 else f"the {width} predictions"
            said = "the prediction, and the lower and the upper end of its interval" if answer.has_interval else said
        else:
            said = f"the prediction, and the {answer.scores} of CLASSES"
            of_set = f"the prediction, the {answer.scores} of CLASSES, and those in the set"
            said = said if answer.reach is None else of_set
        what = f"x, {on_a_line(self.computation.inputs[0].in_words)}" if row else "a row, a dict of the columns by name"
        return f"Return {said}, for {what}.".replace("\\", "/").replace('"', "'")

    def _missing(self) -> list[str]:
        lines = []
        for marks in self.marks:
            tests = " or ".join(["math.isnan(x)", *(f"x == {_number(mark)}" for mark in marks)])
            lines += ["", f"def {self.is_missing(marks)}(x):", f"    return {tests}", ""]
        return lines

    def is_missing(self, marks: tuple[float, ...]) -> str:
        """Return the name of the test."""
        return "is_missing" if marks else "is_nan"

    def table(self, name: str, array: npt.ArrayLike, note: str) -> None:
        """Add a constant list."""
        array = np.asarray(array)
        lines = [f"# {note}: {name}[i][j] is from source j to node i"] if note else []
        lines.append(f"{name} = [")
        lines += entries_of(array, "    ", "[]")
        self.constants += [*lines, "]"]

    def declare(self, name: str, width: int) -> None:
        """Declare a list."""
        self.add(f"{name} = [0.0] * {width}")

    def loop(self, index: str, count: int, start: int = 0) -> None:
        """Open a loop."""
        self.add(f"for {index} in range({f'{start}, ' if start else ''}{count}):")
        self.depth += 1

    def end(self) -> None:
        """Close a loop."""
        self.depth -= 1

    def assign(self, target: str, value: str, sign: str = "=") -> None:
        """Assign."""
        self.add(f"{target} {sign} {value}")

    def let(self, name: str, value: str) -> None:
        """Name a number."""
        self.add(f"{name} = {value}")

    def call(self, expression: str) -> None:
        """Call a function."""
        self.add(expression)

    def affine(self, step: steps.Affine) -> None:
        """Add up products, row of weights by row."""
        w, b = self.weights(step)
        source = self.sources(step)[0]
        self.say(step.note)
        self.add(f"{step.name} = [sum(w * z for w, z in zip(row_of_w, {source})) + b for row_of_w, b in zip({w}, {b})]")

    def function(self, function: Scalar) -> list[str]:
        """Return a function; one of several results writes them into a list."""
        several = len(function.results) > 1
        given = ", ".join([*function.arguments, *(["out", "at"] if several else [])])
        *before, (_, last) = function.bindings
        lines = [f"    {name} = {self.text.write(formula)}" for name, formula in before]
        if several:
            name, formula = function.bindings[-1]
            lines.append(f"    {name} = {self.text.write(formula)}")
            lines.append(f"    out[at : at + {len(function.results)}] = [{', '.join(function.results)}]")
        else:
            lines.append(f"    return {self.text.write(last)}")
        return ["", f"def {function.name}({given}):", f'    """{function.meaning.capitalize()}."""', *lines, ""]

    def read_columns(self, step: steps.Read) -> None:
        """Read the columns of a row."""
        self.say(step.note)
        self.declare(step.name, step.width)
        marks = list(dict.fromkeys(given.marks for given in step.inputs))
        for number, words in enumerate(marks):
            self.constants += [f"{_marks(number)} = [", *wrapped([repr(word) for word in words], "    "), "]"]
        for place, given in enumerate(step.inputs):
            self.assign(f"{step.name}[{place}]", self._read(given, place, _marks(marks.index(given.marks))))

    def _read(self, given: Input, place: int, marks: str) -> str:
        names = {steps.NUMBER: "number", steps.TRUTH: "truth", steps.DATE: "date"}
        start = f"row, {given.name!r}, {marks}"
        if given.kind == steps.TEXT:
            return f"math.nan if text({start}) is None else 0.0"
        if given.kind != steps.CATEGORY:
            return f"{names[given.kind]}({start})"
        known = f"KNOWN_{place}"
        cells = [f"{text!r}: {code}" for text, code in given.known.items() if text not in given.marks]
        self.constants += [f"{known} = {{", *wrapped(cells, "    "), "}"]
        return f"code({start}, {known}, {given.other}, {given.missing})"

    def counted(self, step: Counted) -> None:
        """Count the words of a text."""
        texts.python_counted(self, step)

    def marks_of(self, given: Input) -> str:
        """Return the name of the list of an input's marks of missing values."""
        marks = list(dict.fromkeys(each.marks for each in self.computation.inputs))
        return _marks(marks.index(given.marks))

    def answered(self, answer: Answer, last: str, width: int) -> None:
        """Return the prediction, with the scores of the classes."""
        if answer.has_interval:
            self.add(f"return tuple({last})")
        elif answer.kind == steps.NUMBERS:
            self.add(f"return {last}[0]" if width == 1 else f"return {last}")
        elif answer.kind == steps.LABELS:
            self.add(f"return [label for label, z in zip(CLASSES, {last}) if z > {answer.threshold}], {last}")
        elif width == 1:
            self.add(f"return CLASSES[{last}[0] > 0], {last}")
        else:
            self._class(answer, last)

    def _class(self, answer: Answer, last: str) -> None:
        """Return the class that is answered, the scores and, if there is one, the set of the stated level."""
        decided, in_set = last, ""
        if answer.factors:
            self.add(f"decided = [p * factor for p, factor in zip({last}, {self.decided_by(answer)})]")
            decided = "decided"
        if answer.reach is not None:
            self.add(f"top = max({last})")
            test = f"1 - p <= {digits(answer.reach)} or p == top"
            in_set = f", [label for label, p in zip(CLASSES, {last}) if {test}]"
        self.add(f"return CLASSES[{decided}.index(max({decided}))], {last}{in_set}")


def _number(value: float) -> str:
    return digits(value) if math.isfinite(value) else f"{'-' if value < 0 else ''}math.inf"


def _marks(number: int) -> str:
    return "MISSING_TEXTS" if number == 0 else f"MISSING_TEXTS_{number + 1}"
