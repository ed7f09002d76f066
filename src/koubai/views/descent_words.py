"""What the lab says in words: why a path ended, who arrived, what calculus gives."""

import numpy as np

from koubai.core.language import Language, text
from koubai.descent.basins import Basins
from koubai.descent.by_hand import ByHand, Stationary
from koubai.descent.compare import Arrival, Comparison
from koubai.descent.expression import Node
from koubai.descent.fits import Fit
from koubai.descent.landscape import Landscape, Line
from koubai.descent.objective import Objective
from koubai.descent.path import Path
from koubai.descent.watching import BatchProgress, RangeTest, TrainingRecord
from koubai.views.descent_math import plain


def number(value: float, digits: int = 4) -> str:
    """Return a number with a few digits and a proper minus sign.

    Examples
    --------
    >>> number(-0.68750000001), number(1e-12), number(1e-17), number(12345678.0)
    ('−0.6875', '1e−12', '0', '1.235e+07')
    """
    if not np.isfinite(value):
        return {"inf": "∞", "-inf": "−∞"}.get(str(value), "—")
    if abs(value) < 1e-14:
        return "0"
    written = f"{value:.{digits}g}"
    return written.replace("-", "−")


def point(values: "np.ndarray | tuple[float, ...]", digits: int = 4) -> str:
    """Return a point as text: a number, or several in parentheses."""
    numbers = [number(float(value), digits) for value in values]
    return numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"


def function_title(objective: Objective, lang: Language) -> str:
    """Return what is minimised: f(x, y) = …, or the loss of a fit."""
    key = f"descent.loss.{objective.name}"
    if objective.expression is None:
        return text(key, lang) if objective.name in ("line", "logistic", "perceptron") else objective.name
    names = ", ".join(objective.variables)
    return f"f({names}) = {plain(objective.expression.tree, decimals=True)}"


def label(comparison: Comparison, index: int, lang: Language) -> str:
    """Return what a path is called in a legend: its label, with α where it is not already said."""
    name = comparison.labels[index]
    if isinstance(comparison, Fit):
        name = text(f"descent.method.{name}", lang)
    if "α=" in name:
        return name
    return f"{name}  α={comparison.paths[index].learning_rate:g}"


def axis_name(variable: str, lang: Language) -> str:
    """Return the name of a variable at an axis."""
    return text(f"descent.axis.{variable}", lang) if variable in ("slope", "intercept") else variable


def stop_sentence(path: Path, lang: Language) -> str:
    """Return why a path ended, and for one that diverged what would have helped."""
    sentence = text(f"descent.stop.{path.stop.value}", lang)
    advice = path.advice
    if advice is None:
        return sentence
    values = {"curvature": number(advice.curvature, 3)}
    if advice.learning_rate is None:
        more = text("descent.advice.none", lang, **values)
    elif advice.limit is None:
        more = text("descent.advice.rate", lang, rate=f"{advice.learning_rate:g}", **values)
    else:
        values["limit"] = number(advice.limit, 3)
        more = text("descent.advice.limit", lang, rate=f"{advice.learning_rate:g}", **values)
    return f"{sentence}{'。' if lang == 'ja' else '. '}{more}"


def arrival_header(lang: Language) -> tuple[str, ...]:
    """Return the heads of the table of arrivals."""
    names = ("method", "learning_rate", "arrived", "at_step", "cost", "end", "value", "steps", "stop")
    return tuple(text(f"descent.column.{name}", lang) for name in names)


