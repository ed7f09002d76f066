"""The study's results as Markdown."""

from collections.abc import Sequence

import numpy as np

from benchmarks.tables.sources import CLASSES, NUMBERS
from benchmarks.tables.study import Results, geometric_mean, means_of, ratios


def summary(results: Results, ours: str, peers: Sequence[str], seeds: int, most_rows: int) -> str:
    """Return one row for each peer: geometric means of error ratios, mean difference of log losses, seconds."""
    lines = [
        f"| {ours} beside | classes: error ratio | log loss | numbers: error ratio | all | tables | seconds, its |",
        "|---|---|---|---|---|---|---|",
    ]
    for peer in peers:
        of_classes, of_numbers = (
            ratios(results, ours, peer, list(tables), seeds, most_rows, "error") for tables in (CLASSES, NUMBERS)
        )
        log_losses = ratios(results, ours, peer, list(CLASSES), seeds, most_rows, "log_loss")
        both = [*of_classes.values(), *of_numbers.values()]
        names = [*of_classes, *of_numbers]
        seconds = [_mean_seconds(results, one, names, seeds, most_rows) for one in (ours, peer)]
        lines.append(
            f"| {peer} | {geometric_mean(list(of_classes.values())):.3f} | {_mean(log_losses.values()):+.3f} | "
            f"{geometric_mean(list(of_numbers.values())):.3f} | {geometric_mean(both):.3f} | {len(both)} | "
            f"{seconds[0]:.1f}, {seconds[1]:.1f} |"
        )
    return "\n".join(lines)


def by_table(results: Results, contenders: Sequence[str], seeds: int, most_rows: int) -> str:
    """Return one row for each table: the error and, for classes, the log loss of each contender."""
    lines = [f"| table | rows | {' | '.join(contenders)} |", f"|{'---|' * (len(contenders) + 2)}"]
    for name in (*CLASSES, *NUMBERS):
        found = [means_of(results, one, name, seeds, most_rows) for one in contenders]
        known = [one for one in found if one is not None]
        if known:
            lines.append(f"| {name} | {known[0]['rows']:.0f} | {' | '.join(map(_scores, found))} |")
    return "\n".join(lines)


def _scores(found: dict[str, float] | None) -> str:
    if found is None:
        return ""
    return f"{found['error']:.3f}" + (f" ({found['log_loss']:.3f})" if "log_loss" in found else "")


def _mean_seconds(results: Results, contender: str, names: Sequence[str], seeds: int, most_rows: int) -> float:
    found = [means_of(results, contender, name, seeds, most_rows) for name in names]
    return _mean(one["seconds"] for one in found if one is not None)


def _mean(values: object) -> float:
    found = list(values)  # type: ignore[call-overload]
    return float(np.mean(found)) if found else float("nan")
