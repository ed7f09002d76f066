"""What a pass over a table, or over a share of it, has found; found in shares, it is put together without rounding."""

import io
import json
from dataclasses import astuple, dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from koubai.core.exact_moments import ExactMoments
from koubai.engines.protocol import Together
from koubai.tables.preparing.preparation import Whole

if TYPE_CHECKING:
    import polars as pl

MOST_VALUES = 10_000
"""The different values of a column are counted up to this number of them."""


@dataclass(slots=True)
class Counts:
    """How often each value comes, as long as there are not more than `MOST_VALUES` different ones.

    Beyond that, ``complete`` is False, and the values are the first ones by the rows in which they come first. So the
    counts of shares of a table, merged, are those of the whole, however it was shared.
    """

    complete: bool = True
    found: "pl.DataFrame | None" = None

    def add(self, values: "pl.Series", rows: "pl.Series") -> None:
        """Take in values of later rows than before, missing ones left aside, and the numbers of their rows."""
        import polars as pl

        if self.complete:
            more = pl.DataFrame({"value": values, "first": rows}).filter(pl.col("value").is_not_null())
            more = more.group_by("value").agg(pl.len().cast(pl.Int64).alias("count"), pl.col("first").min())
            self.merge(Counts(found=more))

    def merge(self, other: "Counts") -> None:
        """Take in what another has counted."""
        import polars as pl

        self.complete = self.complete and other.complete
        frames = [frame for frame in (self.found, other.found) if frame is not None]
        if frames:
            both = pl.concat(frames).group_by("value").agg(pl.col("count").sum(), pl.col("first").min()).sort("first")
            self.complete = self.complete and both.height <= MOST_VALUES
            self.found = both.head(MOST_VALUES)

    @property
    def values(self) -> "pl.Series":
        """The different values, in the order of their first rows."""
        import polars as pl

        return pl.Series("value", []) if self.found is None else self.found["value"]

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How often each comes; once, as far as is known, if there are too many to be counted."""
        if self.found is None or not self.complete:
            return np.ones(len(self.values), np.int64)
        return self.found["count"].to_numpy().astype(np.int64)


@dataclass(slots=True)
class Survey:
    """The results of one pass over a table, or over a share of it.

    Attributes
    ----------
    n_rows : dict of str to int
        Rows that were read, without target, for training, validation, test and intervals.
    sample : polars.DataFrame
        Rows that train or validate; all of them in a table that is not large.
    sampled : polars.Series
        The numbers of these rows.
    missing : dict of str to int
        Missing cells of each column in the rows that train or validate.
    counted : dict of str to Counts
        Values of columns that may be categories, in these rows.
    target, in_training, in_test : Counts
        Values of the target in all rows, in those that train, and in those that test.
    moments : ExactMoments
        Of the training rows' targets, as far as they are numbers.
    lowest, highest : float
        Of all targets that are numbers.
    n_odd : int
        How many targets are none.
    of_processes : tuple of dict
        ``n_rows`` of the share of each process that reads the table.
    """

    n_rows: dict[str, int]
    sample: "pl.DataFrame"
    sampled: "pl.Series"
    missing: dict[str, int]
    counted: dict[str, Counts] = field(default_factory=dict)
    target: Counts = field(default_factory=Counts)
    in_training: Counts = field(default_factory=Counts)
    in_test: Counts = field(default_factory=Counts)
    moments: ExactMoments = field(default_factory=ExactMoments)
    lowest: float = np.inf
    highest: float = -np.inf
    n_odd: int = 0
    of_processes: tuple[dict[str, int], ...] = ()

    @property
    def whole(self) -> Whole:
        """What is known of all rows that train or validate."""
        categories = {
            name: dict(zip(counts.values.to_list(), counts.counts.tolist(), strict=True))
            for name, counts in self.counted.items()
            if counts.complete
        }
        return Whole(self.n_rows["training"] + self.n_rows["validation"], self.missing, categories)

    def merge(self, other: "Survey") -> None:
        """Take in the survey of other rows of the table; the result is that of all rows at once."""
        import polars as pl

        self.sample, self.sampled = pl.concat([self.sample, other.sample]), pl.concat([self.sampled, other.sampled])
        if not self.sampled.is_sorted():
            order = self.sampled.arg_sort()
            self.sample, self.sampled = self.sample[order], self.sampled[order]
        for own, more in ((self.n_rows, other.n_rows), (self.missing, other.missing)):
            for name, count in more.items():
                own[name] += count
        for name, counts in other.counted.items():
            self.counted.setdefault(name, Counts()).merge(counts)
        self.target.merge(other.target)
        self.in_training.merge(other.in_training)
        self.in_test.merge(other.in_test)
        self.moments.merge(other.moments)
        self.lowest, self.highest = min(self.lowest, other.lowest), max(self.highest, other.highest)
        self.n_odd += other.n_odd


def exchanged(together: Together, own: Survey) -> list[Survey]:
    """Return the survey of each process's share."""
    return [own] if together.size == 1 else [unpacked(content) for content in together.exchange(packed(own))]


PLAIN = ("n_rows", "missing", "lowest", "highest", "n_odd")
COUNTED = ("target", "in_training", "in_test")


def packed(found: Survey) -> bytes:
    """Return a survey as plain data in JSON, and its frames in Arrow's form; `unpacked` reads them back."""
    counts = {name: getattr(found, name) for name in COUNTED} | {f"of {name}": c for name, c in found.counted.items()}
    frames = [
        found.sample,
        found.sampled.to_frame(),
        *(each.found for each in counts.values() if each.found is not None),
    ]
    written = [_in_arrow(frame) for frame in frames]
    plain = {
        **{name: getattr(found, name) for name in PLAIN},
        "moments": astuple(found.moments),
        "counts": {name: [each.complete, each.found is not None] for name, each in counts.items()},
        "sizes": [len(content) for content in written],
    }
    head = json.dumps(plain).encode()
    return b"".join([len(head).to_bytes(8, "little"), head, *written])


def unpacked(content: bytes) -> Survey:
    """Return the survey that `packed` was given."""
    import polars as pl

    at = 8 + int.from_bytes(content[:8], "little")
    plain = json.loads(content[8:at])
    ends = np.cumsum([at, *plain["sizes"]]).tolist()
    frames = iter([pl.read_ipc(content[start:stop]) for start, stop in pairwise(ends)])
    sample, sampled = next(frames), next(frames)["row"]
    counts = {
        name: Counts(complete, next(frames) if has_some else None)
        for name, (complete, has_some) in plain["counts"].items()
    }
    return Survey(
        plain["n_rows"],
        sample,
        sampled,
        plain["missing"],
        {name.removeprefix("of "): each for name, each in counts.items() if name not in COUNTED},
        counts["target"],
        counts["in_training"],
        counts["in_test"],
        ExactMoments(*plain["moments"]),
        plain["lowest"],
        plain["highest"],
        plain["n_odd"],
    )


def _in_arrow(frame: "pl.DataFrame") -> bytes:
    written = io.BytesIO()
    frame.write_ipc(written)
    return written.getvalue()
