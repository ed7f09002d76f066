"""The lab's words: why a path ended, which paths arrived, the answer by calculus."""

import numpy as np

from koubai.core.language import Language, has_text, text
from koubai.descent.fits.fitted import Fit
from koubai.descent.functions.by_hand import ByHand
from koubai.descent.functions.exact import Kind, Stationary
from koubai.descent.functions.expression import Node
from koubai.descent.functions.known import NAMED
from koubai.descent.functions.objective import Noisy, Objective
from koubai.descent.paths.compare import Arrival, Comparison
from koubai.descent.paths.path import Path, Stop
from koubai.optimizers.protocol import Optimizer
from koubai.views.descent.math import SUPERSCRIPTS, plain

MOST_STATIONARY = 8
"""Maximum number of stationary points listed; the lowest are kept."""


def number(value: float, digits: int = 4) -> str:
    """Return a number with a few digits and a proper minus sign.

    Examples
    --------
    >>> number(-0.68750000001), number(1e-12), number(1e-17), number(12345678.0)
    ('−0.6875', '1×10⁻¹²', '0', '1.235×10⁷')
    """
    if not np.isfinite(value):
        return {"inf": "∞", "-inf": "−∞"}.get(str(value), "—")
    if abs(value) < 1e-14:
        return "0"
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    power = f"×10{str(int(exponent)).translate(SUPERSCRIPTS)}" if exponent else ""
    return mantissa.replace("-", "−") + power


def point(values: "np.ndarray | tuple[float, ...]", digits: int = 4) -> str:
    """Return a point as text: a number, or several in parentheses."""
    numbers = [number(float(value), digits) for value in values]
    return numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"


def function_title(objective: Objective, lang: Language) -> str:
    """Return the objective: its name and f(x, y) = …, or the loss of a fit."""
    if objective.expression is None:
        fit = objective.name in ("line", "logistic", "perceptron")
        return text(f"descent.title.fit.{objective.name}", lang) if fit else objective.name
    colon = "：" if lang == "ja" else ": "
    named = text(f"descent.function.{objective.name}", lang) + colon if objective.name in NAMED else ""
    title = f"{named}{formula(objective)}"
    if isinstance(objective, Noisy):
        noise = text("descent.function.noise", lang, noise=f"{objective.noise:g}")
        title += f"（{noise}）" if lang == "ja" else f", {noise}"
    return title


def formula(objective: Objective) -> str:
    """Return f(x, y) = …, or just the name of a function without an expression."""
    if objective.expression is None:
        return objective.name
    return f"f({', '.join(objective.variables)}) = {plain(objective.expression.tree, decimals=True)}"


def value_name(objective: Objective, lang: Language) -> str:
    """Return the name of the values: the loss of a fit, or f."""
    key = f"descent.loss.{objective.name}"
    return text(key, lang) if objective.name in ("line", "logistic", "perceptron") else "f"


def optimizer_name(name: str, lang: Language) -> str:
    """Return what an optimizer is called on a picture."""
    key = f"play.choice.{name}"
    return text(key, lang) if has_text(key) else name


def rule(optimizer: Optimizer, learning_rate: float, lang: Language) -> str:
    """Return an optimizer with its learning rate."""
    named = optimizer_name(optimizer.name, lang)
    return text("descent.title.rule", lang, optimizer=named, rate=number(learning_rate))


def label(comparison: Comparison, index: int, lang: Language) -> str:
    """Return a path's name in a legend: its label, with α unless it is already included."""
    path, name = comparison.paths[index], comparison.labels[index]
    if isinstance(comparison, Fit):
        name = text(f"descent.method.{name}", lang)
        if path.optimizer.name != "sgd":
            name += f", {optimizer_name(path.optimizer.name, lang)}"
    name = name.split(" α=")[0]
    if name.startswith(path.optimizer.name):
        name = optimizer_name(path.optimizer.name, lang) + name.removeprefix(path.optimizer.name)
    return f"{name}  α={number(path.learning_rate)}"


def axis_name(variable: str, lang: Language) -> str:
    """Return a variable's axis label."""
    return text(f"descent.axis.{variable}", lang) if variable in ("slope", "intercept") else variable


def stop_sentence(path: Path, lang: Language) -> str:
    """Return why a path ended and, if it diverged or left the domain, what would have helped."""
    sentence = text(f"descent.stop.{path.stop.value}", lang)
    advice = path.advice
    if advice is None:
        return sentence
    values: dict[str, object] = {"curvature": number(advice.curvature, 3), "step": path.n_steps}
    key = "none" if advice.learning_rate is None else "rate" if advice.limit is None else "limit"
    if path.stop is Stop.LEFT_DOMAIN:
        key = "domain_none" if advice.learning_rate is None else "domain"
    if advice.learning_rate is not None:
        values["rate"] = f"{advice.learning_rate:g}"
    if advice.limit is not None:
        values["limit"] = number(advice.limit, 3)
    more = text(f"descent.advice.{key}", lang, **values)
    return f"{sentence}{'。' if lang == 'ja' else '. '}{more}"


def arrival_header(lang: Language) -> tuple[str, ...]:
    """Return the column heads of the table of arrivals."""
    names = ("method", "learning_rate", "arrived", "at_step", "cost", "end", "value", "steps", "stop")
    return tuple(text(f"descent.column.{name}", lang) for name in names)


