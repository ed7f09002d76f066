"""Plain code: what C, JavaScript and Python have in common when they compute a model's steps with loops."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from koubai.export import steps
from koubai.export.functions import ERF
from koubai.export.steps import Answer, Computation, Input, Scalar, Step
from koubai.export.targets import maps
from koubai.export.targets.formula_text import names_in
from koubai.export.targets.loops import Loops
from koubai.export.words import Counted


def tables_of(step: steps.Interpolate, number: int) -> list[str]:
    """Return the names of the arrays of one of a step's tables: places, heights to the left and to the right."""
    return [f"{step.name}_{number}_{part}" for part in ("places", "left", "right")]


def truth_words_in(helper: str, *, decimal: bool) -> str:
    """Return a helper that reads truth values, with the words for them; ``decimal`` with 1.0 and 0.0 too."""
    for name, words in (("TRUE_WORDS", steps.TRUE), ("FALSE_WORDS", steps.FALSE)):
        every = (*words, steps.DECIMAL[words]) if decimal else words
        helper = helper.replace(name, ", ".join(f'"{word}"' for word in every))
    return helper


class Plain(Loops):
    """Writes a computation in a language of loops; subclasses say how the language looks.

    Parameters
    ----------
    computation : Computation
        What is to be computed.
    """

    without_erf: ClassVar[bool] = False
    """Whether the language has no error function."""

    # What a language looks like

    def function(self, function: Scalar) -> list[str]:
        """Return the definition of a function."""
        raise NotImplementedError

    def is_missing(self, marks: tuple[float, ...]) -> str:
        """Return the name of the function that says whether a number is missing, or one of these marks."""
        raise NotImplementedError

    def interpolated(self, step: steps.Interpolate, number: int) -> str:
        """Return the call that interpolates in one of a step's tables."""
        return f"interpolate({self.sources(step)[0]}[{number}], {', '.join(tables_of(step, number))})"

    def read_columns(self, step: steps.Read) -> None:
        """Read a row of columns."""
        raise NotImplementedError

    def counted(self, step: Counted) -> None:
        """Count the words of a text."""
        raise NotImplementedError

    def answered(self, answer: Answer, last: str, width: int) -> None:
        """Return the answer."""
        raise NotImplementedError

    # What languages have in common

    def body(self) -> None:
        """Write all steps and the answer."""
        for step in self.computation.steps:
            WRITERS[type(step)](self, step)
        last = self.computation.steps[-1]
        self.answered(self.computation.answer, self.vector(last.name), last.width)

    def functions(self) -> list[str]:
        """Return the definitions of all functions that are applied."""
        own = [ERF] if self.without_erf and "erf" in self.called() else []
        return [line for function in (*own, *self.computation.functions) for line in self.function(function)]

    def called(self) -> set[str]:
        """Return the names of the mathematical functions that are called."""
        found = {name for f in self.computation.functions for _, formula in f.bindings for name in names_in(formula)}
        has_softmax = any(isinstance(step, steps.Softmax) for step in self.computation.steps)
        return found | ({"exp"} if has_softmax else set())

    @property
    def marks(self) -> list[tuple[float, ...]]:
        """The numbers that mark missing ones, once for each test that is needed."""
        found = [step.marks for step in self.computation.steps if isinstance(step, steps.Missing | steps.Filled)]
        return list(dict.fromkeys(found))

    def read(self, step: steps.Read) -> None:
        """Read the inputs; a whole row is given as it is."""
        if step.inputs[0].kind != steps.ROW:
            self.read_columns(step)

    def cast(self, step: steps.Cast) -> None:
        """Do nothing: all is computed in double precision."""

    def decided_by(self, answer: Answer) -> str:
        """Return the name of the factors by which probabilities are multiplied before the largest decides."""
        if not any("decision_factors" in line for line in self.constants):
            self.table("decision_factors", np.array(answer.factors), "")
        return "decision_factors"

    def select(self, step: steps.Select) -> None:
        """Take entries of the source."""
        places = f"{step.name}_places"
        self.table(places, np.array(step.places), "")
        self.fill(step, f"{self.sources(step)[0]}[{places}[i]]")

    def missing(self, step: steps.Missing) -> None:
        """Set 1 where a number is missing."""
        test = f"{self.is_missing(step.marks)}({self.sources(step)[0]}[i])"
        self.fill(step, self.text.conditional(test, "1.0", "0.0"))

    def filled(self, step: steps.Filled) -> None:
        """Fill gaps."""
        source = f"{self.sources(step)[0]}[i]"
        value = self.parameter(f"{step.name}_values", step.values)
        self.fill(step, self.text.conditional(f"{self.is_missing(step.marks)}({source})", value, source))

    def apply(self, step: steps.Apply) -> None:
        """Apply a function to every entry."""
        function, sources = step.function, [f"{name}[i]" for name in self.sources(step)]
        given = [
            self.parameter(f"{step.name}_{name}", step.parameters[name]) for name in function.arguments[len(sources) :]
        ]
        if len(function.results) == 1:
            self.fill(step, f"{function.name}({', '.join([*sources, *given])})")
            return
        self.say(step.note)
        self.declare(step.name, step.width)
        n = len(function.results)
        self.loop("i", step.width // n)
        self.call(f"{function.name}({', '.join([*sources, *given, step.name, f'{n} * i'])})")
        self.end()

    def call(self, expression: str) -> None:
        """Call a function for what it does."""
        self.add(f"{expression};")

    def interpolate(self, step: steps.Interpolate) -> None:
        """Look up each entry in its table."""
        self.say(step.note)
        self.declare(step.name, step.width)
        for number, parts in enumerate(step.tables):
            for name, array in zip(tables_of(step, number), parts, strict=True):
                self.table(name, array, "")
            self.assign(f"{step.name}[{number}]", self.interpolated(step, number))

    def affine(self, step: steps.Affine) -> None:
        """Add up products."""
        w, b = self.weights(step)
        self.say(step.note)
        self.declare(step.name, step.width)
        self.loop("i", step.width)
        self.assign(f"{step.name}[i]", f"{b}[i]")
        self.loop("j", step.weights.shape[0])
        self.assign(f"{step.name}[i]", f"{w}[i][j] * {self.sources(step)[0]}[j]", "+=")
        self.end()
        self.end()

    def blocks(self, step: steps.Blocks) -> None:
        """Add up products block by block."""
        w, b = self.weights(step)
        n_blocks, n_in, n_out = step.weights.shape
        self.say(step.note)
        self.declare(step.name, step.width)
        self.loop("k", n_blocks)
        self.loop("i", n_out)
        at = f"{n_out} * k + i"
        self.assign(f"{step.name}[{at}]", f"{b}[{at}]")
        self.loop("j", n_in)
        self.assign(f"{step.name}[{at}]", f"{w}[{at}][j] * {self.sources(step)[0]}[{n_in} * k + j]", "+=")
        for _ in range(3):
            self.end()

    def join(self, step: steps.Join) -> None:
        """Put vectors one after another."""
        self.say(step.note)
        self.declare(step.name, step.width)
        start = 0
        for name in step.sources:
            width = self.computation.widths[name]
            if width == 1:
                self.assign(f"{step.name}[{start}]", f"{self.vector(name)}[0]")
            else:
                self.loop("i", width)
                self.assign(f"{step.name}[{f'{start} + i' if start else 'i'}]", f"{self.vector(name)}[i]")
                self.end()
            start += width

    def softmax(self, step: steps.Softmax) -> None:
        """Set exp(u_i - max u) / Σ_k exp(u_k - max u)."""
        source, total, top = self.sources(step)[0], f"{step.name}_total", f"{step.name}_top"
        self.say(step.note)
        self.let(top, f"{source}[0]")
        self.loop("i", step.width, 1)
        self.assign(top, self.text.call("max", [top, f"{source}[i]"]))
        self.end()
        self.declare(step.name, step.width)
        self.let(total, "0.0")
        self.loop("i", step.width)
        self.assign(f"{step.name}[i]", self.text.call("exp", [f"{source}[i] - {top}"]))
        self.assign(total, f"{step.name}[i]", "+=")
        self.end()
        self.loop("i", step.width)
        self.assign(f"{step.name}[i]", total, "/=")
        self.end()

    def shares(self, step: steps.Shares) -> None:
        """Set z_i / Σ_k z_k."""
        source, total = self.sources(step)[0], f"{step.name}_total"
        self.let(total, "0.0")
        self.loop("i", step.width)
        self.assign(total, f"{source}[i]", "+=")
        self.end()
        self.fill(step, f"{source}[i] / {total}")

    def mean(self, step: steps.Mean) -> None:
        """Set the mean of the sources."""
        total = " + ".join(f"{name}[i]" for name in self.sources(step))
        self.fill(step, f"({total}) / {len(step.sources)}.0")


WRITERS: dict[type[Step], Callable[..., None]] = {
    steps.Read: Plain.read,
    steps.Cast: Plain.cast,
    steps.Select: Plain.select,
    steps.Missing: Plain.missing,
    steps.Filled: Plain.filled,
    steps.Apply: Plain.apply,
    steps.Interpolate: Plain.interpolate,
    steps.Affine: lambda plain, step: plain.affine(step),
    steps.Blocks: Plain.blocks,
    steps.Join: Plain.join,
    steps.Softmax: Plain.softmax,
    steps.Shares: Plain.shares,
    steps.Mean: Plain.mean,
    **maps.PLAIN,
    Counted: lambda plain, step: plain.counted(step),
}
"""How each kind of step is written."""


def has(computation: Computation, kind: type[Step]) -> bool:
    """Return whether there is a step of a kind."""
    return any(isinstance(step, kind) for step in computation.steps)


def categories_of(computation: Computation) -> list[Input]:
    """Return the inputs that are categories."""
    return [given for given in computation.inputs if given.kind == steps.CATEGORY]


def number_marks(computation: Computation) -> list[float]:
    """Return the numbers that mark missing values."""
    return sorted({mark for given in computation.inputs for mark in given.numbers})
