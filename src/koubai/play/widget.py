"""The playground in a notebook: the page's own modules as an anywidget widget, which trains in the browser."""

import json
import logging
import os
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import TypedDict, cast

import anywidget
import numpy as np

from koubai.core.errors import KoubaiError, ParameterError
from koubai.estimators.classifier import MLPClassifier
from koubai.estimators.convolution.classifier import ConvClassifier
from koubai.estimators.perceptron import Perceptron
from koubai.estimators.regressor import MLPRegressor
from koubai.images.names import is_images
from koubai.models.table_model import TableModel
from koubai.play.bundle import widget_module, widget_style
from koubai.play.catalogue import with_given
from koubai.play.classroom.lessons import with_own
from koubai.play.datasets import CLASSES, GIVEN_IMAGES, NUMBERS
from koubai.play.messages import Message, Parts, parse
from koubai.play.of_images.given import Given, arrays_given, read_given
from koubai.play.runs.data import GivenImages, Source
from koubai.play.runs.estimators import Playable, left_aside, recipe_of, settings_of
from koubai.play.runs.given import GivenRows, GivenTable, given
from koubai.play.runs.journal import Edit
from koubai.play.runs.returning import fitted, whole_model
from koubai.play.runs.run import PlaygroundRun
from koubai.play.serving.answering import ANSWERS, reply
from koubai.play.settings import Axes, Settings

GIVEN = "given"
"""The id, among the tables, of rows given by the program."""

SMALL = 20
"""With fewer rows than this, none are held out for testing."""
LOG = logging.getLogger("koubai.play")


