"""A report in words and pictures, in both languages."""

import math
from collections.abc import Callable, Sequence
from importlib.metadata import version

import numpy as np

from koubai.core.arrays import Array
from koubai.core.formulas.tree import Number
from koubai.core.formulas.values import Notation
from koubai.core.language import has_text
from koubai.explain.derivations import Block, Cell, Curves, Derivation, Section, Table, Text, called, say
from koubai.explain.model.page import dependence_section, importance_section
from koubai.models.reasons.page import words_section
from koubai.models.reasons.words import TEXTS
from koubai.models.reporting import pictures
from koubai.models.reporting.collecting import CELLS
from koubai.models.reporting.record import ColumnUse, Judged, Report
from koubai.models.reporting.scores import measures
from koubai.tables.meaning.columns import Use

MOST_CLASSES = 12
"""With more classes, the classes that are most often confused are listed in place of the matrix."""
MOST_DEPENDENCES, MOST_IMPORTANCES = 12, 40
"""Numbers of columns whose dependence is drawn, and whose importance is listed."""
NONE = "–"


def page_of(report: Report) -> Derivation:
    """Return the report as a page."""
    sections = [_columns(report), _scores(report)]
    if report.judged is not None:
        sections += _of_classes(report.judged) if len(report.judged.classes) else [_of_numbers(report.judged)]
    outputs = () if report.judged is None else tuple(map(str, report.judged.classes))
    important, drawn = report.effects[:MOST_IMPORTANCES], report.effects[:MOST_DEPENDENCES]
    sections.append(importance_section(important, report.score))
    sections += words_section(report.words, min(TEXTS, report.effect_rows))
    if any(view.outputs for view in drawn):
        sections.append(dependence_section([view for view in drawn if view.outputs], outputs))
    if report.judged is not None:
        sections.append(_wrong(report))
    return Derivation(say("report.title", target=report.target), tuple(sections), None, Notation(digits=4))


def _columns(report: Report) -> Section:
    sizes = "-".join(map(str, report.sizes))
    task = say(f"card.task.{report.task}")
    networks = "many" if report.networks > 1 else "one"
    rows = {name: f"{report.n_rows.get(name, 0):,}" for name in ("training", "validation", "test")}
    blocks: list[Block] = [
        say("report.source", source=report.source),
        say(f"card.model.{networks}", task=task, number=report.networks, sizes=sizes, version=version("koubai")),
        say("card.rows", **rows),
    ]
    heads = tuple(say(f"card.column.{name}") for name in ("name", "kind", "use"))
    listed = []
    for column in report.columns:
        kind = called([f"card.kind.{column.kind}"], column.kind)
        use = _used(column.uses) if column.is_used else _left_out(column)
        listed.append((column.name, kind, use))
    left_out = tuple(k for k, column in enumerate(report.columns) if not column.is_used)
    blocks.append(Table(heads, tuple(listed), left_out))
    if report.notes:
        blocks += [say("card.notes"), *(_plain(f"• {note}") for note in report.notes)]
    return Section(say("report.section.columns"), tuple(blocks))


def _used(uses: Sequence[Use]) -> Text:
    """Return the description of how a column is used, part by part."""
    (key, values), *others = uses
    said = say(key, **values)
    for key, values in others:
        said = say("card.used.and", first=said, then=say(key, **values))
    return said


def _left_out(column: ColumnUse) -> Text:
    key = f"report.left_out.{column.kind}"
    return say(key if has_text(key) else "report.left_out", reason=column.use)


def _scores(report: Report) -> Section:
    blocks: list[Block] = []
    judged = report.judged
    if judged is None:
        blocks.append(say("report.none", n=f"{report.effect_rows:,}"))
    else:
        n_rows = f"{judged.evaluation.n_rows:,}"
        blocks.append(say("report.held_out" if report.held_out else "report.given", n=n_rows))
        blocks += [say("report.remembered")] if report.remembered else []
        blocks.append(_measures(judged))
        blocks.append(say("report.scores_told", answer=judged.evaluation.answer))
    if report.crossed is not None:
        k = len(report.crossed.n_rows)
        blocks.append(say("report.crossed", k=k))
        heads = tuple(say(f"report.column.{name}") for name in ("measure", "mean", "deviation"))
        mean, spread = report.crossed.mean, report.crossed.spread
        rows = tuple((_measure(name), Number(mean[name]), Number(spread[name])) for name in mean)
        blocks.append(Table(heads, rows))
    return Section(say("card.scores"), tuple(blocks))


