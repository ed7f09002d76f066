"""C: one file without dependencies but the C library, with the tables as constants and one function that predicts."""

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from koubai.export import steps
from koubai.export.steps import Answer, Computation, Input, Scalar
from koubai.export.targets.formula_text import FormulaText, digits
from koubai.export.targets.loops import entries_of, wrapped
from koubai.export.targets.names import Names, on_a_line
from koubai.export.targets.plain import Plain, categories_of, has, number_marks, tables_of
from koubai.export.targets.texts import c as texts
from koubai.export.targets.texts import c_cells
from koubai.export.targets.texts.c import quoted
from koubai.export.words import Counted

FUNCTIONS = {"abs": "fabs", "max": "fmax", "min": "fmin"}

KEYWORDS = frozenset(
    (
        *("auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern"),
        *("float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed"),
        *("sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while"),
    )
)

SIGN = ["static double sign(double x) { return (x > 0) - (x < 0); }", ""]

DATE = """\
/* Seconds since 1970, as the clock shows them: what a date is in a row; NAN if it is missing. */
double koubai_date(int year, int month, int day, int hour, int minute)
{
    int y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    double days = era * 146097.0 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    return days * 86400 + hour * 3600.0 + minute * 60.0;
}
"""

INTERPOLATE = """\
/* A piecewise linear function that may jump at its n places: heights to the left and to the right of each. */
static double interpolate(double x, int n, const double *places, const double *left, const double *right)
{
    int low = 0, high = n - 1;
    if (x < places[low]) return left[low];
    if (x > places[high]) return right[high];
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (places[middle] <= x) low = middle;
        else high = middle;
    }
    if (x == places[low]) return (left[low] + right[low]) / 2;
    if (x == places[high]) return (left[high] + right[high]) / 2;
    return right[low] + (x - places[low]) / (places[high] - places[low]) * (left[high] - right[low]);
}
"""


def write(computation: Computation) -> str:
    """Return a computation as a C file."""
    return C(computation).file()


