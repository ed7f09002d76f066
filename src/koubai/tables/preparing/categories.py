"""Categories as features: one-hot encoding, with rare categories pooled."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from koubai.core.language import worded
from koubai.core.schema import Record
from koubai.tables.meaning.columns import CATEGORY, Column, Use
from koubai.tables.meaning.values import BadCells, labels

if TYPE_CHECKING:
    import polars as pl

MAX_CATEGORIES = 64
"""Maximum number of features per column; rarer categories are pooled."""
SMALL_TABLE = 50
"""Below this number of rows, no category is rare."""


def rare_below(n_rows: int) -> int:
    """Return the minimum number of rows for a category to have its own feature: 3, or 0.1 % of a large table."""
    return 1 if n_rows < SMALL_TABLE else max(3, math.ceil(n_rows / 1000))


@dataclass(frozen=True, slots=True)
class CategoryColumn:
    """A column of categories.

    Its features are 1 for the row's category and 0 for the others. Rare categories share one feature, ``other``, as do
    categories unseen in training. Missing is a category too, if it occurred. Without ``other``, an unseen category is 0
    everywhere.

    Parameters
    ----------
    name : str
        The column.
    categories : tuple of str
        Categories with their own feature, in order.
    rare : tuple of str
        Categories that share ``other``.
    marks_missing : bool
        Whether there is a feature for missing values.
    as_written : bool
        Whether "3.0" and "3" are different categories, as in older models.
    """

    kind: ClassVar[str] = CATEGORY

    name: str
    categories: tuple[str, ...]
    rare: tuple[str, ...]
    marks_missing: bool
    as_written: bool = False

    @staticmethod
    def as_read(column: "pl.Series", described: Column, bad: BadCells | None = None) -> "pl.Series":
        """Return a cleaned column's categories as texts; any cell is one."""
        return labels(column)

    @classmethod
    def fit(cls, column: "pl.Series", described: Column) -> "CategoryColumn":
        """Learn the categories of a cleaned column."""
        found = labels(column).drop_nulls().value_counts()
        counts = dict(zip(found[column.name].to_list(), found["count"].to_list(), strict=True))
        return cls.of_counts(column.name, counts, column.null_count())

    @classmethod
    def of_counts(cls, name: str, counts: Mapping[str, int], n_missing: int) -> "CategoryColumn":
        """Learn the categories from their counts.

        A category of fewer than `rare_below` rows is rare; if there are still more than `MAX_CATEGORIES`, ``other``
        among them, so are the smallest. (scikit-learn's OneHotEncoder does the same with ``min_frequency`` and
        ``max_categories``.)
        """
        least = rare_below(sum(counts.values()) + n_missing)
        ordered = sorted(counts)
        frequent = {label for label in ordered if counts[label] >= least}
        if len(frequent) + 1 > MAX_CATEGORIES:
            frequent = set(sorted(ordered, key=counts.__getitem__)[-(MAX_CATEGORIES - 1) :])
        categories = tuple(label for label in ordered if label in frequent)
        return cls(name, categories, tuple(label for label in ordered if label not in frequent), n_missing > 0)

    @property
    def features(self) -> list[str]:
        """Names of the features."""
        names = [f"{self.name} = {label}" for label in self.categories]
        names += [f"{self.name} = other"] if self.rare else []
        return names + ([f"{self.name} (missing)"] if self.marks_missing else [])

    def transform(
        self, column: "pl.Series", first_row: int = 0, bad: BadCells | None = None
    ) -> npt.NDArray[np.float64]:
        """Return the features of a cleaned column, (n_rows, n_features); every cell is valid."""
        places = self.places(column)
        found = np.zeros((len(places), len(self.features) + 1))
        found[np.arange(len(places)), places] = 1
        return found[:, :-1]

    def unseen(self, column: "pl.Series") -> list[str]:
        """Return the categories of a cleaned column that were not seen in training, in order."""
        texts = labels(column, self.as_written)
        known = [*self.categories, *self.rare]
        return sorted(texts.filter(~texts.is_in(known)).drop_nulls().unique().to_list())

    def places(self, column: "pl.Series") -> npt.NDArray[np.int64]:
        """Return the index of the feature that is 1 in each row, or the number of features if none is, (n_rows,)."""
        import polars as pl

        n = len(self.features)
        other = len(self.categories) if self.rare else n
        places = {label: index for index, label in enumerate(self.categories)}
        texts = labels(column, self.as_written)
        missing = n - 1 if self.marks_missing else n
        found = np.full(len(texts), other)
        if places:
            found = texts.replace_strict(places, default=other, return_dtype=pl.Int64).to_numpy()
        return np.where(texts.is_null().to_numpy(), missing, found)

    def record(self) -> Record:
        """Return the categories as plain data."""
        return {
            "name": self.name,
            "kind": CATEGORY,
            "categories": list(self.categories),
            "rare": list(self.rare),
            "marks_missing": self.marks_missing,
            "as_written": self.as_written,
        }

    @classmethod
    def from_record(cls, record: Record, tensor: npt.NDArray[np.float64]) -> "CategoryColumn":
        """Return the column described by `record`; it has no tensor."""
        categories = tuple(str(label) for label in record["categories"])
        return cls(
            str(record["name"]),
            categories,
            tuple(str(label) for label in record["rare"]),
            bool(record["marks_missing"]),
            bool(record.get("as_written", True)),
        )

    @property
    def tensor(self) -> npt.NDArray[np.float64]:
        """Empty: the model file contains only the record."""
        return np.empty(0)

    @property
    def uses(self) -> list[Use]:
        """The same as `summary`, as keys of texts with their values."""
        rare: list[Use] = [("card.used.rare", {"n": len(self.rare)})] if self.rare else []
        marked: list[Use] = [("card.used.marked", {})] if self.marks_missing else []
        return [("card.used.one_of", {"n": len(self.categories)}), *rare, *marked]

    @property
    def summary(self) -> str:
        """A short description of the column's preparation."""
        rare = worded("tables.used.rare", n_rare=len(self.rare)) if self.rare else ""
        return worded("tables.used.one_of", n_categories=len(self.categories), rare=rare) + (
            worded("tables.used.missing_marked") if self.marks_missing else ""
        )