def arrival_row(arrival: Arrival, name: str, lang: Language) -> tuple[str, ...]:
    """Return one path's row of the table of arrivals."""
    path = arrival.path
    return (
        name,
        f"{path.learning_rate:g}",
        "—" if arrival.minimum is None else point(arrival.minimum),
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
    return [arrival_row(arrival, name, lang) for arrival, name in zip(comparison.arrivals, names, strict=True)]


def exact(trees: tuple[Node, ...] | None, numbers: tuple[float, ...]) -> str:
    """Return a point exactly where that is known, else in numbers."""
    if trees is None:
        return point(numbers, 6)
    written = [plain(tree) for tree in trees]
    return written[0] if len(written) == 1 else f"({', '.join(written)})"


def exact_value(stationary: Stationary) -> str:
    """Return f at a stationary point, exactly where that is known."""
    return number(stationary.value, 6) if stationary.exact_value is None else plain(stationary.exact_value)


def by_hand_lines(answer: ByHand, lang: Language) -> list[tuple[str, list[str]]]:
    """Return what calculus gives as headed lines: function, derivatives, stationary points, minimum."""
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
            [
                f"{names if len(answer.variables) == 1 else f'({names})'} = {exact(s.exact_point, s.point)}"
                f"{'：' if lang == 'ja' else ': '}{text(f'descent.kind.{s.kind.value}', lang)}"
                for s in answer.stationary[:12]
            ]
            + (["…"] if len(answer.stationary) > 12 else [])
            or [text("descent.hand.none", lang)],
        ),
    ]
    if answer.minimum is not None:
        head = "minimum" if answer.bounded else "local_minimum"
        where = exact(answer.minimum.exact_point, answer.minimum.point)
        inner = where if where.startswith("(") else f"({where})"
        lines.append((text(f"descent.hand.{head}", lang), [f"f{inner} = {exact_value(answer.minimum)}"]))
    if not answer.complete:
        lines.append(("", [text("descent.hand.window", lang)]))
    return lines


def basins_title(found: Basins, lang: Language) -> str:
    """Return the title of a map of basins."""
    return text("descent.title.basins", lang, optimizer=found.optimizer.name, rate=f"{found.learning_rate:g}")


def network_lines(record: Landscape | Line | TrainingRecord | RangeTest | BatchProgress, lang: Language) -> list[str]:
    """Return what a record about a network says in a few lines."""
    loss = text("descent.axis.loss", lang)
    match record:
        case Landscape():
            key = "landscape" if record.path is None else "path"
            low, high = np.nanmin(record.surface.values), np.nanmax(record.surface.values)
            title = text(f"descent.network.{key}", lang)
            return [f"{title}: {loss} {number(record.loss, 4)} ({number(low)}–{number(high)})"]
        case Line():
            barrier = text("descent.network.barrier", lang, height=number(record.barrier, 4))
            ends = " → ".join(number(end, 4) for end in record.ends)
            return [f"{text('descent.network.line', lang)}: {loss} {ends}, {barrier}"]
        case TrainingRecord():
            title = text("descent.network.training", lang, **_rule(record.optimizer.name, record.learning_rate))
            gradients, ratios = record.gradient_norms.mean(axis=0), record.update_ratios.mean(axis=0)
            names = (text("descent.axis.gradient", lang), text("descent.axis.ratio", lang))
            layers = [
                f"  {text('descent.network.layer', lang, number=layer + 1)}: "
                f"{names[0]} {number(gradient, 3)}, {names[1]} {number(ratio, 3)}"
                for layer, (gradient, ratio) in enumerate(zip(gradients, ratios, strict=True))
            ]
            return [title, f"  {loss} {number(record.losses[0], 4)} → {number(record.losses[-1], 4)}", *layers]
        case RangeTest():
            title = text("descent.network.range", lang, optimizer=record.optimizer.name)
            return [title, f"  {text('descent.network.suggested', lang, rate=f'{record.suggested:g}')}"]
        case BatchProgress():
            rule = _rule(record.optimizer.name, record.learning_rate)
            lines = [text("descent.network.batches", lang, n=record.n_rows, **rule)]
            for size, losses in zip(record.batch_sizes, record.losses, strict=True):
                lines.append(
                    f"  {batch_name(size, record.n_rows, lang)}: {loss} {number(losses[0])} → {number(losses[-1])}"
                )
            return lines


def _rule(optimizer: str, learning_rate: float) -> dict[str, str]:
    return {"optimizer": optimizer, "rate": f"{learning_rate:g}"}


def batch_name(size: int, n_rows: int, lang: Language) -> str:
    """Return what descending with so many rows an update is called."""
    key = "one_row" if size == 1 else "all_rows" if size == n_rows else "some_rows"
    return text(f"descent.network.{key}", lang, n=size)
