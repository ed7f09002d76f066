"""One pass over a table larger than memory: the roles of rows, a sample of them, and exact counts.

Of several processes each surveys its own rows; their surveys, merged, are the survey of the whole table.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from koubai.core.randomness import derive_key, uniforms
from koubai.engines.together import in_step
from koubai.tables.files.blocks import Block, TableBlocks
from koubai.tables.files.missing import clean
from koubai.tables.meaning.number_formats import NumberFormat
from koubai.tables.meaning.values import LARGEST, labels, numbers
from koubai.tables.preparing.splits import HOLD_OUT
from koubai.tables.preparing.surveyed import Counts, Survey, exchanged

if TYPE_CHECKING:
    import polars as pl

Mask = npt.NDArray[np.bool_]

SAMPLE = 6
"""Stream of the rows from which columns are learned."""
MOST_SAMPLED = 100_000
"""Approximate number of rows to sample …"""
MOST_CELLS = 5_000_000
"""… or fewer, so that their cells do not exceed this …"""
LEAST_SAMPLED = 10_000
"""… but never fewer rows than this."""


class Roles(NamedTuple):
    """Masks of a block's rows by what they are for, (n_rows,) each; rows without a target are in none."""

    training: Mask
    validation: Mask
    test: Mask
    calibration: Mask


@dataclass(frozen=True, slots=True)
class Split:
    """Assigns each row's role by its number alone, so that each pass over a table finds the same rows.

    Row i tests if number i of the stream (seed, HOLD_OUT) is below ``test``; of the others it is set aside if number
    i of (seed + 2, HOLD_OUT) is below ``calibration``; of the rest it validates if number i of (seed + 1, HOLD_OUT) is
    below ``validation``.

    Parameters
    ----------
    test, validation : float
        Share of all rows, and share of the rest, in [0, 1).
    seed : int
        The same seed holds out the same rows.
    calibration : float
        Share of the rows that do not test, in [0, 1).
    """

    test: float
    validation: float
    seed: int
    calibration: float = 0.0

    def roles(self, block: Block, target: str) -> Roles:
        """Return what the rows of a block are for."""
        n = block.frame.height
        there = block.frame[target].is_not_null().to_numpy()
        test = uniforms(derive_key(self.seed, HOLD_OUT), n, block.first) < self.test
        validation = uniforms(derive_key(self.seed + 1, HOLD_OUT), n, block.first) < self.validation
        aside = uniforms(derive_key(self.seed + 2, HOLD_OUT), n, block.first) < self.calibration
        kept = there & ~test & ~aside
        return Roles(kept & ~validation, kept & validation, there & test, there & ~test & aside)


def survey(
    table: TableBlocks,
    target: str,
    split: Split,
    category: Collection[str] = (),
    format: NumberFormat | None = None,
) -> Survey:
    """Survey a table in one pass, each process its own rows.

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
    own = in_step(table.together, lambda: survey_own(table, target, split, category, format))
    shares = exchanged(table.together, own)
    found = shares[0]
    found.of_processes = tuple(dict(share.n_rows) for share in shares)
    for share in shares[1:]:
        found.merge(share)
    return found


def survey_own(
    table: TableBlocks, target: str, split: Split, category: Collection[str], format: NumberFormat | None
) -> Survey:
    """Survey the rows that this process reads; the parameters are those of `survey`."""
    import polars as pl

    others = [name for name in table.columns if name != target]
    wanted = max(LEAST_SAMPLED, min(MOST_SAMPLED, MOST_CELLS // max(1, len(others))))
    share = wanted / table.n_rows
    sample, sampled = [clean(table.head(0), table.signed, table.marks)], [pl.Series("row", [], pl.Int64)]
    found = Survey(dict.fromkeys(("read", "without target", *Roles._fields), 0), sample[0], sampled[0], {})
    found.missing = dict.fromkeys(others, 0)
    for block in table.blocks("blocks surveyed"):
        frame = block.frame
        rows = pl.int_range(block.first, block.first + frame.height, eager=True).alias("row")
        roles = split.roles(block, target)
        _count_rows(found.n_rows, frame.height, roles)
        _take_targets(found, frame[target], rows, roles, format)
        learned = roles.training | roles.validation
        chosen = learned & (uniforms(derive_key(split.seed, SAMPLE), frame.height, block.first) < share)
        sample.append(frame.filter(chosen))
        sampled.append(rows.filter(pl.Series(chosen)))
        if not learned.all():
            frame, rows = frame.filter(learned), rows.filter(pl.Series(learned))
        for name in others:
            column = frame[name]
            found.missing[name] += column.null_count()
            if column.dtype in (pl.String, pl.Boolean) or name in category:
                found.counted.setdefault(name, Counts()).add(labels(column), rows)
    found.sample, found.sampled = pl.concat(sample), pl.concat(sampled)
    return found


def _count_rows(rows: dict[str, int], n_rows: int, roles: Roles) -> None:
    counts = {name: int(mask.sum()) for name, mask in roles._asdict().items()}
    counts |= {"read": n_rows, "without target": n_rows - sum(counts.values())}
    for name, count in counts.items():
        rows[name] += count


def _take_targets(
    found: Survey, column: "pl.Series", rows: "pl.Series", roles: Roles, format: NumberFormat | None
) -> None:
    import polars as pl

    found.target.add(column, rows)
    for counts, role in ((found.in_training, roles.training), (found.in_test, roles.test)):
        mask = pl.Series(role)
        counts.add(column.filter(mask), rows.filter(mask))
    read = numbers(column, format or NumberFormat())
    found.n_odd += read.null_count() - column.null_count()
    values = read.to_numpy().astype(np.float64)
    finite = np.abs(values) <= LARGEST  # the others are missing, or refused when they are prepared
    found.moments.add(values[finite & roles.training])
    if finite.any():
        found.lowest = min(found.lowest, float(values[finite].min()))
        found.highest = max(found.highest, float(values[finite].max()))
