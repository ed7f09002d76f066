"""Compact storage of prepared rows: numbers unchanged; a category, and how often a word comes, as one byte each."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from koubai.core.arrays import Array
from koubai.tables.preparing.categories import CategoryColumn
from koubai.tables.preparing.preparation import OF_WORDS, Preparation
from koubai.tables.preparing.texts.column import TextColumn

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Packing:
    """The storage of a preparation's features in a file.

    Parameters
    ----------
    preparation : Preparation
        Whose features.
    dtype : dtype
        float64 or float32, of features.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"age": [20, 30, None, 50], "sex": ["f", "m", "m", "f"]})
    >>> preparation = Preparation.fit(table)
    >>> packing = Packing(preparation, np.dtype(np.float64))
    >>> numbers, codes = packing.pack(table)
    >>> numbers.shape, codes.ravel().tolist()
    ((4, 2), [0, 1, 1, 0])
    >>> bool((packing.unpack(numbers, codes) == preparation.transform(table)).all())
    True
    """

    preparation: Preparation
    dtype: np.dtype[np.generic]

    @property
    def n_numbers(self) -> int:
        """Number of features stored as numbers."""
        return sum(len(c.features) for c in self.preparation.columns if not isinstance(c, OF_WORDS))

    @property
    def n_codes(self) -> int:
        """Number of bytes: one for each category and each term of a text."""
        n_counts = sum(len(column.features) for column in self.preparation.texts.values())
        return n_counts + sum(isinstance(column, CategoryColumn) for column in self.preparation.columns)

    @property
    def n_features(self) -> int:
        """Features of an unpacked row."""
        return len(self.preparation.features)

    def pack(self, frame: "pl.DataFrame", first_row: int = 0) -> tuple[Array, Array]:
        """Return numbers (n_rows, n_numbers) and codes (n_rows, n_codes) of a cleaned table.

        Raises
        ------
        DataError
            As `Preparation.transform`.
        """
        self.preparation.check_columns(frame.columns)
        packed = np.empty((frame.height, self.n_numbers), self.dtype)
        codes = np.empty((frame.height, self.n_codes), np.uint8)
        at_number = at_code = 0
        for column in self.preparation.columns:
            values = frame[column.name]
            if isinstance(column, CategoryColumn):
                codes[:, at_code] = column.places(values)
                at_code += 1
            elif isinstance(column, TextColumn):
                counts = column.counts(values)
                codes[:, at_code : at_code + counts.shape[1]] = counts
                at_code += counts.shape[1]
            else:
                features = column.transform(values, first_row)
                packed[:, at_number : at_number + features.shape[1]] = features
                at_number += features.shape[1]
        return packed, codes

    def unpack(self, packed: Array, codes: Array) -> Array:
        """Return the same features as `Preparation.transform`, (n_rows, n_features)."""
        if not self.n_codes:
            return packed
        found = np.zeros((len(packed), self.n_features), self.dtype)
        rows = np.arange(len(packed))
        at_number = at_code = at = 0
        for column in self.preparation.columns:
            width = len(column.features)
            if isinstance(column, CategoryColumn):
                places = codes[:, at_code].astype(np.int64)
                there = places < width
                found[rows[there], at + places[there]] = 1
                at_code += 1
            elif isinstance(column, TextColumn):
                found[:, at : at + width] = column.weighed(codes[:, at_code : at_code + width])
                at_code += width
            else:
                found[:, at : at + width] = packed[:, at_number : at_number + width]
                at_number += width
            at += width
        return found
