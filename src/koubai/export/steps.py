"""What a model computes, from the columns of a row to its answer, as small typed steps.

Each step makes a vector of numbers from those of earlier steps, which it names. A kind of layer or of preparation is
described in these steps once, and a target (ONNX, C, SQL, …) writes these steps and nothing else.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array, Floats
from koubai.core.formulas.tree import Formula
from koubai.tables.meaning.values import TRUTH as TRUTH_WORDS

NUMBER, TRUTH, CATEGORY, DATE, ROW = "number", "truth", "category", "date", "row"
"""What an input holds: one number, truth value, text or point in time; or a whole row of numbers."""
TEXT = "text"
"""An input of which words are counted."""
IN_TEXTS = (CATEGORY, TEXT)
"""Inputs that are texts."""
CELL, IMAGE = "cell", "image"
"""What only the service is given: a cell of any kind, which a pipeline's steps read, and a picture file."""

TRUE, FALSE = (tuple(word for word, value in TRUTH_WORDS.items() if value == wanted) for wanted in (1.0, 0.0))
"""What a truth value may be written as, in any case of letters."""
DECIMAL = {TRUE: "1.0", FALSE: "0.0"}
"""What a number that stands for one becomes as text, where a language keeps the decimal point."""

WHOLE = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
"""A text that is a whole number, which may also be written with a decimal point and zeros behind it."""


@dataclass(frozen=True)
class Input:
    """What is given for a row.

    Parameters
    ----------
    name : str
        The column's name; ``X`` for a whole row of numbers.
    kind : str
        ``number``, ``truth``, ``category``, ``date`` (in seconds since 1970 as written on the clock) or ``row``.
    width : int
        How many numbers it becomes: 1, but for a row.
    codes : mapping of str to int
        For categories, the number that each text becomes.
    other, missing : int
        For categories, the number of all other texts, and of a missing one.
    marks : tuple of str
        Texts that are missing values, without blanks at their ends.
    numbers : tuple of float
        Numbers that are missing values, in any spelling.
    as_written : bool
        Whether 3.0 is another text than 3.
    names : tuple of str
        For a row, the names of its numbers, if they have any.
    shape : tuple of int
        For a row that is an image, its height, width and channels.
    """

    name: str
    kind: str
    width: int = 1
    codes: Mapping[str, int] = field(default_factory=dict)
    other: int = 0
    missing: int = 0
    marks: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()
    as_written: bool = False
    names: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()

    @property
    def in_words(self) -> str:
        """What a whole row holds."""
        if self.shape:
            size = " × ".join(map(str, self.shape))
            return f"{self.width} numbers, the pixels of an image line by line ({size}: height, width, channels)"
        return f"{self.width} numbers" + (f": {', '.join(self.names)}" if self.names else "")

    @property
    def known(self) -> dict[str, int]:
        """The texts that become another number than all others do, marks of missing ones among them."""
        found = dict.fromkeys(self.marks, self.missing) | dict(self.codes)
        return {text: code for text, code in found.items() if code != self.other}


@dataclass(frozen=True)
class Scalar:
    """A function of a few numbers, by formulas that may use the results of those before them.

    Parameters
    ----------
    name : str
        Its name, as code can have it.
    arguments : tuple of str
        The symbols of its arguments.
    bindings : tuple of (str, Formula)
        Symbols and what they stand for, in order.
    results : tuple of str
        Which symbols are the results.
    meaning : str
        What it is, in a line.
    """

    name: str
    arguments: tuple[str, ...]
    bindings: tuple[tuple[str, Formula], ...]
    results: tuple[str, ...]
    meaning: str = ""


@dataclass(frozen=True)
class Step:
    """Makes a vector.

    Parameters
    ----------
    name : str
        The vector's name, as code can have it.
    sources : tuple of str
        The vectors that it is made from.
    width : int
        Number of its entries.
    note : str
        What it is, in a line; nothing if it is part of what follows.
    """

    name: str
    sources: tuple[str, ...]
    width: int
    note: str


@dataclass(frozen=True)
class Read(Step):
    """The inputs as numbers, one after another; missing ones are NaN."""

    inputs: tuple[Input, ...]


@dataclass(frozen=True)
class Cast(Step):
    """The same in the precision in which the network computes, where a target has several."""

    dtype: str


@dataclass(frozen=True)
class Select(Step):
    """Entries of the source, by their places from 0, in any order and repeated or not."""

    places: tuple[int, ...]


@dataclass(frozen=True)
class Missing(Step):
    """1 where the source is missing or one of the numbers that mark missing ones, else 0."""

    marks: tuple[float, ...]


@dataclass(frozen=True)
class Filled(Step):
    """The source, what is `Missing` replaced by a value for each entry."""

    values: Floats
    marks: tuple[float, ...]


@dataclass(frozen=True)
class Apply(Step):
    """A function of each entry, or of each with the same place in several sources.

    ``parameters`` are those of the function's arguments that come after the sources, each with one number for each
    entry. A function of several results gives them entry by entry.
    """

    function: Scalar
    parameters: Mapping[str, Array]


