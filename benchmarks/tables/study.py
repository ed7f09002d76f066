"""The study: contenders on the same splits of many tables, as JSON, and geometric means of ratios of their errors.

A result is kept in the JSON file and not measured again, so that a study can be continued, and peers are measured once.
"""

import json
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tables.contenders import CONTENDERS
from benchmarks.tables.measure import measured, split_of
from benchmarks.tables.sources import TABLES

Results = dict[str, dict[str, float]]
"""By "contender|table|seed|most rows"."""


def run_study(
    path: Path, contenders: Sequence[str], names: Sequence[str], seeds: int, most_rows: int, contend: Mapping[str, Any]
) -> Results:
    """Measure what is not in the file yet, and return all of it."""
    results: Results = json.loads(path.read_text()) if path.exists() else {}
    for name in names:
        for seed in range(seeds):
            missing = [one for one in contenders if key_of(one, name, seed, most_rows) not in results]
            if not missing:
                continue
            try:
                task = split_of(TABLES[name], seed, most_rows)
            except ModuleNotFoundError as error:
                print(f"{name}: left out, {error}", file=sys.stderr)
                break
            for one in missing:
                found = _tried(contend[one], task, f"{one} on {name}")
                if found is not None:
                    results[key_of(one, name, seed, most_rows)] = found
                    path.write_text(json.dumps(results, indent=0))
    return results


def _tried(contend: Any, task: Any, what: str) -> dict[str, float] | None:
    """Return the scores, or None with a report if a contender refuses a table: the others are measured anyway."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = measured(contend, task)
    except Exception:  # whatever a peer raises is its result on this table, and is printed
        print(f"{what}:", traceback.format_exc(limit=-1), file=sys.stderr)
        return None
    shown = ", ".join(f"{name} {value:.4g}" for name, value in found.items() if name in ("error", "log_loss", "wall"))
    print(f"{what}: {shown}", file=sys.stderr, flush=True)
    return found


def key_of(contender: str, name: str, seed: int, most_rows: int) -> str:
    """Return under which key a result is kept."""
    return f"{contender}|{name}|{seed}|{most_rows}"


def means_of(results: Results, contender: str, name: str, seeds: int, most_rows: int) -> dict[str, float] | None:
    """Return a contender's means over the splits of a table, None if one is missing."""
    keys = [key_of(contender, name, seed, most_rows) for seed in range(seeds)]
    if not all(key in results for key in keys):
        return None
    found = {one: float(np.mean([results[key][one] for key in keys])) for one in results[keys[0]]}
    return found | {"error": max(found["error"], found["least"])}


def ratios(
    results: Results, ours: str, theirs: str, names: Sequence[str], seeds: int, most_rows: int, measure: str
) -> dict[str, float]:
    """Return for each table our mean error over theirs (for the log loss, the difference in nats)."""
    found = {}
    for name in names:
        pair = [means_of(results, one, name, seeds, most_rows) for one in (ours, theirs)]
        if pair[0] is None or pair[1] is None or measure not in pair[0]:
            continue
        one, other = pair[0][measure], pair[1][measure]
        found[name] = one - other if measure == "log_loss" else one / other
    return found


def geometric_mean(values: Sequence[float]) -> float:
    """Return exp of the mean logarithm."""
    return float(np.exp(np.mean(np.log(values)))) if len(values) else float("nan")


def all_contenders() -> Mapping[str, Any]:
    """Return what can be measured, by name."""
    return CONTENDERS
