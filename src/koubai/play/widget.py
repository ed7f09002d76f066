"""The playground in a notebook: the page's own modules as an anywidget widget, training in the notebook's kernel."""

import asyncio
import atexit
import json
import logging
import warnings
import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypedDict, TypeVar

import anywidget

from koubai.core.errors import KoubaiError, ParameterError
from koubai.estimators.classifier import MLPClassifier
from koubai.estimators.perceptron import Perceptron
from koubai.estimators.regressor import MLPRegressor
from koubai.models.table_model import TableModel
from koubai.play import lessons
from koubai.play.background import Background
from koubai.play.bundle import widget_module, widget_style
from koubai.play.data import Source
from koubai.play.datasets import CLASSES, NUMBERS
from koubai.play.estimators import Playable, left_aside, recipe_of, settings_of
from koubai.play.experiment import Experiment, Moment
from koubai.play.frames import Message, sendable
from koubai.play.given import GivenRows, GivenTable, given
from koubai.play.messages import parse
from koubai.play.returning import fitted, whole_model
from koubai.play.session import Session
from koubai.play.settings import Axes, Settings

GIVEN = "given"
"""The id, among the tables, of rows given by the program."""
Found = TypeVar("Found")

SMALL = 20
"""With fewer rows than this, none are held out for testing."""
LOG = logging.getLogger("koubai.play")


class Playground(anywidget.AnyWidget):
    """The playground as a widget; created by `koubai.play` and ``estimator.play``.

    Display it by making it the last expression of a cell. It trains in its own threads while other cells run.

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

    _esm = widget_module([lessons.load(lessons.FOLDER / f"{name}.json") for name in lessons.names()])
    _css = widget_style()

    def __init__(self, settings: Settings, tables: Mapping[str, Source]) -> None:
        self._background = Background()
        self._views: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        try:
            self._session = Session(self._send_out, self._background.executor, tables, settings)
            super().__init__()
        except BaseException:
            self._background.stop()
            raise
        self.on_msg(self._hear)
        atexit.register(_close, weakref.ref(self))

    # ------------------------------------------------------------------ for programs

    @property
    def estimator(self) -> MLPClassifier | MLPRegressor | Perceptron:
        """The current network as a fitted estimator that takes rows as originally given.

        It is a copy, unaffected by further training. For a table whose columns had to be prepared it takes the prepared
        features; `model` then takes the table itself.
        """
        return self._at_rest(fitted)

    @property
    def model(self) -> TableModel | MLPClassifier | MLPRegressor | Perceptron:
        """The current network with its table's preparation, for ``koubai.save``; without one, the estimator."""
        return self._at_rest(whole_model)

    @property
    def settings(self) -> Message:
        """The current settings, by the names used in a link to the page."""
        found: Message = json.loads(json.dumps(self._session.settings.as_json()))
        return found

    @property
    def epoch(self) -> float:
        """Number of epochs done, including a fraction."""
        return float(self._session.branch.epoch)

    def do(self, kind: str, /, **parts: object) -> None:
        """Do the same as a click, for example ``do("run", until=200)``, ``do("pause")`` or ``do("step", count=10)``.

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
        self._check_open()
        checked = parse(json.dumps({"type": kind, **parts}, default=str))
        self._background.result(self._session.obey(*checked))

    def close(self) -> None:
        """Remove the widget from the screen and free its threads; `estimator` stays available."""
        background = self._background
        if not background.loop.is_closed() and not self._session.closed:
            self._session.running, self._session.closed = False, True
            background.submit(self._session.close()).result(timeout=5)
            background.stop()
        super().close()

    def __repr__(self) -> str:
        if self._session.closed:
            return "Playground(closed)"
        return "Playground: a notebook shows it (JupyterLab, VS Code, marimo, Colab); elsewhere run koubai play."

    # ------------------------------------------------------------------ between kernel and front end

    def _check_open(self) -> None:
        if self._session.closed:
            raise ParameterError("play: the widget must be open; it has been closed. Call koubai.play again.")

    def _at_rest(self, work: Callable[[Experiment, Moment], Found]) -> Found:
        """Apply a function to the run between two slices of training, and return the result."""
        session = self._session
        if session.closed:
            return work(session.experiment, session.moment)

        async def between() -> tuple[Experiment, Moment]:
            async with session.lock:
                return session.experiment, session.moment.copy()

        return work(*self._background.result(between()))

    async def _send_out(self, message: Message | bytes) -> None:
        if self._background.is_abandoned:
            self._session.running, self._session.closed = False, True
            return
        if isinstance(message, bytes):
            self.send({"type": "frame"}, [message])
        else:
            self.send(sendable(message))

    def _hear(self, _: object, content: object, buffers: object) -> None:
        """Receive a message from the front end, in any of the kernel's threads."""
        if not self._session.closed:
            self._background.loop.call_soon_threadsafe(self._begin, content)

    def _begin(self, message: object) -> None:
        """Begin to answer a message; it waits for its turn, but a pause takes effect at once."""
        task = self._background.loop.create_task(self._answer(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, message: object) -> None:
        try:
            await self._take(message)
        except Exception:
            LOG.exception("A message to the playground could not be answered.")

    async def _take(self, message: object) -> None:
        asked: Mapping[object, object] = message if isinstance(message, Mapping) else {}
        kind = asked.get("type")
        if kind == "hello":
            self._views.add(str(asked.get("view")))
            await self._session.open()
        elif kind == "bye":
            self._views.discard(str(asked.get("view")))
            if not self._views:
                await self._session.handle("pause", {})
        else:
            try:
                checked = parse(json.dumps(message))
            except KoubaiError as error:
                await self._session.problem(str(error))
                return
            await self._session.handle(*checked)


def _close(reference: "weakref.ref[Playground]") -> None:
    widget = reference()
    if widget is not None:
        widget.close()


class OfGiven(TypedDict):
    """The settings that show given rows."""

    dataset: str
    table: str
    target: str
    axes: Axes


def play(
    X: Any = None, y: Any = None, *, task: str | None = None, standardize: bool = True, **settings: object
) -> Playground:
    """Open the playground in a notebook.

    Parameters
    ----------
    X : array-like, sparse matrix, DataFrame, or path, optional
        Rows to learn from, (n, n_features). By default, the built-in data sets are shown.
    y : array-like or str, optional
        Their targets (n,): labels or numbers; or the column of X that holds them.
    task : {"classification", "regression"}, optional
        The task; by default, inferred from y (see `koubai.tables.preparing.targets.find_target`).
    standardize : bool
        Whether to standardise columns (and numeric targets) to mean 0 and standard deviation 1 for the network, as
        suits gradient methods. ``widget.estimator`` takes the original rows in either case.
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
    source = given(X, y, task=task, standardize=standardize)
    first = Settings(train_ratio=1.0 if source.n_rows < SMALL else 0.8)
    return Playground(replace(first, **on_given(source)).changed(settings), {GIVEN: source})


def play_estimator(estimator: Playable, X: Any, y: Any, **settings: object) -> Playground:
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
