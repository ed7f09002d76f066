"""Comparing two commits: two stored reports, or two revisions measured side by side."""

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.cases import Case
from benchmarks.contenders import ROOT, Contender
from benchmarks.measure import measure
from benchmarks.report import number, table, times
from benchmarks.results import Report, Result, ratio
from benchmarks.sections import MICRO, Choice

LEAST_BAND = 0.03
"""Changes smaller than this are not told from noise."""


def verdict(change: float, band: float) -> str:
    """Return what a ratio new/old means."""
    if abs(change - 1) <= band:
        return "same"
    return "SLOWER" if change > 1 else "faster"


def band_of(old: Result, new: Result) -> float:
    """Return how far a ratio of medians may lie from 1 through noise: twice both noises together, at least 3 %."""
    return max(LEAST_BAND, 2 * float(np.hypot(old.noise, new.noise)))


def drift(old: dict[tuple[object, ...], Result], new: dict[tuple[object, ...], Result], like: Result) -> float:
    """Return how much slower the machine was in the new report: the median ratio of the peers in the same row."""
    ratios = [
        new[key].median / old[key].median
        for key in old.keys() & new.keys()
        if (old[key].section, old[key].row, old[key].dtype) == (like.section, like.row, like.dtype)
        and not old[key].peer.startswith("koubai")
    ]
    return float(np.median(ratios)) if ratios else 1.0


def compare_reports(before: Report, after: Report) -> tuple[str, bool]:
    """Return a table of koubai's times in both reports, and whether any became slower beyond noise.

    The peers did the same work in both runs, so their common change is the machine's and is divided out.
    """
    old: dict[tuple[object, ...], Result] = {r.identity: r for r in before.results if not r.failed}
    new: dict[tuple[object, ...], Result] = {r.identity: r for r in after.results if not r.failed}
    lines, slower = [], False
    for key, was in old.items():
        if not was.peer.startswith("koubai") or key not in new:
            continue
        now = new[key]
        machine = drift(old, new, was)
        change, band = now.median / was.median / machine, band_of(was, now)
        word = verdict(change, band)
        slower |= word == "SLOWER"
        lines.append(
            [
                f"{was.title}, {was.dtype}",
                was.name,
                f"{number(was.median)} {was.unit}",
                number(now.median),
                times(machine),
                times(change),
                times(now.fastest / was.fastest / machine),
                f"±{band:.0%}",
                word,
            ]
        )
    header = ["work", "by", "before", "after", "machine", "after/before", "of the least", "noise band", "verdict"]
    heading = f"{before.machine['commit']} → {after.machine['commit']}\n\n"
    return heading + table(header, lines), slower


@contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """Check a revision out into a folder that is removed in the end; give its ``src``."""
    with tempfile.TemporaryDirectory(prefix="koubai-") as folder:
        path = Path(folder) / "tree"
        subprocess.run(
            ["git", "worktree", "add", "--detach", str(path), revision], cwd=ROOT, check=True, capture_output=True
        )
        try:
            yield path / "src"
        finally:
            subprocess.run(
                ["git", "worktree", "remove", "--force", str(path)], cwd=ROOT, check=True, capture_output=True
            )


def compare_revisions(before: str, after: str, cases: Sequence[Case], choice: Choice) -> tuple[str, bool]:
    """Measure two revisions in turns, in the same run, by this checkout's benchmarks; return as `compare_reports`.

    ``.`` is the working tree.
    """
    lines, slower = [], False
    with checkout_or_here(before) as old, checkout_or_here(after) as new:
        for case in cases:
            for dtype in choice.dtypes:
                contenders = [
                    Contender(peer, n, str(source), label)
                    for n in choice.threads
                    for peer in ("koubai", "koubai-fit")
                    for source, label in ((old, before), (new, after))
                ]
                every = replace(choice.settings, every_thread_count=True)
                results = measure(
                    choice.pool,
                    "training",
                    "train",
                    case,
                    dtype,
                    contenders,
                    every,
                    unit="µs a step",
                    per_second=MICRO / case.steps,
                )
                for peer in ("koubai", "koubai-fit"):
                    for n in choice.threads:
                        pair = [r for r in results if r.peer == peer and r.threads == n and not r.failed]
                        if len(pair) == 2:
                            line = pair_line(pair[0], pair[1], peer)
                            slower |= line[-1] == "SLOWER"
                            lines.append(line)
    header = [
        "work",
        "by",
        "threads",
        before,
        after,
        "after/before (quartiles)",
        "of the least",
        "noise band",
        "verdict",
    ]
    return table(header, lines), slower


@contextmanager
def checkout_or_here(revision: str) -> Iterator[Path]:
    """Give the ``src`` of a revision, or of the working tree for ``.``."""
    if revision == ".":
        yield ROOT / "src"
    else:
        with checkout(revision) as source:
            yield source


def pair_line(old: Result, new: Result, peer: str) -> list[str]:
    """Return a line of the table for two results of the same rounds."""
    change, low, high = ratio(new, old)
    band = max(LEAST_BAND, high - low)
    return [
        f"{old.title}, {old.dtype}",
        peer,
        str(old.threads),
        f"{number(old.median)} {old.unit}",
        number(new.median),
        f"{times(change)} ({number(low)}–{number(high)})",
        times(new.fastest / old.fastest),
        f"±{band:.0%}",
        verdict(change, band),
    ]