class Playground(anywidget.AnyWidget):
    """The playground as a widget; created by `koubai.play` and ``estimator.play``.

    Display it by making it the last expression of a cell. It trains in the browser, and tells the kernel how the run
    stands whenever the kernel is free; `do` trains here, and the page goes on from there.

    Parameters
    ----------
    settings : Settings
        The initial settings.
    tables : mapping
        The possible values of the setting ``table``.

    Examples
    --------
    >>> widget = Playground(Settings(), {})
    >>> widget.do("step", unit="epoch", count=20)
    >>> widget.epoch, widget.estimator.predict([[0.0, 0.0]]).tolist()
    (20.0, ['1'])
    >>> widget.close()
    """

    _esm = widget_module(list(with_own().values()))
    _css = widget_style()

    def __init__(self, settings: Settings, tables: Mapping[str, Source]) -> None:
        self._tables, self._views, self._closed = tables, set[str](), False
        self._run = PlaygroundRun.of(settings, tables)
        super().__init__()
        self.on_msg(self._hear)

    # ------------------------------------------------------------------ for programs

    @property
    def estimator(self) -> MLPClassifier | MLPRegressor | Perceptron | ConvClassifier:
        """The current network as a fitted estimator that takes rows as originally given.

        It is a copy, unaffected by further training. For a table whose columns had to be prepared it takes the prepared
        features; `model` then takes the table itself.
        """
        return fitted(self._run.experiment, self._run.moment)

    @property
    def model(self) -> TableModel | MLPClassifier | MLPRegressor | Perceptron | ConvClassifier:
        """The current network with its table's preparation, for ``koubai.save``; without one, the estimator."""
        return whole_model(self._run.experiment, self._run.moment)

    @property
    def settings(self) -> Message:
        """The current settings, by the names used in a link to the page."""
        found: Message = json.loads(json.dumps(self._run.settings.as_json()))
        return found

    @property
    def epoch(self) -> float:
        """Number of epochs done, including a fraction."""
        return float(self._run.epoch)

    def do(self, kind: str, /, **parts: object) -> None:
        """Do the same as a click, for example ``do("run", until=200)``, ``do("pause")`` or ``do("step", count=10)``.

        What trains up to an end is done when this returns, and shown on the page; ``do("run")`` without an end lets the
        page train.

        Parameters
        ----------
        kind : str
            One of `koubai.play.messages.MESSAGES`.
        **parts
            The parts of that kind of message.

        Raises
        ------
        ParameterError
            If there is no such message, or it cannot be carried out now.
        """
        if self._closed:
            raise ParameterError("play: the widget must be open; it has been closed. Call koubai.play again.")
        kind, part = parse(json.dumps({"type": kind, **parts}, default=str))
        if kind in HERE and not (kind == "run" and part["until"] is None):
            self._do_here(kind, part)
            self._show({"type": "restore", "document": self._run.whole()})
        elif self._views:
            self._show({"type": kind, **part})
        else:
            raise ParameterError(
                f"play: {kind} is done by the page, which must be on the screen; it is not. Display the widget first, "
                f"or use {', '.join(sorted(HERE))}, run with until=…."
            )

    def close(self) -> None:
        """Remove the widget from the screen; `estimator` stays available."""
        self._closed = True
        super().close()

    def __repr__(self) -> str:
        if self._closed:
            return "Playground(closed)"
        return "Playground: a notebook shows it (JupyterLab, VS Code, marimo, Colab); elsewhere run koubai play."

    def _do_here(self, kind: str, part: Parts) -> None:
        run = self._run
        match kind:
            case "settings":
                self._run = run.changed(run.settings.changed(part["settings"]), self._tables)
            case "step":
                run.step(part["unit"], part["count"])
            case "edit":
                run.edit(cast(Edit, part))
            case "reset":
                self._run = PlaygroundRun.begin(run.experiment)
            case "instant":
                self._run = PlaygroundRun.begin(run.experiment)
                self._run.train(part["epochs"])
            case "run":
                left = part["until"] - run.moment.state.epoch
                if left <= 0:
                    end = part["until"]
                    raise ParameterError(f"play: the run is to end after epoch {end}, which is done. Raise until.")
                run.train(left)

    # ------------------------------------------------------------------ between kernel and front end

    def _show(self, message: Message, view: str = "") -> None:
        """Let the views obey a message, except the one that it came from."""
        if self._views:
            self.send({"type": "obey", "view": view, "message": message})

    def _hear(self, _: object, content: object, buffers: object) -> None:
        """Receive a message from the front end."""
        asked: Mapping[str, object] = content if isinstance(content, Mapping) else {}
        view = str(asked.get("view"))
        match asked.get("type"):
            case "ask":
                self._views.add(view)
                self.send({"type": "answer", "view": view, "id": asked.get("id"), **self._answer(asked)})
            case "kept":
                self._keep(asked.get("document"), view)
            case "bye":
                self._views.discard(view)

    def _answer(self, asked: Mapping[str, object]) -> Message:
        """Return ``{"answer": …}``, or ``{"text": sentence}``."""
        if asked.get("what") == "begin":
            images = self._tables.get(GIVEN_IMAGES)
            sets = {"images": with_given(images.images)} if isinstance(images, GivenImages) else {}
            return {"answer": {"first": self.settings, "document": self._run.whole(), **sets}}
        what, part = str(asked.get("what")), asked.get("part")
        if what not in ANSWERS or not isinstance(part, Mapping):
            return {"text": f"A question must be one of {', '.join(ANSWERS)}, with its parts; got something else."}
        status, found = reply(what, dict(part), self._tables)
        return {"answer": found} if status == 200 else found

    def _keep(self, whole: object, view: str) -> None:
        """Take over how the run stands, and show it on the other views."""
        if not isinstance(whole, Mapping):
            return
        try:
            self._run = PlaygroundRun.restored(whole, self._tables, self._run.experiment)
        except KoubaiError:  # a run that left the finite numbers: the last state that was one stays
            LOG.info("The state of a playground could not be kept.")
            return
        if len(self._views) > 1:
            self._show(
                {"type": "restore", "document": {name: part for name, part in whole.items() if name != "last"}}, view
            )


HERE = frozenset(("settings", "step", "edit", "reset", "instant", "run"))
"""What the kernel does itself, to an end."""


class OfGiven(TypedDict):
    """The settings that show given rows."""

    dataset: str
    table: str
    target: str
    axes: Axes


