"""Numbers, truth values and dates as features: centred, scaled, ranked, with missing ones filled in and marked.

Each column class has ``fit`` (scikit-learn finds the statistics), ``transform`` (a formula over plain numbers, the
same before and after a model is saved) and ``record`` (those plain numbers).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from koubai.core.arrays import Floats
from koubai.core.language import worded
from koubai.core.schema import Record
from koubai.tables.meaning.columns import BOOLEAN, Column, Use
from koubai.tables.meaning.number_formats import NumberFormat
from koubai.tables.meaning.values import BadCells, numbers, require, truths

if TYPE_CHECKING:
    import polars as pl


SKEWED = 2.0
"""A column is put on a logarithmic scale if its skewness exceeds this and is reduced by it."""
MIN_FOR_RANKS = 10
"""A column has a rank feature if it has more distinct numbers than this."""
MAX_QUANTILES = 256
FEW_PIECES = 16
"""Pieces of the piecewise linear encoding of a column of a small table, or of one among many."""
MAX_PIECES = 48
"""Those of one of few columns, where there are enough rows."""
PIECES_OF_ALL = 320
"""Pieces of all columns together, as far as each may have more than `FEW_PIECES`."""
MIN_FOR_FINE = 2000
"""Rows from which there may be more than `FEW_PIECES`, and frequent numbers have edges of their own."""
MOST_FINE = 2**24
"""Maximum number of pieces, over all rows and columns, for more than `FEW_PIECES`, so that memory suffices."""
MIN_IN_PIECE = 50
"""A piece holds at least so many values, or a sixteenth of them, if that is less."""
HUGE = 1e100
"""Numbers beyond this are put on a logarithmic scale, since their squares overflow."""
LIMIT = 10.0
"""Standardised values are clipped at this many standard deviations, so that an outlier does no harm."""


def standard_statistics(values: Floats) -> tuple[float, float]:
    """Return mean and standard deviation (1 for a constant) of numbers (n,), by scikit-learn's StandardScaler."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(values[:, None])
    return float(scaler.mean_[0]), float(scaler.scale_[0])


def skewness(values: Floats) -> float:
    """Return the mean of ((x - mean) / standard deviation)³ of numbers (n,), dimensionless; NaN for a constant."""
    with np.errstate(all="ignore"):
        centred = values - values.mean()
        return float((centred**3).mean() / (centred**2).mean() ** 1.5)


def _log_unit(values: Floats) -> float:
    """Return the unit of `signed_log` that makes numbers (n,) less skewed, their median size without zeros, or 0."""
    before = abs(skewness(values))
    if before <= SKEWED and np.abs(values).max() <= HUGE:
        return 0.0
    sizes = np.abs(values[values != 0])
    unit = float(max(np.median(sizes), sizes.max() / HUGE**2))
    return 0.0 if abs(skewness(signed_log(values, unit))) >= before else unit


