"""Examples that a perceptron learns from, and the lecture's six mails (lecture slides 19-25)."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from koubai.core.arrays import Array
from koubai.core.formulas.values import as_given


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples to learn from: features (n, n_features), labels +1 and -1, and their names.

    ``labels`` gives the meanings of +1 and -1, if any. With ``bias``, every example also has a
    feature x_0 = 1, whose weight w_0 is the bias.
    """

    x: Array
    y: Array
    features: tuple[str, ...]
    names: tuple[str, ...]
    labels: tuple[str, str] | None = None
    bias: bool = False

    @property
    def rows(self) -> Array:
        """The features as exact numbers where possible, preceded by x_0 if there is a bias."""
        rows = np.array([[as_given(value) for value in row] for row in self.x.tolist()], dtype=object)
        return np.column_stack([np.full(len(rows), Fraction(1), dtype=object), rows]) if self.bias else rows

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the features of ``rows``."""
        return ("1", *self.features) if self.bias else self.features


def spam() -> Examples:
    """Return the lecture's six mails (slides 19-25)."""
    x = [[1, 1, 0, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0], [1, 0, 0, 1, 0], [1, 0, 1, 0, 1], [1, 0, 1, 1, 0]]
    y = [1, -1, 1, -1, 1, -1]
    features = ("and", "viagra", "the", "of", "nigeria")
    return Examples(np.array(x), np.array(y), features, tuple(f"v{row}" for row in range(1, 7)))
