"""What a measurement leaves behind: plain records, in a JSON file."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = 1


@dataclass(frozen=True)
class Result:
    """One contender's figures in one row.

    ``samples`` has one number a round, the median of that round's turn, in ``unit``; round r of two contenders of the
    same row ran one after the other. ``fastest`` is the least of all times. ``tried`` holds the medians of other
    numbers of threads that were slower. ``failed`` says why there are no figures.
    """

    section: str
    row: str
    title: str
    dtype: str
    peer: str
    name: str
    threads: int
    unit: str
    samples: tuple[float, ...] = ()
    fastest: float = float("nan")
    tried: dict[str, float] = field(default_factory=dict)
    flops: float = 0.0
    value: float = 0.0
    note: str = ""
    failed: str = ""

    @property
    def median(self) -> float:
        """The median over rounds."""
        return float(np.median(self.samples)) if self.samples else float("nan")

    @property
    def noise(self) -> float:
        """Half the distance of the quartiles over the median, dimensionless."""
        if not self.samples:
            return float("nan")
        low, high = np.quantile(self.samples, [0.25, 0.75])
        return float((high - low) / 2 / self.median)

    @property
    def identity(self) -> tuple[str, str, str, str, int]:
        """What is the same in a later measurement of the same thing."""
        return self.section, self.row, self.dtype, self.peer, self.threads if self.section == "cores" else 0


def ratio(of: Result, to: Result) -> tuple[float, float, float]:
    """Return the median over rounds of ``of / to``, and its quartiles; of the medians where rounds do not match."""
    if len(of.samples) == len(to.samples) and of.samples:
        ratios = np.array(of.samples) / np.array(to.samples)
        low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
        return float(middle), float(low), float(high)
    middle = of.median / to.median
    return middle, middle, middle


@dataclass(frozen=True)
class Report:
    """All results of a run, with the machine and the command that they came from."""

    machine: dict[str, Any]
    results: tuple[Result, ...]

    def adding(self, results: Iterable[Result]) -> "Report":
        """Return a report with these results; they take the place of older ones of the same rows."""
        rows: dict[tuple[str, str, str], list[Result]] = {}
        for result in self.results:
            rows.setdefault((result.section, result.row, result.dtype), []).append(result)
        new: dict[tuple[str, str, str], list[Result]] = {}
        for result in results:
            new.setdefault((result.section, result.row, result.dtype), []).append(result)
        return replace(self, results=tuple(result for row in (rows | new).values() for result in row))


def write(report: Report, path: Path) -> None:
    """Write a report as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"format": FORMAT, "machine": report.machine, "results": [asdict(r) for r in report.results]}
    path.write_text(json.dumps(record, indent=1) + "\n")


def read(path: Path) -> Report:
    """Read a report back."""
    record = json.loads(path.read_text())
    if record.get("format") != FORMAT:
        raise SystemExit(f"{path}: its format must be {FORMAT}; got {record.get('format')}. Measure again.")
    results = tuple(Result(**{**r, "samples": tuple(r["samples"])}) for r in record["results"])
    return Report(record["machine"], results)