def signed_log(values: Floats, unit: float) -> Floats:
    """Return sign(x) · ln(1 + |x| / unit), elementwise: nearly linear around 0, logarithmic for |x| ≫ unit."""
    return np.sign(values) * np.log1p(np.abs(values) / unit)


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of numbers or truth values.

    Its features are the value, (g(x) - mean) / scale with g the identity or, for a skewed column, `signed_log`;
    its rank on the scale of a normal distribution, Φ⁻¹(F(x)), F being the share of training values below x (half of
    those equal to it included), if there are more than 10 different ones; and 1 where x is missing, if any were. A
    missing x is replaced by the median.

    With edges e_0 < … < e_T there are T features more, the piecewise linear encoding (Gorishniy, Rubachev and Babenko
    2022, "On embeddings for numerical features in tabular deep learning", equation 1): feature t is -1 below e_(t-1),
    1 above e_t, and linear between them. A network can bend its answer at each edge, as a tree can at a split.

    Parameters
    ----------
    name, kind : str
        The column; ``number`` or ``boolean``.
    median, mean, scale : float
        Statistics of the training values, the latter two of g(x).
    unit : float
        Of `signed_log`; 0 for the identity.
    marks_missing : bool
        Whether there is a feature for missing values.
    quantiles : array of shape (n_quantiles,)
        Evenly spaced quantiles of the training values; empty without a rank.
    format : NumberFormat or None
        How numbers in texts are written; None for truth values, and for a model from before there were formats.
    edges : array of shape (n_pieces + 1,)
        Where the pieces of the piecewise linear encoding begin and end, in order; empty without it.
    seen : tuple (lowest, highest) or None
        The range of the training values; None for truth values, and for a model of an older version.
    """

    name: str
    kind: str
    median: float
    mean: float
    scale: float
    unit: float
    marks_missing: bool
    quantiles: Floats = field(compare=False)
    format: NumberFormat | None = None
    edges: Floats = field(default_factory=lambda: np.empty(0), compare=False)
    seen: tuple[float, float] | None = None

    @staticmethod
    def as_read(column: "pl.Series", described: Column, bad: BadCells | None = None) -> "pl.Series":
        """Return a cleaned column's numbers, null where they are missing, which all other methods take as well.

        Raises
        ------
        DataError
            If a cell holds what does not belong there; with ``bad``, such cells go there and are missing.
        """
        import polars as pl

        values = _read(column, described.kind, _number_format(described), 0, bad, described.values)
        return pl.Series(column.name, values, nan_to_null=True)

    @classmethod
    def fit(cls, column: "pl.Series", described: Column, n_pieces: int = 0) -> "NumberColumn":
        """Learn the statistics of a cleaned column, with edges of so many pieces at most, if any are wanted."""
        from sklearn.preprocessing import QuantileTransformer

        format = _number_format(described)
        values = _read(column, described.kind, format)
        present = values[~np.isnan(values)]
        median = float(np.median(present))
        n_different = len(np.unique(present))
        unit = _log_unit(present) if n_different > MIN_FOR_RANKS or np.abs(present).max() > HUGE else 0.0
        filled = np.where(np.isnan(values), median, values)
        mean, scale = standard_statistics(signed_log(filled, unit) if unit else filled)
        quantiles = np.empty(0)
        if n_different > MIN_FOR_RANKS:
            ranks = QuantileTransformer(n_quantiles=min(MAX_QUANTILES, len(present)), subsample=None)
            quantiles = ranks.fit(present[:, None]).quantiles_[:, 0]
        marks_missing = len(present) < len(values)
        edges = _edges(present, n_pieces) if n_pieces else np.empty(0)
        seen = None if described.kind == BOOLEAN else (float(present.min()), float(present.max()))
        return cls(
            column.name, described.kind, median, mean, scale, unit, marks_missing, quantiles, format, edges, seen
        )

    @property
    def features(self) -> list[str]:
        """Names of the features."""
        rank = [f"{self.name} (rank)"] if len(self.quantiles) else []
        pieces = [f"{self.name} ({low:g} … {high:g})" for low, high in pairwise(self.edges.tolist())]
        return [self.name, *rank, *pieces, *([f"{self.name} (missing)"] if self.marks_missing else [])]

    @property
    def is_piece(self) -> list[bool]:
        """For each feature, whether it is a piece of the piecewise linear encoding."""
        n_pieces = max(0, len(self.edges) - 1)
        n_before = 1 + (len(self.quantiles) > 0)
        return [False] * n_before + [True] * n_pieces + [False] * self.marks_missing

    def transform(self, column: "pl.Series", first_row: int = 0, bad: BadCells | None = None) -> Floats:
        """Return the features of a cleaned column, (n_rows, n_features).

        Raises
        ------
        DataError
            If a cell holds something that is no number, or an infinity; rows count from ``first_row`` there. With
            ``bad``, such cells go there and are missing.
        """
        values = _read(column, self.kind, self.format, first_row, bad)
        missing = np.isnan(values)
        filled = np.where(missing, self.median, values)
        with np.errstate(over="ignore"):  # what overflows is cut off
            centred = (signed_log(filled, self.unit) if self.unit else filled) - self.mean
            found = [np.clip(centred / self.scale, -LIMIT, LIMIT)]
        if len(self.quantiles):
            found.append(self._ranks(filled))
        if len(self.edges):
            found += list(self._pieces(filled).T)
        if self.marks_missing:
            found.append(missing.astype(np.float64))
        return np.stack(found, axis=1)

    def read(self, column: "pl.Series", first_row: int = 0, bad: BadCells | None = None) -> "pl.Series":
        """Return a cleaned column's numbers, null where they are missing; errors as for `transform`."""
        import polars as pl

        return pl.Series(column.name, _read(column, self.kind, self.format, first_row, bad), nan_to_null=True)

    @property
    def span(self) -> tuple[str, str] | None:
        """The range of the training values in words."""
        return None if self.seen is None else (f"{self.seen[0]:,.6g}", f"{self.seen[1]:,.6g}")

    def outside(self, column: "pl.Series") -> npt.NDArray[np.bool_] | None:
        """Return which cells of a column of numbers lie outside the training range, extended by a tenth at each end.

        None if the range is not known, or the column is not yet one of numbers.
        """
        if self.seen is None or not column.dtype.is_numeric():
            return None
        return beyond(column.to_numpy().astype(np.float64), *self.seen)

    def _ranks(self, values: Floats) -> Floats:
        """Return Φ⁻¹(F(x)), F between ½ / n_quantiles and 1 - ½ / n_quantiles, as QuantileTransformer has it inside."""
        n = len(self.quantiles)
        shares = np.linspace(0, 1, n)
        upper = _between(values, self.quantiles, shares)
        lower = -_between(-values, -self.quantiles[::-1], -shares[::-1])
        normal: Floats = ndtri(np.clip((upper + lower) / 2, 0.5 / n, 1 - 0.5 / n))
        return normal

    def _pieces(self, values: Floats) -> Floats:
        """Return the piecewise linear encoding of numbers (n,), (n, n_pieces), in [-1, 1]."""
        low, width = self.edges[:-1], np.diff(self.edges)
        with np.errstate(over="ignore"):  # what overflows is cut off
            return np.clip((values[:, np.newaxis] - low) / width, 0, 1) * 2 - 1

    def record(self) -> Record:
        """Return the statistics as plain data; the quantiles go into a tensor."""
        return {
            "name": self.name,
            "kind": self.kind,
            "median": self.median,
            "mean": self.mean,
            "scale": self.scale,
            "unit": self.unit,
            "marks_missing": self.marks_missing,
            "format": None if self.format is None else self.format.record(),
            "edges": self.edges.tolist(),
            "seen": None if self.seen is None else list(self.seen),
        }

    @classmethod
    def from_record(cls, record: Record, tensor: Floats) -> "NumberColumn":
        """Return the column described by `record`."""
        median, mean, scale, unit = (float(record[name]) for name in ("median", "mean", "scale", "unit"))
        in_order = tensor.ndim == 1 and bool((np.diff(tensor) >= 0).all())
        if not np.isfinite([median, mean, scale, unit, *tensor]).all() or scale <= 0 or unit < 0 or not in_order:
            raise ValueError("statistics of a number must be finite, its quantiles in order")
        marks_missing = bool(record["marks_missing"])
        format = NumberFormat.from_record(record.get("format"))
        edges = np.array(record.get("edges", []), np.float64)  # absent from files of older versions
        if len(edges) == 1 or not np.isfinite(edges).all() or not (np.diff(edges) > 0).all():
            raise ValueError("edges of pieces must be finite, two at least, and in order")
        name, kind = str(record["name"]), str(record["kind"])
        seen = seen_of(record)
        return cls(name, kind, median, mean, scale, unit, marks_missing, tensor, format, edges, seen)

    @property
    def tensor(self) -> Floats:
        """The array stored in the model file besides the record."""
        return self.quantiles

    @property
    def uses(self) -> list[Use]:
        """The same as `summary`, as keys of texts with their values."""
        found: list[Use] = [("card.used.logarithm" if self.unit else "card.used.standardised", {})]
        found += [("card.used.rank", {})] if len(self.quantiles) else []
        found += [("card.used.pieces", {"n": len(self.edges) - 1})] if len(self.edges) else []
        return [*found, *([("card.used.median", {"median": f"{self.median:g}"})] if self.marks_missing else [])]

    @property
    def summary(self) -> str:
        """A short description of the column's preparation."""
        said: str = worded("tables.used.logarithm") if self.unit else worded("tables.used.standardised")
        has_rank, n_pieces = len(self.quantiles) > 0, len(self.edges) - 1
        if n_pieces > 0:
            said += worded("tables.used.rank_and_pieces" if has_rank else "tables.used.pieces", n=n_pieces)
        elif has_rank:
            said += worded("tables.used.rank")
        return said + (worded("tables.used.median", median=f"{self.median:g}") if self.marks_missing else "")


