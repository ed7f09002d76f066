"""Exports of a model, by the name of the target."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.core.language import worded
from koubai.core.untyped import TableOfOthers
from koubai.export.models import describe, described_network
from koubai.export.steps import CATEGORY, DATE, TEXT
from koubai.export.words import plain
from koubai.tables.meaning.columns import Column
from koubai.tables.preparing.preparation import KINDS
from koubai.training.atomic import replace_file
from koubai.views.figures.pictures import picture

if TYPE_CHECKING:
    from koubai.models.table_predictor import TablePredictor
    from koubai.tables.files.frames import TableLike


@dataclass(frozen=True)
class Target:
    """Something that a model can be written as.

    Parameters
    ----------
    suffix : str
        How its files are called.
    module : str
        Where its ``write`` is, which takes what ``describe`` returns of the model.
    words : str
        What it is, for help.
    options : tuple of str
        The parameters that ``write`` takes besides, or of a picture those of the picture.
    is_picture : bool
        Whether it shows the network instead of computing what it computes.
    """

    suffix: str
    module: str
    words: str
    options: tuple[str, ...] = ()
    is_picture: bool = False


TARGETS = {
    "onnx": Target(".onnx", "export.targets.onnx", "a graph for ONNX's runtimes"),
    "c": Target(".c", "export.targets.c", "a C file"),
    "js": Target(".mjs", "export.targets.javascript", "a JavaScript module"),
    "python": Target(".py", "export.targets.python", "a Python module that needs nothing else"),
    "sql": Target(".sql", "export.targets.sql.select", "a SELECT that scores a table", ("table", "dialect", "include")),
    "svg": Target(".svg", "views.figures.svg", "a picture of the network", ("nodes",), is_picture=True),
    "tikz": Target(".tex", "views.figures.tikz", "a picture of the network in LaTeX", ("nodes",), is_picture=True),
    "png": Target(".png", "views.figures.png", "a picture of the network in pixels", ("nodes",), is_picture=True),
}
"""What models can be written as, by name."""


def export(model: object, to: str, path: str | os.PathLike[str] | None = None, **options: object) -> str | bytes:
    """Return a fitted model as code, or as the content of an ONNX file; write it if a path is given.

    Parameters
    ----------
    model
        A fitted model: TableModel, TableClassifier, TableRegressor, ImageModel, MLPClassifier, MLPRegressor,
        ConvClassifier, ConvRegressor, Neocognitron or Perceptron, or a pipeline of scikit-learn's that ends with one
        of the networks.
    to : {"onnx", "c", "js", "python", "sql", "svg", "tikz", "png"}
        What to write; the last three are pictures of the network, of several that are averaged the first.
    path : path, optional
        A file to write, atomically.
    **options
        For SQL, ``table`` (its name), ``dialect`` ("sqlite", "postgresql" or "duckdb") and ``include`` (columns of the
        table to select besides). For pictures, ``nodes``: at most so many nodes of a layer are shown (10).

    Returns
    -------
    str or bytes
        Code, or the content of an ONNX file or a picture in pixels.

    Raises
    ------
    ParameterError
        If there is no such target, it has no such option, or a package that it needs is not installed.
    UndefinedError
        If the model has a layer or an activation that has no description.

    Examples
    --------
    >>> from koubai.estimators.regressor import MLPRegressor
    >>> model = MLPRegressor(hidden_layer_sizes=(2,), solver="lbfgs", random_state=0)
    >>> model = model.fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0])
    >>> code: dict = {}
    >>> exec(export(model, "python"), code)
    >>> bool(abs(code["predict"]([1.5]) - model.predict([[1.5]])[0]) < 1e-9)
    True
    """
    target = check_target(to, options)
    write: Callable[..., str | bytes] = import_module(f"koubai.{target.module}").write
    draw: Callable[..., object] = picture
    content = (
        write(draw(*described_network(model), **options)) if target.is_picture else write(describe(model), **options)
    )
    if path is not None:
        replace_file(path, content if isinstance(content, bytes) else content.encode())
    return content


def check_target(to: str, options: Mapping[str, object]) -> Target:
    """Return a target; raise ParameterError if there is none of that name, or if it has no such option."""
    if to not in TARGETS:
        raise ParameterError(
            who="export",
            parameter="to",
            required=worded("core.must.be_one_of", names=", ".join(TARGETS)),
            got=repr(to),
            remedy=worded("core.remedy.try_onnx"),
        )
    for name in options:
        if name not in TARGETS[to].options:
            raise ParameterError(
                who="export",
                parameter=name,
                required=worded("core.must.not_set", to=to),
                got=repr(options[name]),
                remedy=worded("core.remedy.leave_it_out"),
            )
    return TARGETS[to]


def onnx_inputs(model: object, table: TableOfOthers) -> "dict[str, Array]":
    """Return a table's columns, or images, as the inputs of their model's ONNX graph.

    Numbers and truth values are float64, missing ones NaN; dates are seconds since 1970 as written on the clock;
    categories are texts, missing ones "". Images are (rows, height, width, channels), pixels as they are.

    Parameters
    ----------
    model : TableModel, TableClassifier, TableRegressor or ImageModel
        The fitted model.
    table
        As for the model's ``predict``: a table, or images in files.

    Raises
    ------
    DataError
        If a column is missing, a cell does not belong there, or images do not fit the model.
    ParameterTypeError
        If the model is another; its inputs are the rows themselves, ``{"X": rows}``.

    Examples
    --------
    >>> from koubai.models.table_model import TableModel
    >>> table = {"x": [1, 2, None, 4] * 10, "colour": ["red", "blue"] * 20, "y": [5.0, 7.0, 6.0, 8.0] * 10}
    >>> model = TableModel(hidden_layer_sizes=(4,), solver="lbfgs", task="regression").fit(table, "y")
    >>> {name: column[:3, 0].tolist() for name, column in onnx_inputs(model, table).items()}
    {'x': [1.0, 2.0, nan], 'colour': ['red', 'blue', 'red']}
    """
    from koubai.models.as_estimator.base import TableEstimator
    from koubai.models.of_images.image_model import ImageModel
    from koubai.models.table_predictor import TablePredictor

    if isinstance(model, ImageModel):
        return {"images": np.asarray(model.read(table).pixels, model.estimator_.theta_.dtype)}
    if isinstance(model, TableEstimator):
        table = model._frame(table)
        model = model.model_
    if isinstance(model, TablePredictor):
        return _columns(model, table)
    raise ParameterTypeError(
        who="onnx_inputs",
        parameter="model",
        required=worded("core.must.table_images_files"),
        got=type(model).__name__,
        remedy="Its graph takes {'X': rows}.",
    )


def _columns(model: "TablePredictor", table: "TableLike") -> "dict[str, Array]":
    import polars as pl

    frame = model.columns_of(table).frame
    model.preparation_.check_columns(frame.columns)
    found: dict[str, Array] = {}
    for given, column in zip(describe(model).inputs, model.preparation_.columns, strict=True):
        described = Column(column.name, column.kind, format=getattr(column, "format", None))
        read = KINDS[column.kind].as_read(frame[column.name], described)
        if given.kind == TEXT:  # in the form that words are counted in, which the graph then leaves as it is
            cells = [None if text is None else plain(text) for text in read.to_list()]
            values = np.array(["" if text is None else text for text in cells], dtype=object)
        elif given.kind == CATEGORY:
            values = read.fill_null("").to_numpy().astype(object)
        elif given.kind == DATE:
            values = (read.dt.epoch("us").cast(pl.Float64) / 1e6).to_numpy()
        else:
            values = read.cast(pl.Float64).to_numpy()
        found[given.name] = values[:, np.newaxis]
    return found
