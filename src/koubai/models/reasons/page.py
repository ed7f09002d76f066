"""The reasons for one answer as an explanation in both languages."""

from collections.abc import Sequence

from koubai.core.formulas.tree import Number
from koubai.core.formulas.values import Notation
from koubai.explain.derivations import Block, Cell, Derivation, Section, Table, say
from koubai.models.reasons.record import Change, Reasons, brief
from koubai.models.reasons.words import CommonWord

CELLS = 5
"""Number of columns shown of rows like the row: those with the largest contributions."""


def page_of(reasons: Reasons) -> Derivation:
    """Return the explanation: the reasons, rows like it, and what would change the answer."""
    sections = [_reasons(reasons), *_words(reasons), *_nearest(reasons), _changes(reasons)]
    return Derivation(say("explain.title.reasons", row=reasons.row), tuple(sections), None, Notation(digits=3))


def _reasons(reasons: Reasons) -> Section:
    found = reasons.contributions
    blocks: list[Block] = []
    if reasons.is_class:
        answered = say("explain.reasons.class", target=reasons.target, answer=reasons.answer)
        blocks.append(answered)
        if reasons.probability is not None:
            blocks.append(say("explain.reasons.probability", p=Number(reasons.probability)))
    else:
        blocks.append(say("explain.reasons.number", target=reasons.target, answer=reasons.answer))
    heads: list[Cell] = [say("explain.column.column"), say("explain.column.cell"), say("explain.column.contribution")]
    exact = found.is_exact
    rows: list[tuple[Cell, ...]] = []
    for reason in reasons.reasons:
        key = "for" if reason.contribution >= 0 else "against"
        cells: list[Cell] = [reason.column, brief(reason.cell), Number(reason.contribution, signed=True)]
        if not exact:
            cells.append(Number(reason.error))
        if reasons.is_class:
            cells.append(say(f"explain.reasons.{key}", answer=reasons.answer))
        rows.append(tuple(cells))
    heads += [] if exact else [say("explain.column.error")]
    heads += [say("explain.column.speaks")] if reasons.is_class else []
    blocks.append(Table(tuple(heads), tuple(rows)))
    unit = "odds" if reasons.is_class else "units"
    blocks.append(say(f"explain.reasons.sum_{unit}", base=Number(found.base), answer=Number(found.answer)))
    blocks.append(say(f"explain.reasons.{'exact' if exact else 'estimated'}", n=found.n_background))
    return Section(say("explain.section.reasons"), tuple(blocks))


def _words(reasons: Reasons) -> list[Section]:
    if not reasons.words:
        return []
    heads: tuple[Cell, ...] = (say("explain.column.column"), say("explain.column.word"), say("explain.column.with_it"))
    rows = tuple((each.column, each.word, Number(each.change, signed=True)) for each in reasons.words)
    said = (
        say("explain.reasons.words_class", answer=reasons.answer)
        if reasons.is_class
        else say("explain.reasons.words_number")
    )
    return [Section(say("explain.section.words"), (said, Table(heads, rows)))]


def words_section(words: Sequence[CommonWord], n_rows: int) -> list[Section]:
    """Return the section on the words that matter most to a model, if there are any."""
    if not words:
        return []
    names = ["column", "word", "with_it", *(["answer"] if words[0].answer else []), "texts"]
    rows: list[tuple[Cell, ...]] = []
    for each in words:
        answer = (each.answer,) if each.answer else ()
        rows.append((each.column, each.word, Number(each.change, signed=True), *answer, f"{each.n_texts}"))
    told = say("explain.reasons.words_model", n=n_rows)
    heads = tuple(say("report.column.answer" if name == "answer" else f"explain.column.{name}") for name in names)
    return [Section(say("explain.section.words"), (told, Table(heads, tuple(rows))))]


def _nearest(reasons: Reasons) -> list[Section]:
    if not reasons.nearest:
        return []
    names = [reason.column for reason in reasons.reasons[:CELLS]]
    truth = any(neighbour.truth for neighbour in reasons.nearest)
    heads: list[Cell] = [say("explain.column.row"), say("explain.column.distance")]
    heads += [reasons.target] if truth else []
    own: list[Cell] = [say("explain.reasons.this"), ""]
    own += [say("explain.reasons.answered", answer=reasons.answer)] if truth else []
    cells = {reason.column: brief(reason.cell) for reason in reasons.reasons}
    rows: list[tuple[Cell, ...]] = [(*own, *(cells[name] for name in names))]
    for neighbour in reasons.nearest:
        start: list[Cell] = [f"{neighbour.row}", Number(neighbour.distance)]
        start += [neighbour.truth] if truth else []
        rows.append((*start, *(brief(neighbour.cells[name]) for name in names)))
    blocks = (say("explain.reasons.nearest"), Table((*heads, *names), tuple(rows), (0,)))
    return [Section(say("explain.section.nearest"), blocks)]


def _changes(reasons: Reasons) -> Section:
    title = say("explain.section.changes")
    if not reasons.changes:
        return Section(title, (say("explain.reasons.no_change"),))
    key = "class" if reasons.is_class else "number"
    heads: tuple[Cell, ...] = (say("explain.column.change"), say("explain.column.then"))
    rows = tuple((_steps(change), change.answer) for change in reasons.changes)
    return Section(title, (say(f"explain.reasons.change_{key}"), Table(heads, rows)))


def _steps(change: Change) -> str:
    return ", ".join(f"{column}: {brief(before)} → {brief(after)}" for column, before, after in change.steps)