@dataclass(frozen=True)
class Interpolate(Step):
    """For each entry, a piecewise linear function that may jump at its places.

    Parameters
    ----------
    tables : tuple of (places, left, right)
        Increasing places (m,) and the heights at which they are reached from the left and left to the right; at a place
        itself it is their mean. Outside it is constant.
    """

    tables: tuple[tuple[Floats, Floats, Floats], ...]


@dataclass(frozen=True)
class Affine(Step):
    """u_i = Σ_j w_ij z_j + b_i: ``weights`` (n_in, n_out) and ``biases`` (n_out,)."""

    weights: Array
    biases: Array


@dataclass(frozen=True)
class Blocks(Step):
    """`Affine` block by block: ``weights`` (n_blocks, n_in, n_out) and ``biases`` (n_blocks, n_out)."""

    weights: Array
    biases: Array


@dataclass(frozen=True)
class Join(Step):
    """All sources, one after another."""


@dataclass(frozen=True)
class Softmax(Step):
    """exp(u_i) / Σ_k exp(u_k)."""


@dataclass(frozen=True)
class Shares(Step):
    """z_i / Σ_k z_k."""


@dataclass(frozen=True)
class Mean(Step):
    """The mean of the sources, entry by entry."""


CLASSES, MARGINS, LABELS, NUMBERS = "classes", "margins", "labels", "numbers"
"""What an answer is: one class by probabilities or by margins, labels each for itself, or numbers."""


@dataclass(frozen=True)
class Answer:
    """How the last vector is read.

    Parameters
    ----------
    kind : str
        ``classes`` (the largest of the probabilities), ``margins`` (the largest; of one alone, whether it is above 0),
        ``labels`` (each that is above ``threshold``) or ``numbers``.
    name : str
        What is predicted.
    classes : sequence
        The labels of the classes: texts, whole numbers, truth values or numbers.
    threshold : float
        For labels.
    factors : sequence of float
        For classes, what their probabilities are multiplied by before the largest decides; none for nothing.
    reach : float or None
        For classes, how far from 1 the probability of those may be that are in the set of a stated level; the most
        probable one always is. None if there is no such set.
    has_interval : bool
        For numbers, whether the last vector holds the answer and the ends of its interval.
    """

    kind: str
    name: str
    classes: Sequence[object] = ()
    threshold: float = 0.5
    factors: Sequence[float] = ()
    reach: float | None = None
    has_interval: bool = False

    @property
    def scores(self) -> str:
        """What the numbers of classes are called; labels apart from a threshold of 0 have probabilities."""
        has_probabilities = self.kind == CLASSES or (self.kind == LABELS and self.threshold != 0)
        return "probabilities" if has_probabilities else "scores"


@dataclass(frozen=True)
class Computation:
    """A model from a row to its answer.

    Parameters
    ----------
    title : str
        What the model is, in a line.
    steps : tuple of Step
        In order; the last is read as the answer.
    answer : Answer
        How.
    """

    title: str
    steps: tuple[Step, ...]
    answer: Answer

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What is given for a row."""
        return tuple(given for step in self.steps if isinstance(step, Read) for given in step.inputs)

    @property
    def functions(self) -> tuple[Scalar, ...]:
        """The functions that are applied, each once."""
        found = {step.function.name: step.function for step in self.steps if isinstance(step, Apply)}
        return tuple(found.values())

    @property
    def widths(self) -> dict[str, int]:
        """Number of entries of each vector."""
        return {step.name: step.width for step in self.steps}


class Builder:
    """Puts steps together; each method adds one and returns its name."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._width: dict[str, int] = {}

    def width(self, name: str) -> int:
        """Return the number of entries of a vector."""
        return self._width[name]

    def add(self, step: Step) -> str:
        """Add a step; the same name is used once."""
        if step.name in self._width:
            raise ValueError(f"two steps named {step.name}")
        self.steps.append(step)
        self._width[step.name] = step.width
        return step.name

    def select(self, name: str, source: str, places: Sequence[int], note: str = "") -> str:
        """Add `Select`, unless it would change nothing."""
        if list(places) == list(range(self.width(source))):
            return source
        return self.add(Select(name, (source,), len(places), note, tuple(places)))

    def apply(
        self,
        name: str,
        sources: Sequence[str],
        function: Scalar,
        parameters: Mapping[str, npt.ArrayLike] | None = None,
        note: str = "",
    ) -> str:
        """Add `Apply`."""
        if name == function.name:
            raise ValueError(f"a step and its function named {name}")
        given = {key: np.asarray(value) for key, value in (parameters or {}).items()}
        width = self.width(sources[0]) * len(function.results)
        return self.add(Apply(name, tuple(sources), width, note, function, given))

    def affine(self, name: str, source: str, weights: Array, biases: Array, note: str = "") -> str:
        """Add `Affine`."""
        return self.add(Affine(name, (source,), weights.shape[1], note, weights, biases))

    def join(self, name: str, sources: Sequence[str], note: str = "") -> str:
        """Add `Join`, unless there is only one source."""
        if len(sources) == 1:
            return sources[0]
        return self.add(Join(name, tuple(sources), sum(map(self.width, sources)), note))
