"""A model card: what a table's model learned from, how well it does, and what it is for, as Markdown.

(Mitchell and others 2019, "Model cards for model reporting", whose sections it follows as far as a model knows them.)
"""

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING

from koubai.core.language import Language, recognised, said_in, text
from koubai.models.scores.evaluation import Evaluation
from koubai.tables.meaning.columns import Use

if TYPE_CHECKING:
    from koubai.models.table_model import TableModel

MANY_CLASSES = 20
"""With more classes, their table of errors is left out."""


def card(model: "TableModel", lang: Language, version: str) -> str:
    """Return a fitted model's card.

    Parameters
    ----------
    model : TableModel
        The fitted model.
    lang : "en" or "ja"
        Its language.
    version : str
        The version of koubai.
    """
    model.check_fitted()
    target = model.target_
    title = text("card.title", lang, target=_cell(target.name))
    parts = ["<!-- koubai -->", f"# {title}"]
    task = text(f"card.task.{target.task}", lang)
    sizes = "-".join(map(str, model.estimator_.network_.sizes))
    number = len(model.others_) + 1
    parts.append(
        text(
            f"card.model.{'many' if number > 1 else 'one'}",
            lang,
            task=task,
            number=number,
            sizes=sizes,
            version=version,
        )
    )
    parts += [f"## {text('card.use', lang)}", text("card.use.body", lang, target=_cell(target.name))]
    parts += [f"## {text('card.data', lang)}", _data(model, lang), _columns(model, lang)]
    left_out = [
        f"- `{_cell(column.name)}`: {_cell(str(said_in(recognised(column.reason), lang)))}"
        for column in model.preparation_.left_out
    ]
    parts += [text("card.left_out", lang), "\n".join(left_out)] if left_out else []
    parts += [f"## {text('card.scores', lang)}", _scores(model.evaluation_, lang)]
    parts += [f"## {text('card.limits', lang)}", text("card.limits.body", lang)]
    notes = [f"- {_cell(str(said_in(recognised(note), lang)))}" for note in model.notes_]
    parts += [text("card.notes", lang), "\n".join(notes)] if notes else []
    return "\n\n".join(parts) + "\n"


def _cell(value: object) -> str:
    """Return a text that stays in one cell of a table."""
    return " ".join(str(value).split()).replace("|", "\\|").replace("<", "&lt;")


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _data(model: "TableModel", lang: Language) -> str:
    rows = model.n_rows_
    names = ("training", "validation", "test")
    return text("card.rows", lang, **{name: f"{rows.get(name, 0):,}" for name in names})


def _columns(model: "TableModel", lang: Language) -> str:
    heads = [text(f"card.column.{name}", lang) for name in ("name", "kind", "use", "seen")]
    rows = []
    for column in model.preparation_.columns:
        span = getattr(column, "span", None)
        seen = " … ".join(span) if span else ", ".join(getattr(column, "categories", ())[:6])
        kind = text(f"card.kind.{column.kind}", lang)
        rows.append([f"`{_cell(column.name)}`", kind, _cell(_used(column.uses, lang)), _cell(seen)])
    return _table(heads, rows)


def _used(uses: Sequence[Use], lang: Language) -> str:
    said = [text(key, lang, **values) for key, values in uses]
    return reduce(lambda first, then: text("card.used.and", lang, first=first, then=then), said)


def _scores(evaluation: Evaluation | None, lang: Language) -> str:
    if evaluation is None:
        return text("card.scores.none", lang)
    interval = "" if evaluation.interval is None else " ({:.4g} … {:.4g})".format(*evaluation.interval)
    rows = [
        [str(said_in(recognised(evaluation.measure), lang)), f"{evaluation.score:.4g}{interval}"],
        [text("card.baseline", lang, answer=_cell(evaluation.answer)), f"{evaluation.baseline:.4g}"],
        *([_cell(str(said_in(recognised(name), lang))), f"{value:.4g}"] for name, value in evaluation.others.items()),
    ]
    heads = [text("card.score.name", lang, n_rows=f"{evaluation.n_rows:,}"), text("card.score.value", lang)]
    found = _table(heads, rows)
    if 2 <= len(evaluation.classes) <= MANY_CLASSES:
        crossed = [text("card.confusion", lang), *map(_cell, evaluation.classes)]
        body = [
            [_cell(label), *map(str, counts)]
            for label, counts in zip(evaluation.classes, evaluation.confusion, strict=True)
        ]
        found += f"\n\n{_table(crossed, body)}"
    return found
