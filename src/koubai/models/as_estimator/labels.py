"""Labels of classes on their way through a table, whose cells are texts, whole numbers or truth values."""

from dataclasses import dataclass

import numpy as np

from koubai.core.arrays import Array
from koubai.tables.files.missing import NO_MARKS, clean


@dataclass(frozen=True, eq=False)
class Labels:
    """The classes as the user has them, and as a table holds them.

    Parameters
    ----------
    classes : array of shape (n_classes,)
        The user's, sorted.
    in_table : array of shape (n_classes,)
        The same in a table: as they are if a table's cells can be that, else numbers from 0.
    """

    classes: Array
    in_table: Array

    @classmethod
    def of(cls, y: Array) -> "Labels":
        """Return the labels of targets, (n_rows,).

        Examples
        --------
        >>> Labels.of(np.array(["b", "a", "b"])).in_table.tolist()
        ['a', 'b']
        >>> Labels.of(np.array([0.5, 1.5])).in_table.tolist()
        [0, 1]
        """
        classes = np.unique(y)
        return cls(classes, _in_table(classes))

    def to_table(self, y: Array) -> Array:
        """Return targets as a table holds them, (n_rows,)."""
        return self.in_table[np.searchsorted(self.classes, y)]

    def from_table(self, predicted: Array) -> Array:
        """Return classes that a table's model answers as the user's, (n_rows,)."""
        order = np.argsort(self.in_table, kind="stable")
        predicted = np.asarray(predicted).astype(self.in_table.dtype)
        return self.classes[order[np.searchsorted(self.in_table[order], predicted)]]

    def order(self) -> Array:
        """Return for each of the user's classes its place among the sorted ones of a table."""
        return np.argsort(np.argsort(self.in_table, kind="stable"), kind="stable")


def _in_table(classes: Array) -> Array:
    """Return classes as a table's cells: themselves, if a table reads them back as such."""
    if classes.dtype.kind in "biu" and (classes.dtype.kind == "b" or np.abs(classes.astype(np.float64)).max() < 2**53):
        return classes if classes.dtype.kind == "b" else classes.astype(np.int64)
    texts = classes.astype(np.str_) if classes.dtype.kind in "UO" and all(map(_is_text, classes)) else None
    return texts if texts is not None and _stay(texts) else np.arange(len(classes))


def _is_text(label: object) -> bool:
    return isinstance(label, str)


def _stay(texts: Array) -> bool:
    """Return whether a table would keep every text unchanged: none is a missing mark, a number, or padded."""
    import polars as pl

    kept = clean(pl.DataFrame({"label": texts.tolist()}), marks=NO_MARKS)["label"].to_list()
    return kept == texts.tolist() and not any(_is_number(text) for text in kept)


def _is_number(text: str) -> bool:
    """Return whether a text holds a digit where numbers do: it might be read as one."""
    return not any(character.isalpha() for character in text)