def arrival_row(arrival: Arrival, name: str, local: bool, lang: Language) -> tuple[str, ...]:
    """Return one path's row of the table of arrivals; ``local`` if its minimum is only local."""
    path = arrival.path
    where = "—" if arrival.minimum is None else point(arrival.minimum)
    return (
        name,
        f"{path.learning_rate:g}",
        text("descent.arrived.local", lang, point=where) if local else where,
        "—" if arrival.step is None else str(arrival.step),
        "—" if arrival.gradient_evaluations is None else str(arrival.gradient_evaluations),
        "—" if path.failed else point(path.point, 6),
        "—" if path.failed else number(path.value, 6),
        str(path.n_steps),
        stop_sentence(path, lang),
    )


def arrival_rows(comparison: Comparison, lang: Language) -> list[tuple[str, ...]]:
    """Return the rows of the table of arrivals."""
    names = [
        text(f"descent.method.{name}", lang) if isinstance(comparison, Fit) else name.split(" α=")[0]
        for name in comparison.labels
    ]
    return [
        arrival_row(arrival, name, arrival.minimum is not None and comparison.is_local(arrival.minimum), lang)
        for arrival, name in zip(comparison.arrivals, names, strict=True)
    ]


def exact(trees: tuple[Node, ...] | None, numbers: tuple[float, ...]) -> str:
    """Return a point in exact form where known, else as decimals."""
    if trees is None:
        return point(numbers, 6)
    written = [plain(tree) for tree in trees]
    return written[0] if len(written) == 1 else f"({', '.join(written)})"


def exact_value(stationary: Stationary) -> str:
    """Return f at a stationary point, in exact form where known."""
    return number(stationary.value, 6) if stationary.exact_value is None else plain(stationary.exact_value)


def by_hand_lines(answer: ByHand, lang: Language) -> list[tuple[str, list[str]]]:
    """Return the answer by calculus as headed lines: function, derivatives, stationary points, minimum."""
    names = ", ".join(answer.variables)
    lines = [
        (text("descent.hand.function", lang), [f"f({names}) = {plain(answer.expression.tree, decimals=True)}"]),
        (
            text("descent.hand.derivative", lang),
            [
                f"{'f′' if len(answer.variables) == 1 else f'∂f/∂{variable}'}"
                f"{f'({names})' if len(answer.variables) == 1 else ''} = {plain(tree)}"
                for variable, tree in zip(answer.variables, answer.derivatives, strict=True)
                if tree is not None
            ],
        ),
        (
            text("descent.hand.stationary", lang),
            _stationary_lines(answer, lang),
        ),
    ]
    if answer.minimum is not None:
        head = "minimum" if answer.bounded else "local_minimum"
        where = exact(answer.minimum.exact_point, answer.minimum.point)
        inner = where if where.startswith("(") else f"({where})"
        lines.append((text(f"descent.hand.{head}", lang), [f"f{inner} = {exact_value(answer.minimum)}"]))
    if answer.bounded is False:
        lines.append((text("descent.hand.minimum", lang), [text("descent.hand.unbounded", lang)]))
    if not answer.complete:
        lines.append(("", [text("descent.hand.window", lang)]))
    lines += [("", [text(f"descent.hand.left_out.{step}", lang)]) for step in answer.left_out]
    return lines


def _stationary_lines(answer: ByHand, lang: Language) -> list[str]:
    """Return a line for each stationary point, or for the lowest of many."""
    names, colon = ", ".join(answer.variables), "：" if lang == "ja" else ": "
    where = names if len(answer.variables) == 1 else f"({names})"
    shown, count = answer.stationary, len(answer.stationary)
    if answer.complete and any(point.kind is Kind.FLAT for point in shown):
        return [text("descent.hand.everywhere", lang)]
    if count > MOST_STATIONARY:
        shown = tuple(sorted(shown, key=lambda found: found.value)[: MOST_STATIONARY - 2])
    lines = [
        f"{where} = {exact(s.exact_point, s.point)}{colon}{text(f'descent.kind.{s.kind.value}', lang)}" for s in shown
    ]
    if len(shown) < count:
        lines.append(text("descent.hand.more", lang, count=count))
    return lines or [text("descent.hand.none", lang)]


def fit_lines(fit: Fit, lang: Language) -> list[str]:
    """Return the remarks on a fit: the answer for the original x, and whether x should be scaled."""
    lines = []
    if fit.scaling is not None:
        best = fit.answer or min((path for path in fit.paths if not path.failed), key=lambda path: path.value).point
        slope, intercept = (number(value, 6) for value in fit.unscaled(best))
        lines.append(text("descent.fit.unscaled", lang, name=fit.names[0], slope=slope, intercept=intercept))
    if fit.is_ill_conditioned:
        lines.append(text("descent.fit.condition", lang, name=fit.names[0], ratio=number(fit.condition, 2)))
    return lines


def across_name(fit: Fit, lang: Language) -> str:
    """Return the label of a fit's x axis."""
    return fit.names[0] if fit.scaling is None else text("descent.axis.standardized", lang, name=fit.names[0])
