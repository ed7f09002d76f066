"""What is to be said of classes of which some have few rows."""

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.language import worded

IMBALANCE = 3.0
"""A target is called unbalanced if its commonest class has this many times the rows of its rarest."""


def imbalance(y: Array) -> str:
    """Return a sentence on classes of very different size, or nothing; y is (n_rows,)."""
    return imbalance_of(*np.unique(y, return_counts=True))


def imbalance_of(classes: Array, counts: npt.NDArray[np.int64]) -> str:
    """Return a sentence on classes of very different size, or nothing; both are (n_classes,)."""
    most, least, n_rows = int(counts.max()), int(counts.min()), int(counts.sum())
    if most < IMBALANCE * least:
        return ""
    return worded(
        "tables.note.classes_unbalanced_has_rows",
        classes=str(classes[counts.argmax()]),
        most=f"{most:,}",
        percent=_percent(most / n_rows),
        classes_2=str(classes[counts.argmin()]),
        least=f"{least:,}",
        percent_2=_percent(least / n_rows),
    )


def _percent(share: float) -> str:
    """Return a share with three digits: 99.5 % of 201 rows are not all of them."""
    return f"{100 * share:.3g}%"


def untested(classes: Array, tested: Array) -> str:
    """Return a sentence on classes of which no row was held out, or nothing; both are labels (n,), repeated or not."""
    absent = np.setdiff1d(classes, tested)
    if not len(absent):
        return ""
    listed = ", ".join(str(label) for label in absent[:5]) + ("…" if len(absent) > 5 else "")
    return worded("tables.note.no_rows_were_held_out", listed=listed)