class C(Plain):
    """Writes C."""

    text: ClassVar[FormulaText] = FormulaText(FUNCTIONS, "{} ? {} : {}".format)
    comment: ClassVar[str] = "/* {} */"

    def file(self) -> str:
        """Return the whole file."""
        computation, answer = self.computation, self.computation.answer
        self.fields = Names(KEYWORDS)
        self.body()
        title = _remark(computation.title)
        lines = [f"/* koubai: {title}.", " *", *[f" * {line}" for line in self._usage()], " */", "#include <math.h>"]
        has_texts, categories = has(computation, Counted), categories_of(computation)
        numbers = [x for x in number_marks(computation) if math.isfinite(x) and (has_texts or categories)]
        lines += ["#include <stdlib.h>"] if has_texts or numbers else []
        lines += ["#include <string.h>"] if has_texts or categories else []
        lines += ["", *self._row()]
        if answer.classes:
            lines += [f"const char *const classes[{len(answer.classes)}] = {{"]
            lines += [*wrapped([quoted(str(label)) for label in answer.classes], "    "), "};", ""]
        lines += [*DATE.splitlines(), ""] if any(given.kind == steps.DATE for given in computation.inputs) else []
        as_written = any(given.as_written for given in categories)
        lines += c_cells.cells(numbers, as_written and not has_texts) if has_texts or categories else []
        lines += c_cells.category(numbers, as_written) if categories else []
        lines += [*INTERPOLATE.splitlines(), ""] if has(computation, steps.Interpolate) else []
        lines += texts.helpers(bool(numbers)) if has_texts else []
        lines += [*self._missing(), *(SIGN if "sign" in self.called() else []), *self.functions(), *self.constants]
        return "\n".join([*lines, self._head(), "{", *self.lines, "}", ""])

    def _usage(self) -> list[str]:
        last, answer = self.computation.steps[-1], self.computation.answer
        given = "x" if self._is_row else "row"
        if answer.kind == steps.NUMBERS:
            said = ["returns the prediction" if last.width == 1 else f"sets the {last.width} predictions"]
            said = ["returns the prediction, and sets the ends of its interval"] if answer.has_interval else said
        elif answer.kind == steps.LABELS:
            said = [f"sets which of the {last.width} classes apply, and their scores"]
        else:
            scores = f"{last.width} {answer.scores}"
            said = [f"returns the index in classes of the one that is predicted, and sets the {scores}"]
            said[0] += "" if answer.reach is None else " and which classes are in the set"
        return [f"predict({given}, …) {said[0]}.", "A missing number is NAN. Compile with: cc -O2 -c FILE"]

    @property
    def _is_row(self) -> bool:
        return self.computation.inputs[0].kind == steps.ROW

    def _row(self) -> list[str]:
        """Return the definition of a row."""
        if self._is_row:
            return [f"/* x: {_remark(self.computation.inputs[0].in_words)} */", ""]
        lines = ["typedef struct {"]
        for given in self.computation.inputs:
            kind = "const char *" if given.kind in (steps.CATEGORY, steps.TEXT) else "double "
            lines.append(f"    {kind}{self.fields[given.name]}; /* {_meaning(given)} */")
        return [*lines, "} koubai_row;", ""]

    def _head(self) -> str:
        computation, answer = self.computation, self.computation.answer
        width = computation.steps[-1].width
        given = f"const double x[{computation.inputs[0].width}]" if self._is_row else "const koubai_row *row"
        if answer.kind == steps.NUMBERS:
            if answer.has_interval:
                return f"double predict({given}, double interval[2])"
            return f"double predict({given})" if width == 1 else f"void predict({given}, double predictions[{width}])"
        if answer.kind == steps.LABELS:
            return f"void predict({given}, int applies[{width}], double scores[{width}])"
        in_set = "" if answer.reach is None else f", int in_set[{width}]"
        return f"int predict({given}, double {answer.scores}[{width}]{in_set})"

    def _missing(self) -> list[str]:
        return [line for marks in self.marks for line in self._test(marks)]

    def _test(self, marks: tuple[float, ...]) -> list[str]:
        tests = " || ".join(["isnan(x)", *(f"x == {_number(mark)}" for mark in marks)])
        return [f"static int {self.is_missing(marks)}(double x) {{ return {tests}; }}", ""]

    def is_missing(self, marks: tuple[float, ...]) -> str:
        """Return the name of the test."""
        return "is_missing" if marks else "is_nan"

    def table(self, name: str, array: npt.ArrayLike, note: str) -> None:
        """Add a constant array."""
        array = np.asarray(array)
        kind = "int" if array.dtype.kind in "iu" else "double"
        shape = "".join(f"[{size}]" for size in array.shape)
        lines = [f"/* {note}: {name}[i][j] is from source j to node i */"] if note else []
        lines.append(f"static const {kind} {name}{shape} = {{")
        lines += entries_of(array, "    ", "{}")
        self.constants += [*lines, "};", ""]

    def declare(self, name: str, width: int) -> None:
        """Declare an array."""
        self.add(f"double {name}[{width}];")

    def loop(self, index: str, count: int, start: int = 0) -> None:
        """Open a loop."""
        self.add(f"for (int {index} = {start}; {index} < {count}; {index}++) {{")
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
        self.add(f"double {name} = {value};")

    def function(self, function: Scalar) -> list[str]:
        """Return a static function; one of several results writes them into an array."""
        given = ", ".join(f"double {name}" for name in function.arguments)
        remark = f"/* {function.meaning} */"
        *before, (_, last) = function.bindings
        if len(function.results) == 1:
            head = f"static double {function.name}({given})"
            value = self.text.write(last)
            if not before:
                return [remark, f"{head} {{ return {value}; }}", ""]
            lines = [f"    double {name} = {self.text.write(formula)};" for name, formula in before]
            return [remark, head, "{", *lines, f"    return {value};", "}", ""]
        lines = [f"    double {name} = {self.text.write(formula)};" for name, formula in function.bindings]
        lines += [f"    out[at + {place}] = {name};" for place, name in enumerate(function.results)]
        return [remark, f"static void {function.name}({given}, double *out, int at)", "{", *lines, "}", ""]

    def interpolated(self, step: steps.Interpolate, number: int) -> str:
        """Return the call."""
        size = len(step.tables[number][0])
        return f"interpolate({self.sources(step)[0]}[{number}], {size}, {', '.join(tables_of(step, number))})"

    def read_columns(self, step: steps.Read) -> None:
        """Read the fields of a row."""
        self.say(step.note)
        self.declare(step.name, step.width)
        for number, given in enumerate(step.inputs):
            value = f"row->{self.fields[given.name]}"
            if given.kind == steps.CATEGORY:
                value = self._code(given, value)
            elif given.kind == steps.TEXT:
                value = self._is_given(given, value)
            self.assign(f"{step.name}[{number}]", value)

    def _code(self, given: Input, value: str) -> str:
        known, codes = f"{self.fields[given.name]}_known", given.known or {"": given.other}
        cells = [f"{{{quoted(text)}, {code}}}" for text, code in codes.items()]
        self.constants += [f"static const category {known}[{len(codes)}] = {{", *wrapped(cells, "    "), "};", ""]
        return f"code_of({value}, {known}, {len(codes)}, {given.other}, {given.missing})"

    def _is_given(self, given: Input, value: str) -> str:
        """Return NAN for a missing text, else 0."""
        name = f"{self.fields[given.name]}_marks"
        marks = [quoted(mark) for mark in given.marks]
        self.constants += [f"static const char *const {name}[{len(marks)}] = {{", *wrapped(marks, "    "), "};", ""]
        return f"is_missing_text({value}, {name}, {len(marks)}) ? NAN : 0.0"

    def counted(self, step: Counted) -> None:
        """Count the words of a text."""
        texts.c_counted(self, step)

    def answered(self, answer: Answer, last: str, width: int) -> None:
        """Return the prediction, and set the scores."""
        if answer.kind == steps.NUMBERS and width == 1:
            self.add(f"return {last}[0];")
            return
        if answer.has_interval:
            for place in (0, 1):
                self.assign(f"interval[{place}]", f"{last}[{place + 1}]")
            self.add(f"return {last}[0];")
            return
        names = {steps.NUMBERS: "predictions", steps.CLASSES: "probabilities"}
        scores = names.get(answer.kind, "scores")
        self.loop("i", width)
        self.assign(f"{scores}[i]", f"{last}[i]")
        if answer.kind == steps.LABELS:
            self.assign("applies[i]", f"{last}[i] > {answer.threshold}")
        self.end()
        if answer.kind in (steps.CLASSES, steps.MARGINS):
            if width == 1:
                self.add(f"return {last}[0] > 0;")
                return
            self._set(answer, last, width)
            self.add("int best = 0;")
            self.loop("i", width, 1)
            factors = [f" * {self.decided_by(answer)}[{place}]" if answer.factors else "" for place in ("i", "best")]
            self.add(f"if ({last}[i]{factors[0]} > {last}[best]{factors[1]}) best = i;")
            self.end()
            self.add("return best;")

    def _set(self, answer: Answer, last: str, width: int) -> None:
        """Set which classes are in the set of the stated level, if there is one."""
        if answer.reach is None:
            return
        self.let("top", f"{last}[0]")
        self.loop("i", width, 1)
        self.assign("top", self.text.call("max", ["top", f"{last}[i]"]))
        self.end()
        self.loop("i", width)
        self.assign("in_set[i]", f"1 - {last}[i] <= {digits(answer.reach)} || {last}[i] == top")
        self.end()


def _number(value: float) -> str:
    return digits(value) if math.isfinite(value) else f"{'-' if value < 0 else ''}INFINITY"


def _meaning(given: Input) -> str:
    """Return a field's column and what it holds."""
    holds = {steps.TRUTH: "1 true, 0 false", steps.DATE: "koubai_date(…)"}
    holds |= {steps.CATEGORY: "a text", steps.TEXT: "a text in UTF-8"}
    return f"{_remark(given.name)}: {holds.get(given.kind, 'a number')}"


def _remark(text: str) -> str:
    """Return a text that neither ends nor begins a comment."""
    return on_a_line(text).replace("*/", "* /").replace("/*", "/ *")