def play(
    X: object = None, y: object = None, *, task: str | None = None, standardize: bool = True, **settings: object
) -> Playground:
    """Open the playground in a notebook.

    Parameters
    ----------
    X : array-like, sparse matrix, DataFrame, or path, optional
        Rows to learn from, (n, n_features); or images, (n, height, width) or (n, height, width, channels), or a path of
        such as ``koubai fit`` takes. By default, the built-in data sets are shown.
    y : array-like or str, optional
        Their targets (n,): labels or numbers; or the column of X that holds them. Left out for a path of images.
    task : {"classification", "regression"}, optional
        The task; by default, inferred from y (see `koubai.tables.preparing.targets.find_target`).
    standardize : bool
        Whether to standardise columns (and numeric targets) to mean 0 and standard deviation 1 for the network, as
        suits gradient methods. ``widget.estimator`` takes the original rows in either case. Images are divided by
        their largest pixel instead.
    **settings
        Initial settings, by the names used in a link to the page: ``hidden=[8, 8]``,
        ``activations=["relu", "relu"]``, ``learning_rate=0.01``, ``mode="perceptron"``, ``train_ratio=0.5``, ….

    Returns
    -------
    Playground
        The widget; ``widget.estimator`` is the current network, fitted.

    Raises
    ------
    DataError, ShapeError
        If there is nothing to learn from the rows, they do not match, or they are too many to display.
    ParameterError
        If a setting is invalid.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> widget = play(X, y, hidden=[8], optimizer="adam", learning_rate=0.01)
    >>> widget.do("step", count=50)
    >>> bool(widget.estimator.score(X, y) > 0.8)
    True
    >>> widget.close()
    """
    if X is None:
        return Playground(Settings().changed(settings), {})
    images = _images(X, y)
    if images is not None:
        if task == NUMBERS:
            raise ParameterError("play: task must be classification for images; got regression. Leave it out.")
        return _play_images(images, settings)
    source = given(X, y, task=task, standardize=standardize)
    first = Settings(train_ratio=1.0 if source.n_rows < SMALL else 0.8)
    return Playground(replace(first, **on_given(source)).changed(settings), {GIVEN: source})


def _images(X: object, y: object) -> Given | None:
    """Return what was given as images; None if it is a table."""
    if isinstance(X, str | os.PathLike):
        return read_given(X) if y is None and is_images(X) else None
    n_axes = np.ndim(X) if isinstance(X, list | tuple) else getattr(X, "ndim", 0)
    return arrays_given(X, y, "play") if n_axes in (3, 4) else None


def _play_images(given: Given, settings: Mapping[str, object]) -> Playground:
    images, notes = given
    for note in notes:
        warnings.warn(str(note), stacklevel=4)  # skips the room's call
    few = {"train_ratio": 1.0} if int(images.told["n"]) < SMALL else {}
    first = Settings().changed({"dataset": GIVEN_IMAGES, **images.usual, **few})
    return Playground(first.changed(settings), {GIVEN_IMAGES: GivenImages(images)})


def play_estimator(estimator: Playable, X: object, y: object, **settings: object) -> Playground:
    """Open the playground with an estimator's own network and way of training: see ``estimator.play``."""
    estimator._validate_params()
    who = f"{type(estimator).__name__}: play"
    if aside := left_aside(estimator):
        warnings.warn(f"{who} ignores {', '.join(aside)}.", stacklevel=4)  # skips the estimator's method and its entry
    if X is None:
        return Playground(settings_of(estimator).changed(settings), {})
    task = NUMBERS if isinstance(estimator, MLPRegressor) else CLASSES
    source = given(X, y, task=task, standardize=False, recipe=recipe_of(estimator), who=who)
    first = replace(settings_of(estimator, source.n_rows), train_ratio=1.0, **on_given(source))
    return Playground(first.changed(settings), {GIVEN: source})


def on_given(source: GivenRows | GivenTable) -> OfGiven:
    """Return the settings that show given rows: two columns directly, more by principal components."""
    return {
        "dataset": "table",
        "table": GIVEN,
        "target": source.target,
        "axes": (0, 1) if source.n_columns == 2 else "pca",
    }