def _measures(judged: Judged) -> Table:
    heads = tuple(say(f"report.column.{name}") for name in ("measure", "score", "interval", "baseline"))
    rows: list[tuple[Cell, ...]] = []
    for found in measures(judged):
        ends = found.interval
        interval = NONE if ends is None else say("report.interval", low=Number(ends[0]), high=Number(ends[1]))
        baseline = NONE if found.baseline is None else Number(found.baseline)
        rows.append((_measure(found.name), Number(found.score), interval, baseline))
    return Table(heads, tuple(rows))


def _measure(name: str) -> Text:
    """Return what a measure is called; of one that names a class, with the class."""
    what, of, label = name.partition(" of ")
    if of and what in ("average precision", "F1"):
        return say(f"report.measure.{what.lower().replace(' ', '_')}_of", label=label)
    if name.startswith("truth within the "):
        level, _, kind = name.removeprefix("truth within the ").rpartition(" ")
        return say(f"report.measure.within_{kind}", level=level)
    return called([f"report.measure.{name.lower().replace(' ', '_')}"], name)


def _of_classes(judged: Judged) -> list[Section]:
    """Return how classes are confused, and the curves of their probabilities."""
    sections = [_confusion(judged)]
    shares, chosen = judged.probabilities, pictures.shown_classes(judged)
    if shares is None or not chosen:
        return sections
    for name, draw in (
        ("roc", pictures.roc),
        ("precision_recall", pictures.precision_recall),
        ("calibration", pictures.calibration),
    ):
        sections.append(_pictured(name, judged, shares, chosen, draw))
    return sections


def _pictured(
    name: str, judged: Judged, shares: Array, chosen: list[int], draw: Callable[[Judged, int, Array], Curves]
) -> Section:
    told = [say(f"report.{name}")]
    if len(judged.classes) == 2:
        told.append(say("report.rarer", label=str(judged.classes[chosen[0]])))
    elif len(chosen) < len(judged.classes):
        told.append(say("report.most_rows", n=len(chosen)))
    return Section(say(f"report.section.{name}"), (*told, *(draw(judged, k, shares) for k in chosen)))


def _confusion(judged: Judged) -> Section:
    counts, classes = np.asarray(judged.evaluation.confusion), judged.evaluation.classes
    title = say("report.section.confusion")
    if len(classes) <= MOST_CLASSES:
        rows = tuple(
            (label, *(f"{count:,}" if count else "·" for count in row))
            for label, row in zip(classes, counts.tolist(), strict=True)
        )
        return Section(title, (say("report.confusion"), Table((say("report.crossing"), *classes), rows)))
    apart = counts - np.diag(np.diag(counts))
    places = [divmod(int(place), len(classes)) for place in np.argsort(-apart, axis=None, kind="stable")[:MOST_CLASSES]]
    listed = tuple((classes[i], classes[j], f"{apart[i, j]:,}") for i, j in places if apart[i, j])
    heads = tuple(say(f"report.column.{name}") for name in ("truth", "answer", "rows"))
    return Section(title, (say("report.confused", n=len(classes)), *([Table(heads, listed)] if listed else [])))


def _of_numbers(judged: Judged) -> Section:
    blocks = (
        say("report.residuals"),
        pictures.true_against_predicted(judged, "y ~ z"),
        pictures.residuals(judged, "y − z"),
        pictures.histogram(judged, "y − z"),
    )
    return Section(say("report.section.residuals"), blocks)


def _wrong(report: Report) -> Section:
    judged = report.judged
    assert judged is not None
    title = say("report.section.wrong")
    if not report.wrong:
        return Section(title, (say("report.no_wrong"),))
    classes = bool(len(judged.classes))
    size = "probability" if classes else "residual"
    names = [view.name for view in report.effects[:CELLS]]
    heads = [say(f"report.column.{name}") for name in ("row", "truth", "answer", size)]
    rows: list[tuple[Cell, ...]] = []
    for wrong in report.wrong:
        shown = NONE if math.isnan(wrong.size) else Number(wrong.size, signed=not classes)
        rows.append((f"{wrong.row}", wrong.truth, wrong.answer, shown, *wrong.cells))
    total = report.n_wrong if classes else judged.evaluation.n_rows
    told = say(f"report.wrong_{'classes' if classes else 'numbers'}", n=len(rows), total=f"{total:,}")
    commands = Table(
        (say("report.column.row"), say("report.column.derivation")),
        tuple((f"{wrong.row}", _plain(wrong.command)) for wrong in report.wrong),
    )
    return Section(title, (told, Table((*heads, *names), tuple(rows)), say("report.derive"), commands))


def _plain(words: str) -> Text:
    return say("explain.plain", words=words)
