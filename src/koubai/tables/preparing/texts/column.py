"""A column of texts as features: how often words and groups of characters come in it, by tf-idf."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Floats
from koubai.core.language import worded
from koubai.core.schema import Record
from koubai.tables.meaning.columns import TEXT, Column, Use
from koubai.tables.meaning.values import BadCells, labels
from koubai.tables.preparing.texts.counting import Terms, common_terms, counts_of

if TYPE_CHECKING:
    import polars as pl

MOST_TERMS = 2000
"""Maximum number of features of a column …"""
LEAST_TERMS = 250
"""… which are so many at least, where there are as many terms, in a table of many rows."""
MOST_CELLS = 2**25
"""Maximum number of features in all rows, if they are to be more than that."""
NO_TERMS = worded("tables.note.no_word_group_characters_comes")
"""Why a column of texts is left out."""


def terms_for(n_rows: int) -> int:
    """Return how many features a column of texts has at most in a table of so many rows.

    Examples
    --------
    >>> terms_for(5_000), terms_for(100_000), terms_for(10**7)
    (2000, 335, 250)
    """
    return min(MOST_TERMS, max(LEAST_TERMS, MOST_CELLS // max(1, n_rows)))


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A column of texts.

    Its features are one for each term: with n the number of times the term comes in the text, (1 + ln n) times the
    term's weight, ln((1 + N) / (1 + N_term)) + 1 for N_term of N training rows that hold it, and 0 without it; all of
    them then divided by their length (Salton and Buckley 1988, "Term-weighting approaches in automatic text
    retrieval"). A missing text has no terms.

    Parameters
    ----------
    name : str
        The column.
    terms : Terms
        Words and groups of characters.
    weights : array of shape (n_terms,)
        Their weights.
    marks_missing : bool
        Whether there is a feature for missing values.
    """

    kind: ClassVar[str] = TEXT

    name: str
    terms: Terms
    weights: Floats = field(compare=False)
    marks_missing: bool = False

    @staticmethod
    def as_read(column: "pl.Series", described: Column, bad: BadCells | None = None) -> "pl.Series":
        """Return a cleaned column's texts; any cell is one."""
        return labels(column)

    @classmethod
    def fit(cls, column: "pl.Series", described: Column, n_rows: int | None = None) -> "TextColumn":
        """Learn the terms of a cleaned column; the table's number of rows is given if these are not all of them."""
        texts = labels(column).to_list()
        terms = common_terms([text for text in texts if text], terms_for(n_rows or len(texts)))
        held = (counts_of(texts, terms) > 0).sum(axis=0)
        weights = np.log((1 + len(texts)) / (1 + held)) + 1
        return cls(column.name, terms, weights, column.null_count() > 0)

    @property
    def features(self) -> list[str]:
        """Names of the features: a word, or a group of characters with … where a word may go on."""
        groups = [
            f"{'' if group[0] == ' ' else '…'}{group.strip()}{'' if group[-1] == ' ' else '…'}"
            for group in self.terms.groups
        ]
        named = [f"{self.name}: {term}" for term in (*self.terms.words, *groups)]
        return [*named, *([f"{self.name} (missing)"] if self.marks_missing else [])]

    @property
    def n_terms(self) -> int:
        """Number of its terms."""
        return len(self.weights)

    def counts(self, column: "pl.Series") -> npt.NDArray[np.uint8]:
        """Return how often each term comes in each cell, and last, if that is marked, whether it is missing."""
        found = counts_of(labels(column).to_list(), self.terms)
        if not self.marks_missing:
            return found
        return np.column_stack([found, column.is_null().to_numpy().astype(np.uint8)])

    def weighed(self, counts: npt.NDArray[np.uint8]) -> Floats:
        """Return the features of rows from what `counts` returned, (n_rows, n_features)."""
        found = _LOGARITHMS[counts]
        terms = found[:, : self.n_terms]
        terms *= self.weights
        lengths = np.sqrt(np.einsum("ij,ij->i", terms, terms))
        terms *= (1 / np.where(lengths > 0, lengths, 1.0))[:, np.newaxis]
        return found

    def transform(self, column: "pl.Series", first_row: int = 0, bad: BadCells | None = None) -> Floats:
        """Return the features of a cleaned column, (n_rows, n_features); every cell is valid."""
        return self.weighed(self.counts(column))

    def record(self) -> Record:
        """Return the terms as plain data; their weights go into a tensor."""
        words, groups = map(list, self.terms)
        return {
            "name": self.name,
            "kind": TEXT,
            "words": words,
            "groups": groups,
            "marks_missing": self.marks_missing,
        }

    @classmethod
    def from_record(cls, record: Record, tensor: Floats) -> "TextColumn":
        """Return the column described by `record`."""
        terms = Terms(tuple(map(str, record["words"])), tuple(map(str, record["groups"])))
        if len(tensor) != len(terms.words) + len(terms.groups) or not (np.isfinite(tensor) & (tensor > 0)).all():
            raise ValueError("each term must have a weight above 0")
        return cls(str(record["name"]), terms, tensor, bool(record["marks_missing"]))

    @property
    def tensor(self) -> Floats:
        """The array stored in the model file besides the record."""
        return self.weights

    @property
    def uses(self) -> list[Use]:
        """The same as `summary`, as keys of texts with their values."""
        counts = {"words": f"{len(self.terms.words):,}", "groups": f"{len(self.terms.groups):,}"}
        return [("card.used.terms", counts), *([("card.used.marked", {})] if self.marks_missing else [])]

    @property
    def summary(self) -> str:
        """A short description of the column's preparation."""
        missing = worded("tables.used.text_missing_marked") if self.marks_missing else ""
        return worded(
            "tables.used.words",
            n_words=f"{len(self.terms.words):,}",
            n_groups=f"{len(self.terms.groups):,}",
            missing=missing,
        )


_LOGARITHMS: Floats = np.concatenate([[0.0], 1 + np.log(np.arange(1, 256))])
"""1 + ln n by n; 0 for 0."""
