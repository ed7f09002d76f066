"""A report as Markdown: ratios first, then every figure with its noise."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from math import isnan

from benchmarks.contenders import PEERS
from benchmarks.results import Report, Result, ratio

HEADINGS = {
    "training": "Training one network",
    "population": "Training many networks",
    "prediction": "Prediction",
    "growth-rows": "Growth with the number of rows",
    "growth-width": "Growth with the width of a hidden layer",
    "growth-depth": "Growth with the number of hidden layers",
    "growth-batch": "Growth with the batch size",
    "cores": "Growth with the number of cores",
    "startup": "Start-up",
    "memory": "Peak memory",
}
EXPLANATIONS = {
    "training": (
        "Microseconds a step (one update), steady state. GF/s counts the matrix products of a step. The share of "
        "the limit is the time that those products alone take in SciPy's OpenBLAS, called from compiled code with "
        "the best number of threads, over the time of the step; OpenBLAS is not the fastest for every shape, so "
        "more than 100 % can be reached."
    ),
    "population": "Seconds for all networks together.",
    "prediction": "Microseconds a call, for probabilities of all rows of 64-100-10.",
    "growth-rows": "64-100-10 ReLU, batch 200, Adam: microseconds a step.",
    "growth-width": "64-w-10 ReLU, 2000 rows, batch 200, Adam: microseconds a step.",
    "growth-depth": "64-64-…-64-10 ReLU, 2000 rows, batch 200, Adam: microseconds a step.",
    "growth-batch": "64-100-10 ReLU, 2000 rows, Adam: microseconds a step.",
    "cores": "Every number of threads.",
    "startup": "Seconds from the start of a new process to its end.",
    "memory": "MiB at most beyond the rows themselves, once the code is compiled: copies of rows, work arrays, model.",
}
METHOD = (
    "All contenders of a row took turns in one run, each in a process of its own. A time is the median over "
    "rounds; the least is beside it, noise is half the distance of the quartiles. A ratio is the median over "
    "rounds of the contender's time over koubai's in the same round: above 1, koubai is faster. Of several "
    "numbers of threads the best one is shown; to koubai it is the most that it may use. `benchmarks/README.md` says "
    "what makes the comparison fair, and where it is not."
)


def own(results: Sequence[Result]) -> Result | None:
    """Return koubai's result among those of one row: the engine's, or else the estimator's."""
    for peer in ("koubai", "koubai-fit"):
        for result in results:
            if result.peer == peer and not result.failed:
                return result
    return None


