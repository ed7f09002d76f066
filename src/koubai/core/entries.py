"""The few places where a lower layer calls into a higher one.

`Derivation.show` belongs on the record that users hold, but its implementation belongs in the views above it. Each
function here imports its implementation when called, so that every package can be imported on its own. This is the only
module that may import upwards; the layers contract lists what it imports.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

    from koubai.core.arrays import Array
    from koubai.core.network import Network
    from koubai.estimators.classifier import MLPClassifier
    from koubai.estimators.convolution.classifier import ConvClassifier
    from koubai.estimators.convolution.regressor import ConvRegressor
    from koubai.estimators.neocognitron.estimator import Neocognitron
    from koubai.estimators.perceptron import Perceptron
    from koubai.estimators.regressor import MLPRegressor
    from koubai.explain.derivations import Derivation as Derivation
    from koubai.explain.network.asking import Ask as Ask
    from koubai.models.comparing.compare import Comparison
    from koubai.models.of_images.seeing import Seen as Seen
    from koubai.models.reasons.record import Reasons
    from koubai.models.reporting.record import Judged, Report
    from koubai.models.reporting.scores import Measure
    from koubai.models.table_predictor import TablePredictor
    from koubai.play.widget import Playground as Playground
    from koubai.tables.files.frames import TableLike


# A derivation, which shows itself


def render(derivation: "Derivation", form: str, lang: str | None) -> str:
    """Return a derivation as text, Markdown or HTML."""
    from koubai.views.explanation.showing import render

    return render(derivation, form, lang)


def show(derivation: "Derivation", lang: str | None) -> None:
    """Print a derivation to the terminal."""
    from koubai.views.explanation.showing import show

    show(derivation, lang)


def save(derivation: "Derivation", path: str | os.PathLike[str], lang: str | None) -> None:
    """Write a derivation to a file."""
    from koubai.views.explanation.showing import save

    save(derivation, path, lang)


# A record of the lab, which shows itself


def descent_show(record: object, lang: str | None) -> None:
    """Print a record of the lab to the terminal."""
    from koubai.views.descent.showing import show

    show(record, lang)


def descent_save(record: object, path: str | os.PathLike[str], lang: str | None) -> None:
    """Write a record of the lab to a file."""
    from koubai.views.descent.showing import save

    save(record, path, lang)


def descent_html(record: object) -> str | None:
    """Return a record of the lab as an animation for a notebook; None if it does not move."""
    from koubai.views.descent.showing import html

    return html(record)


def descent_png(record: object) -> bytes | None:
    """Return a record's figure for a notebook; None without matplotlib."""
    from koubai.views.descent.showing import png

    return png(record)


# An estimator, which explains its rows and itself, and opens the playground


def explain(
    network: "Network",
    theta: "Array",
    x: "Array",
    y: "Array | None",
    ask: "Ask | None",
    *,
    features: tuple[str, ...],
    classes: tuple[str, ...],
    apart: bool,
    limits: tuple[tuple[float, float], ...],
) -> "Derivation":
    """Explain a row of a network."""
    from koubai.explain.network.passes import explain

    return explain(network, theta, x, y, ask, features=features, classes=classes, apart=apart, limits=limits)


def learning_walk(
    weights: "npt.NDArray[np.float64]", x: "Array", y: int, learning_rate: float, names: list[str]
) -> "Derivation":
    """Explain one example of a perceptron."""
    from koubai.explain.learning_rule.learning_walk import one_example

    return one_example(weights, x, y, learning_rate, names)


def model_page(estimator: "MLPClassifier | MLPRegressor", X: "Array", y: object, layer: int) -> "Derivation":
    """Explain an estimator's whole network."""
    from koubai.models.scores.inspection import page_of_estimator

    return page_of_estimator(estimator, X, y, layer)


def table_model_page(model: "TablePredictor", table: "TableLike", layer: int) -> "Derivation":
    """Explain a whole model of a table."""
    from koubai.models.scores.inspection import page_of_table_model

    return page_of_table_model(model, table, layer)


def reasons_page(reasons: "Reasons") -> "Derivation":
    """Return the reasons for one answer as an explanation."""
    from koubai.models.reasons.page import page_of

    return page_of(reasons)


def report_page(report: "Report") -> "Derivation":
    """Return the report of a model as a page."""
    from koubai.models.reporting.page import page_of

    return page_of(report)


def report_measures(judged: "Judged") -> "list[Measure]":
    """Return all scores of answers to rows, with their intervals and baselines."""
    from koubai.models.reporting.scores import measures

    return measures(judged)


def save_comparison(comparison: "Comparison", path: str | os.PathLike[str], lang: str | None) -> None:
    """Write a comparison of learners to a file."""
    from koubai.views.comparison.page import save

    save(comparison, path, lang)


def comparison_html(comparison: "Comparison", lang: str | None) -> str:
    """Return a comparison of learners for a notebook."""
    from koubai.views.comparison.page import fragment

    return fragment(comparison, lang)


def see(estimator: "ConvClassifier | ConvRegressor | Neocognitron", X: object, y: object, row: int) -> "Seen":
    """Return what a network on images sees."""
    from koubai.models.of_images.seeing import see_arrays

    return see_arrays(estimator, X, y, row)


def save_seen(seen: "Seen", path: str | os.PathLike[str], lang: str | None) -> None:
    """Write what a network sees to a file."""
    from koubai.views.images.showing import save

    save(seen, path, lang)


def seen_html(seen: "Seen") -> str | None:
    """Return what a network sees for a notebook; None without matplotlib."""
    from koubai.views.images.showing import fragment

    return fragment(seen)


def seen_png(seen: "Seen") -> bytes | None:
    """Return what a network sees as a picture for a notebook; None without matplotlib."""
    from koubai.views.images.showing import png

    return png(seen)


def play_table(
    frame: "pl.DataFrame", target: str, task: str | None, standardize: bool, **settings: object
) -> "Playground":
    """Open the playground with a table, whose target is one of its columns."""
    from koubai.play.widget import play

    return play(frame, target, task=task, standardize=standardize, **settings)


def play_estimator(
    estimator: "MLPClassifier | MLPRegressor | Perceptron", X: object, y: object, **settings: object
) -> "Playground":
    """Open the playground with an estimator's network, on data in scikit-learn's form."""
    from koubai.play.widget import play_estimator

    return play_estimator(estimator, X, y, **settings)


# A model, which goes elsewhere


def to_onnx(model: object, path: str | os.PathLike[str] | None) -> bytes:
    """Return a model as the content of an ONNX file, and write it if a path is given."""
    from koubai.export.exporting import export

    content = export(model, "onnx", path)
    assert isinstance(content, bytes)
    return content