BEYOND = 0.1
"""Numbers count as unlike those that were seen from this share of their range beyond it."""


def beyond(values: Floats, lowest: float, highest: float) -> npt.NDArray[np.bool_]:
    """Return which numbers (n,) lie clearly outside a range; those that are missing do not."""
    with np.errstate(over="ignore", invalid="ignore"):
        margin = BEYOND * (highest - lowest)
        return np.asarray((values < lowest - margin) | (values > highest + margin))


def seen_of(record: Record) -> tuple[float, float] | None:
    """Return the range in a column's record, which those of older versions lack."""
    seen = record.get("seen")
    if seen is None:
        return None
    lowest, highest = map(float, seen)
    if not lowest <= highest:
        raise ValueError("the lowest number that was seen must not be above the highest")
    return lowest, highest


def _between(x: Floats, places: Floats, heights: Floats) -> Floats:
    """Return linear interpolation between points; `numpy.interp`, but for points so near that their slope overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        found: Floats = np.interp(x, places, heights)
    steep = ~np.isfinite(found)
    found[steep] = heights[np.searchsorted(places, x[steep], "right") - 1]
    return found


def n_pieces_of(columns: "Sequence[pl.Series]") -> int:
    """Return into how many pieces a table's columns of numbers are divided at most: the fewer columns, the more.

    Only columns of more different numbers than `FEW_PIECES` count.

    Examples
    --------
    >>> import polars as pl
    >>> n_pieces_of([pl.Series(range(500))]), n_pieces_of([pl.Series(range(5000))]), n_pieces_of([])
    (16, 48, 16)
    """
    if not columns or len(columns[0]) < MIN_FOR_FINE:
        return FEW_PIECES
    n_columns = max(1, sum(column.n_unique() > FEW_PIECES + 1 for column in columns))
    return max(FEW_PIECES, min(MAX_PIECES, PIECES_OF_ALL // n_columns, MOST_FINE // (len(columns[0]) * n_columns)))


def _edges(values: Floats, n_pieces: int) -> Floats:
    """Return the edges of pieces that hold equally many of some numbers (n,); of few different numbers, all of them.

    Of many, a number that would fill a piece by itself, as the zeros of a column that is mostly zero, is an edge, and
    the pieces hold equally many of the others. There are no edges for two numbers or one, which standardising encodes
    as well, nor if widths might overflow.
    """
    different, counts = np.unique(values, return_counts=True)
    if len(different) <= 2 or np.abs(different).max() > HUGE:
        return np.empty(0)
    if len(different) <= n_pieces + 1:
        return different
    frequent, n_left, least = [], len(values), min(MIN_IN_PIECE, len(values) / FEW_PIECES)
    for place in np.argsort(-counts, kind="stable") if n_left >= MIN_FOR_FINE else ():
        if n_pieces == 1 or counts[place] <= n_left / n_pieces:
            break
        frequent.append(place)
        n_pieces, n_left = n_pieces - 1, n_left - int(counts[place])
    others = values[~np.isin(values, different[frequent])]
    n_pieces = max(1, min(n_pieces, int(n_left / least)))
    return np.unique(np.append(np.quantile(others, np.linspace(0, 1, n_pieces + 1)), different[frequent]))


def _number_format(described: Column) -> NumberFormat | None:
    return described.format if isinstance(described.format, NumberFormat) else None


def _read(
    column: "pl.Series",
    kind: str,
    format: NumberFormat | None,
    first_row: int = 0,
    bad: BadCells | None = None,
    found: "pl.Series | None" = None,
) -> Floats:
    """Return the numbers of a column; ``found`` are those, if it was read before and is only to be checked."""
    remedy = worded("core.remedy.correct_or_empty")
    if kind == BOOLEAN:
        return require(column, truths, worded("tables.note.true_false_yes_no"), remedy, first_row, bad)
    what = "numbers" if format is None else format.words
    read = partial(numbers, format=format) if found is None else lambda _: found
    return require(column, read, what, remedy, first_row, bad)
