"""One pass over a table larger than memory: the roles of rows, a sample of them, and exact counts."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from koubai.core.moments import Moments
from koubai.core.randomness import derive_key, uniforms
from koubai.tables.files.blocks import Block, TableBlocks
from koubai.tables.meaning.number_formats import NumberFormat
from koubai.tables.meaning.values import LARGEST, labels, numbers
from koubai.tables.preparing.preparation import Whole
from koubai.tables.preparing.splits import HOLD_OUT

if TYPE_CHECKING:
    import polars as pl

Mask = npt.NDArray[np.bool_]

SAMPLE = 6
"""Stream of the rows from which columns are learned."""
MOST_SAMPLED = 100_000
"""About so many rows are sampled …"""
MOST_CELLS = 5_000_000
"""… or fewer, so that they have no more cells than this …"""
LEAST_SAMPLED = 10_000
"""… but so many in any case."""
MOST_VALUES = 10_000
"""The different values of a column are counted up to this number of them."""


class Roles(NamedTuple):
    """Masks of a block's training, validation and test rows, (n_rows,) each; rows without a target are in none."""

    training: Mask
    validation: Mask
    test: Mask


@dataclass(frozen=True, slots=True)
class Split:
    """Assigns each row's role by its number alone, so that each pass over a table finds the same rows.

    Row i tests if number i of the stream (seed, HOLD_OUT) is below ``test``; of the others it validates if number i of
    (seed + 1, HOLD_OUT) is below ``validation``.

    Parameters
    ----------
    test, validation : float
        Share of all rows, and share of the rest, in [0, 1).
    seed : int
        The same seed holds out the same rows.
    """

    test: float
    validation: float
    seed: int

    def roles(self, block: Block, target: str) -> Roles:
        """Return what the rows of a block are for."""
        n = block.frame.height
        there = block.frame[target].is_not_null().to_numpy()
        test = uniforms(derive_key(self.seed, HOLD_OUT), n, block.first) < self.test
        validation = uniforms(derive_key(self.seed + 1, HOLD_OUT), n, block.first) < self.validation
        return Roles(there & ~test & ~validation, there & ~test & validation, there & test)


@dataclass(slots=True)
class Counts:
    """How often each value comes, as long as there are not more than `MOST_VALUES` different ones.

    Beyond that, ``complete`` is False and only the values seen so far are kept.
    """

    complete: bool = True
    _found: "pl.DataFrame | None" = None

    def add(self, values: "pl.Series") -> None:
        """Take in values, missing ones left aside."""
        import polars as pl

        if not self.complete:
            return
        more = values.drop_nulls().alias("value").value_counts(name="count")
        both = more if self._found is None else pl.concat([self._found, more])
        self._found = both.group_by("value", maintain_order=True).agg(pl.col("count").sum())
        if self._found.height > MOST_VALUES:
            self.complete, self._found = False, self._found.head(MOST_VALUES)

    @property
    def values(self) -> "pl.Series":
        """The different values."""
        import polars as pl

        return pl.Series("value", []) if self._found is None else self._found["value"]

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How often each comes."""
        return np.empty(0, np.int64) if self._found is None else self._found["count"].to_numpy().astype(np.int64)


@dataclass(slots=True)
class Survey:
    """The results of one pass over a table.

    Attributes
    ----------
    n_rows : dict of str to int
        Rows that were read, without target, for training, validation and test.
    sample : polars.DataFrame
        Rows that train or validate; all of them in a table that is not large.
    whole : Whole
        What is known of all rows that train or validate.
    target, in_training, in_test : Counts
        Values of the target in all rows, in those that train, and in those that test.
    moments : Moments
        Of the training rows' targets, as far as they are numbers.
    lowest, highest : float
        Of all targets that are numbers.
    """

    n_rows: dict[str, int]
    sample: "pl.DataFrame"
    whole: Whole
    target: Counts = field(default_factory=Counts)
    in_training: Counts = field(default_factory=Counts)
    in_test: Counts = field(default_factory=Counts)
    moments: Moments = field(default_factory=Moments)
    lowest: float = np.inf
    highest: float = -np.inf


def survey(
    table: TableBlocks,
    target: str,
    split: Split,
    category: Collection[str] = (),
    format: NumberFormat | None = None,
) -> Survey:
    """Survey a table in one pass.

    Parameters
    ----------
    table : TableBlocks
        The table.
    target : str
        The column to be predicted.
    split : Split
        What rows are for.
    category : collection of str
        Columns of numbers that are categories, whose values are counted too.
    format : NumberFormat, optional
        How the target's numbers are written.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    import polars as pl

    others = [name for name in table.columns if name != target]
    wanted = max(LEAST_SAMPLED, min(MOST_SAMPLED, MOST_CELLS // max(1, len(others))))
    share = wanted / table.n_rows
    rows = dict.fromkeys(("read", "without target", "training", "validation", "test"), 0)
    missing: dict[str, int] = dict.fromkeys(others, 0)
    counted: dict[str, Counts] = {}
    sampled = []
    found = Survey(rows, pl.DataFrame(), Whole(0, {}, {}))
    for block in table.blocks("blocks surveyed"):
        frame = block.frame
        roles = split.roles(block, target)
        _count_rows(rows, frame.height, roles)
        _take_targets(found, frame[target], roles, format)
        learned = roles.training | roles.validation
        draws = uniforms(derive_key(split.seed, SAMPLE), frame.height, block.first)
        sampled.append(frame.filter(learned & (draws < share)))
        kept = frame if learned.all() else frame.filter(learned)
        for name in others:
            column = kept[name]
            missing[name] += column.null_count()
            if column.dtype in (pl.String, pl.Boolean) or name in category:
                counted.setdefault(name, Counts()).add(labels(column))
    found.sample = pl.concat(sampled)
    complete = {name: counts for name, counts in counted.items() if counts.complete}
    categories = {
        name: dict(zip(counts.values.to_list(), counts.counts.tolist(), strict=True))
        for name, counts in complete.items()
    }
    found.whole = Whole(rows["training"] + rows["validation"], missing, categories)
    return found


def _count_rows(rows: dict[str, int], n_rows: int, roles: Roles) -> None:
    numbers_of = {"training": roles.training, "validation": roles.validation, "test": roles.test}
    counts = {name: int(mask.sum()) for name, mask in numbers_of.items()}
    counts |= {"read": n_rows, "without target": n_rows - sum(counts.values())}
    for name, count in counts.items():
        rows[name] += count


def _take_targets(found: Survey, column: "pl.Series", roles: Roles, format: NumberFormat | None) -> None:
    found.target.add(column)
    found.in_training.add(column.filter(roles.training))
    found.in_test.add(column.filter(roles.test))
    values = numbers(column, format or NumberFormat()).to_numpy().astype(np.float64)
    finite = np.abs(values) <= LARGEST  # the others are missing, or refused when they are prepared
    found.moments.add(values[finite & roles.training])
    if finite.any():
        found.lowest = min(found.lowest, float(values[finite].min()))
        found.highest = max(found.highest, float(values[finite].max()))