def number(value: float) -> str:
    """Return a number with three digits that count."""
    if isnan(value):
        return "–"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def times(value: float) -> str:
    """Return a ratio."""
    return "–" if isnan(value) else f"{number(value)}×"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, the first column left, the others right."""
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def by_row(results: Iterable[Result]) -> list[list[Result]]:
    """Return the results of each row and dtype, in the order in which they were measured."""
    return [list(group) for _, group in groupby(results, lambda r: (r.row, r.dtype))]


def limit(results: Sequence[Result]) -> Result | None:
    """Return the time of the matrix products alone, if it was measured."""
    return next((r for r in results if r.peer == "products" and not r.failed), None)


def summary(results: Sequence[Result], *, limited: bool) -> str:
    """Return a table of ratios to koubai, one line a row and dtype."""
    peers = [p for p in PEERS if p not in ("koubai", "products") and any(r.peer == p for r in results)]
    lines = []
    for group in by_row(results):
        mine = own(group)
        if mine is None:
            continue
        found = {r.peer: r for r in group}
        cells = [times(ratio(found[p], mine)[0]) if p in found and not found[p].failed else "–" for p in peers]
        line = [
            f"{mine.title}, {mine.dtype}" if mine.dtype else mine.title,
            f"{number(mine.median)} {mine.unit}",
            *cells,
        ]
        if limited:
            bound = limit(group)
            line.append(f"{ratio(bound, mine)[0]:.0%}" if bound else "–")
        lines.append(line)
    header = ["work", "koubai", *(PEERS[p].label for p in peers)] + ["share of the limit"] * limited
    return table(header, lines)


def details(results: Sequence[Result]) -> str:
    """Return every figure: threads, median, least, noise, ratio with its quartiles, GF/s, share of the limit."""
    rated = any(r.flops for r in results)
    header = ["work", "by", "threads", "median", "least", "noise", "ratio to koubai (quartiles)"]
    lines = []
    for group in by_row(results):
        mine, bound = own(group), limit(group)
        for r in group:
            if r.failed:
                lines.append([r.title, r.name, str(r.threads), r.failed, *[""] * (3 + 2 * rated)])
                continue
            middle, low, high = ratio(r, mine) if mine else (float("nan"),) * 3
            line = [
                f"{r.title}, {r.dtype}" if r.dtype else r.title,
                r.name + (f" ({r.note})" if r.note else ""),
                str(r.threads or "–"),
                f"{number(r.median)} {r.unit}",
                number(r.fastest),
                f"±{r.noise:.0%}",
                f"{times(middle)} ({number(low)}–{number(high)})",
            ]
            if rated:
                line += [number(rate(r)), f"{ratio(bound, r)[0]:.0%}" if bound else "–"]
            lines.append(line)
    return table(header + ["GF/s", "share of the limit"] * rated, lines)


def rate(result: Result) -> float:
    """Return the rate of the matrix products, GF/s: flops over microseconds."""
    return result.flops / result.median / 1e3


def growth(results: Sequence[Result]) -> str:
    """Return a table with one line a value and one column a contender."""
    peers = [p for p in PEERS if any(r.peer == p for r in results)]
    values = sorted({r.value for r in results})
    found = {(r.value, r.peer): r for r in results}
    rows = [
        [f"{value:.0f}", *(number(found[value, p].median) if (value, p) in found else "–" for p in peers)]
        for value in values
    ]
    return table(["value", *(PEERS[p].label for p in peers)], rows)


def cores(results: Sequence[Result]) -> str:
    """Return a table with one line a contender and one column a number of threads, with the gain over one."""
    threads = sorted({r.threads for r in results})
    lines = []
    for group in by_row(results):
        for peer in dict.fromkeys(r.peer for r in group):
            found = {r.threads: r for r in group if r.peer == peer}
            one = found.get(threads[0])
            cells = []
            for n in threads:
                if n not in found or found[n].failed or one is None:
                    cells.append("–")
                    continue
                gain = "" if n == threads[0] else f" ({times(ratio(one, found[n])[0])})"
                cells.append(f"{number(found[n].median)} µs ±{found[n].noise:.0%}{gain}")
            lines.append([f"{group[0].title}, {group[0].dtype}", PEERS[peer].label, *cells])
    return table(["work", "by", *(f"{n} thread{'s' * (n > 1)}" for n in threads)], lines)


def section_text(section: str, results: Sequence[Result]) -> str:
    """Return one section."""
    parts = [f"## {HEADINGS[section]}", EXPLANATIONS[section]]
    if section == "cores":
        parts.append(cores(results))
    elif section.startswith("growth"):
        parts.append(growth(results))
    else:
        parts.append(summary(results, limited=section == "training"))
        parts.append("<details><summary>Every figure</summary>")
        parts.append(details(results))
        parts.append("</details>")
    return "\n\n".join(parts)


def machine_text(report: Report) -> str:
    """Return where the figures come from."""
    m = report.machine
    versions = ", ".join(f"{name} {number}" for name, number in m["versions"].items())
    return "\n".join(
        [
            f"- Machine: {m['processor']}, {m['cores']} cores, {', '.join(m['vector instructions'])}, "
            f"{m['memory GiB']} GiB, {m['system']}; load before the run {m['load before']}",
            f"- Versions: {versions}; BLAS: {'; '.join(m['BLAS'])}",
            f"- koubai at {m['commit'] or 'an unknown revision'}, {m['date']}, by `{m['command']}`",
        ]
    )


def markdown(report: Report, pictures: Sequence[tuple[str, str]] = ()) -> str:
    """Return the whole report; pictures are (title, path) pairs, shown first."""
    parts = [
        machine_text(report),
        METHOD,
        *(f"![{title}]({path})" for title, path in pictures),
    ]
    for section in HEADINGS:
        results = [r for r in report.results if r.section == section]
        if results:
            parts.append(section_text(section, results))
    return "\n\n".join(parts) + "\n"
