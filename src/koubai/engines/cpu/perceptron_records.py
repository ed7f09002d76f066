"""What the compiled perceptron takes and returns: learning rule, plan of passes, problems, rows and weights."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from koubai.core.arrays import Array
from koubai.core.schema import Record


@dataclass(frozen=True, slots=True)
class LearningRule:
    """How the weights change.

    Parameters
    ----------
    learning_rate : float
        η > 0, dimensionless.
    penalty : {None, "l1", "l2", "elasticnet"}
        The penalty on the weights, with its strength ``alpha`` and, for elasticnet, the share of L1.
    fit_bias : bool
        Whether there is a bias; ``bias_share`` of each update goes to it.
    ties_wrong : bool
        Whether f(x) = 0 is a mistake for both labels; if not, it says -1.
    variant : {"plain", "averaged", "pocket"}
        Which weights are the result: the last, the mean over all rows seen, or those wrong on the fewest rows.
    """

    learning_rate: float = 1.0
    penalty: str | None = None
    alpha: float = 1e-4
    l1_ratio: float = 0.15
    fit_bias: bool = True
    bias_share: float = 1.0
    ties_wrong: bool = True
    variant: str = "plain"


@dataclass(frozen=True, slots=True)
class PassPlan:
    """How many passes, in which order, and when a problem stops early.

    Parameters
    ----------
    max_passes : int
        Maximum number of passes over the rows, >= 1.
    order : {"shuffled", "in order", "random"}
        A new permutation each pass, the rows in turn, or drawn at random with replacement.
    seed, first_pass : int
        Seed of the orders, and the number of the first pass in it, from 0.
    tolerance : float, optional
        A problem stops after ``patience`` passes in a row whose objective is not below the best by more than this,
        in units of the loss. None: never.
    until_separated : bool
        Stop a problem if and only if its weights are right on every row; no other rule then applies.
    """

    max_passes: int = 1000
    order: str = "shuffled"
    seed: int = 0
    first_pass: int = 0
    tolerance: float | None = None
    patience: int = 5
    until_separated: bool = False


@dataclass(frozen=True, slots=True)
class Problems:
    """The K two-class problems: each one's positive label (K,), and the weights of positive and negative rows (K,)."""

    classes: Array
    positive: Array
    negative: Array

    def take(self, part: Array) -> "Problems":
        """Return some of the problems, by their numbers."""
        return Problems(self.classes[part], self.positive[part], self.negative[part])


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """Rows X (n, m), dense or CSR; the number of each row's class (n,); row weights (n,); the rows to learn from."""

    inputs: Array | csr_array
    labels: Array
    weights: Array
    members: npt.NDArray[np.int64]


@dataclass
class Weights:
    """The weights of K problems, (m, K) and (K,), with what each variant needs to continue later.

    ``sums`` (m, K), ``bias_sums`` (K,) are the weights added up over the ``counts`` (K,) rows seen, of the averaged
    variant.
    ``pocket`` (m, K), ``pocket_biases`` (K,) are those of the pocket variant, None while it is empty.
    """

    weights: Array
    biases: Array
    sums: Array | None = None
    bias_sums: Array | None = None
    counts: Array | None = None
    pocket: Array | None = None
    pocket_biases: Array | None = None

    def kind(self) -> str:
        """Return the variant that these weights belong to."""
        return "averaged" if self.sums is not None else "pocket" if self.pocket is not None else "plain"

    def copy(self, dtype: npt.DTypeLike) -> "Weights":
        """Return a copy that shares nothing with this, its weights in the given dtype."""
        copy = self.take(np.arange(self.biases.size))
        copy.weights = copy.weights.astype(dtype)
        copy.pocket = None if copy.pocket is None else copy.pocket.astype(dtype)
        return copy

    def take(self, part: Array) -> "Weights":
        """Return a copy of the weights of some of the problems, by their numbers."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        taken: Record = {name: None if array is None else array[..., part] for name, array in arrays.items()}
        return Weights(**taken)

    def put(self, part: Array, other: "Weights") -> None:
        """Take the weights of some of the problems, by their numbers, from another state."""
        for field in fields(self):
            array = getattr(self, field.name)
            if array is not None:
                array[..., part] = getattr(other, field.name)

    def prepare(self, variant: str) -> None:
        """Allocate what a variant keeps, unless it exists: empty sums, or a copy of the current weights."""
        if variant == "averaged" and self.sums is None:
            self.sums = np.zeros(self.weights.shape)
            self.bias_sums, self.counts = np.zeros(self.biases.size), np.zeros(self.biases.size)
        if variant == "pocket" and self.pocket is None:
            self.pocket, self.pocket_biases = self.weights.copy(), self.biases.copy()

    def result(self) -> tuple[Array, Array]:
        """Return the weights (m, K) and biases (K,) that predict: the mean, the pocket's, or the last ones."""
        if self.sums is not None and self.bias_sums is not None and self.counts is not None:
            return (self.sums / self.counts).astype(self.weights.dtype), self.bias_sums / self.counts
        if self.pocket is not None and self.pocket_biases is not None:
            return self.pocket, self.pocket_biases
        return self.weights, self.biases


@dataclass(frozen=True, slots=True)
class Pass:
    """What a caller is shown after one pass: the problems still running, their raw weights v, scales and tallies.

    w = ``scales`` · ``raw``; ``raw`` (m, k), all others (k,).
    """

    number: int
    problems: npt.NDArray[np.int64]
    raw: Array
    scales: Array
    biases: Array
    losses: Array
    objectives: Array
    mistakes: Array


@dataclass(slots=True)
class Outcome:
    """The outcome: passes run by each problem (K,), mistakes (n_passes, K), and which were separated (K,)."""

    passes: npt.NDArray[np.int64]
    mistakes: npt.NDArray[np.int64]
    separated: npt.NDArray[np.bool_]
