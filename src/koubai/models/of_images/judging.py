"""Scores of a model of images: which labels it can be judged by, and what its answers are compared with."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.models.scores.evaluation import Evaluation, evaluate_classes, evaluate_numbers


def labels_like(labels: Array | None, classes: Array | None) -> Array | None:
    """Return the labels of images, as texts if the classes are; None if there are none, or folders' for numbers.

    Examples
    --------
    >>> labels_like(np.array([1, 2]), np.array(["1", "2"])).tolist()
    ['1', '2']
    """
    if labels is None or classes is None:
        return labels
    in_words = classes.dtype.kind in "US"
    if in_words == (labels.dtype.kind in "US"):
        return labels
    return labels.astype(str) if in_words else None


def known(labels: Array, classes: Array | None) -> npt.NDArray[np.bool_]:
    """Return which labels are among the classes; for numbers, which have no classes, all or none."""
    return np.full(len(labels), labels.dtype.kind in "biuf") if classes is None else np.isin(labels, classes)


@dataclass(frozen=True, slots=True)
class Simplest:
    """What training labels tell of the simplest answers, with which scores are compared.

    Parameters
    ----------
    classes : array or None
        The classes, sorted; None for numbers.
    commonest : label
        The commonest class; None if the training labels are unknown.
    shares : list of float or None
        Share of the rows of each class.
    mean : float
        Mean of the numbers; NaN if the training labels are unknown.
    """

    classes: Array | None
    commonest: object
    shares: list[float] | None
    mean: float

    def evaluate(self, labels: Array, predicted: Array, probabilities: Array | None) -> Evaluation:
        """Return the scores; if the training labels are unknown, the simplest answer knows these ones."""
        if self.classes is None:
            mean = float(np.mean(labels, dtype=np.float64)) if np.isnan(self.mean) else self.mean
            return evaluate_numbers(labels, predicted, mean)
        commonest = self.commonest
        if commonest is None:
            seen, counts = np.unique(labels[known(labels, self.classes)], return_counts=True)
            commonest = seen[counts.argmax()].item()
        return evaluate_classes(labels, predicted, probabilities, self.classes, commonest, self.shares)
