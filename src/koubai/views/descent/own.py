"""The part of the lab's page where a reader descends: a click is the start, sliders are α and μ."""

import json
from functools import cache
from html import escape
from importlib.resources import files
from math import e, pi
from typing import TypeAlias

from koubai.core.language import Language, catalogue, text
from koubai.descent.fits.fitted import Fit
from koubai.descent.functions.expression import Apply, Constant, Node, Number
from koubai.descent.paths.compare import Comparison
from koubai.views.descent.words import axis_name

Plain: TypeAlias = "float | str | list[Plain]"

STEEPEST = "steepest"
"""The method of a fit that takes all rows, as a descent in the page does."""
MOST_ROWS = 5000
"""Rows of a fit that a page carries at most, so that it stays small and quick."""


@cache
def _script() -> str:
    return (files("koubai") / "views" / "assets" / "descent-own.js").read_text(encoding="utf-8")


def plain_tree(tree: Node) -> Plain:
    """Return an expression as plain data: numbers, names of variables, and lists of an operation and its arguments.

    Examples
    --------
    >>> from koubai.descent.functions.expression import parse
    >>> plain_tree(parse("x**2 - 3").tree)
    ['-', ['**', 'x', 2.0], 3.0]
    """
    if isinstance(tree, Number):
        return float(tree.value)
    if isinstance(tree, Constant):
        return {"pi": pi, "e": e}[tree.name]
    if isinstance(tree, Apply):
        return [tree.operation, *map(plain_tree, tree.arguments)]
    return tree.name


def _slider(name: str, low: float, high: float, step: float) -> str:
    spoken = f'min="{low:g}" max="{high:g}" step="{step:g}" value="0" aria-label="{name}"'
    return f'<label>{name} <input type="range" {spoken}> <output></output></label>\n'


def has_own(comparison: Comparison) -> bool:
    """Return whether a page can descend by itself: on an expression of one or two variables, or on a fit's rows."""
    if comparison.surface is None:
        return False
    if isinstance(comparison, Fit):
        return STEEPEST in comparison.labels and len(comparison.x) <= MOST_ROWS
    return comparison.objective.expression is not None


def own_controls(comparison: Comparison, lang: Language) -> str:
    """Return the controls; nothing where the page cannot descend by itself."""
    if not has_own(comparison):
        return ""
    boxes = "".join(
        f'<label>{escape(axis_name(variable, lang))} <input type="number" step="any"></label> '
        for variable in comparison.objective.variables
    )
    return (
        f'<fieldset class="own"><legend>{escape(text("descent.own.title", lang))}</legend>\n'
        f"<span>{escape(text('descent.own.start', lang))} {boxes}</span>\n"
        f"{_slider('α', -2, 2, 0.02)}{_slider('μ', 0, 0.99, 0.01)}"
        f'<p class="found" aria-live="polite">{escape(text("descent.own.click", lang))}</p></fieldset>\n'
    )


def own_script(comparison: Comparison, lang: Language) -> str:
    """Return the script of the controls with what it computes from."""
    objective = comparison.objective
    if not has_own(comparison):
        return ""
    rates = [path.learning_rate for path in comparison.paths if path.optimizer.name == "sgd"]
    computed: dict[str, object] = {}
    if isinstance(comparison, Fit):
        rates = [comparison.paths[comparison.labels.index(STEEPEST)].learning_rate]
        rows = {"x": comparison.x.tolist(), "y": comparison.y.tolist(), "intercept": comparison.intercept}
        computed["rows"] = {"model": comparison.model, **rows}
    elif objective.expression is not None:
        computed["tree"] = plain_tree(objective.expression.tree)
    data = {
        **computed,
        "variables": list(objective.variables),
        "rate": rates[0] if rates else comparison.paths[0].learning_rate,
        "lowest": comparison.lowest,
        "words": {"found": catalogue(lang)["descent.own.found"]},
    }
    written = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" class="own">{written}</script>\n<script>{_script()}</script>\n'
