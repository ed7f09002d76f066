"""The rows that a playground trains on."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.counter_random import DATA, CounterRandom
from koubai.core.errors import DataError
from koubai.core.language import worded
from koubai.play.datasets import CLASSES, GIVEN_IMAGES, MADE, NUMBERS, PICTURES, READ, make
from koubai.play.features import features_of
from koubai.play.of_images.sets import IMAGES, ImageSet, images_of, names_of_pixels
from koubai.play.runs.recipe import Recipe
from koubai.play.serving.uploads import MOST_ROWS
from koubai.play.settings import Settings
from koubai.tables.files.reading import Table, read_table

if TYPE_CHECKING:
    from koubai.models.prepared import PreparedTable
    from koubai.models.table_model import TableModel

TABLES: Mapping[str, tuple[str, str]] = {
    "baseball": ("baseball.csv", "success"),
    "penguins": ("penguins.csv", "species"),
    "spam": ("spam_words.csv", "spam"),
}
"""The file and target of each table included with koubai."""
MOST_FEATURES = 200
"""Maximum number of features of a table: the playground is for exploring, `koubai fit` for training."""


@dataclass(frozen=True, eq=False)
class Original:
    """The rows before standardisation.

    Parameters
    ----------
    X, y
        The inputs (n, n_features) and targets (n,) as given.
    center, scale : (n_features,)
        The network's inputs are (X - center) / scale.
    target_center, target_scale : float
        Likewise for numeric targets.
    """

    X: Any
    y: Array
    center: Array
    scale: Array
    target_center: float = 0.0
    target_scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Data:
    """Training and test rows; the page finds their places in the plane (``static/data/plane.js``).

    Parameters
    ----------
    inputs : (n, n_features)
    targets : (n,)
        Class numbers from 0, or numbers.
    test : (n,) of bool
        Test rows.
    task : str
        ``"classification"`` or ``"regression"``.
    classes, names : tuple of str
        Names of the classes and of the features.
    model, prepared
        For a table: the model that prepared it, and the prepared rows.
    original
        For rows given by a program: the rows before standardisation.
    recipe
        For rows given to an estimator: how it trains.
    is_given : bool
        Whether the rows were given by a program, which alone can supply them again.
    images : ImageSet, optional
        For images: the set that they are of.
    """

    inputs: Array
    targets: Array
    test: npt.NDArray[np.bool_]
    task: str
    classes: tuple[str, ...]
    names: tuple[str, ...]
    model: "TableModel | None" = None
    prepared: "PreparedTable | None" = None
    original: Original | None = None
    recipe: Recipe | None = None
    is_given: bool = False
    images: ImageSet | None = None

    @property
    def shape(self) -> tuple[int, int, int] | None:
        """Height, width and channels of images; None for other rows."""
        return None if self.images is None else self.images.shape


class Source(Protocol):
    """Data given by a program instead of a file."""

    def data(self, settings: Settings) -> Data:
        """Return the data under these settings."""


def load(settings: Settings, tables: Mapping[str, Path | Source]) -> Data:
    """Return the data requested by the settings.

    Parameters
    ----------
    settings : Settings
    tables : mapping
        The user's own tables by id: files, or data given by a program.

    Raises
    ------
    DataError
        If there are no rows to learn from, or the table cannot be used.
    """
    if settings.dataset in MADE:
        made = make(settings.dataset, settings.n_rows, settings.noise, settings.data_seed)
        task = MADE[settings.dataset]
        return _of_points(settings, made.points, made.targets, task, ("0", "1") if task == CLASSES else ())
    if settings.dataset == "points":
        return _drawn(settings)
    if settings.dataset in (*PICTURES, GIVEN_IMAGES):
        return _pictures(settings, image_set(settings, tables))
    if settings.dataset in READ:
        name, target = TABLES[settings.dataset]
        return _of_file(settings, example_table(name), target)
    if settings.table is None or settings.table not in tables:
        raise DataError(worded("playground.error.playground_table_loaded_before_used"))
    source = tables[settings.table]
    if not isinstance(source, Path):
        return source.data(settings)
    if settings.target is None:
        raise DataError(worded("playground.error.playground_target_column_table_got"))
    return _of_file(settings, source, settings.target)


def example_table(name: str) -> Path:
    """Return the path of a table included with koubai: in the package, or in a source checkout beside it."""
    inside = Path(str(files("koubai"))) / "play" / "tables" / name
    return inside if inside.exists() else Path(str(files("koubai"))).parents[1] / "examples" / name


def _split(n: int, settings: Settings) -> npt.NDArray[np.bool_]:
    n_train = min(n, max(1, round(n * settings.train_ratio)))
    return np.arange(n) >= n_train


def _of_points(settings: Settings, points: Array, targets: Array, task: str, classes: tuple[str, ...]) -> Data:
    inputs, names = features_of(points, settings.features), settings.features
    return Data(inputs, targets, _split(len(points), settings), task, classes, names)


def _drawn(settings: Settings) -> Data:
    drawn = np.array(settings.points, dtype=float).reshape(-1, 3)
    classes = sorted(set(drawn[:, 2].astype(int).tolist()))
    if len(classes) < 2:
        raise DataError(
            worded("playground.error.playground_points_at_least_two", n_drawn=len(drawn), n_classes=len(classes))
        )
    order = CounterRandom(settings.data_seed, DATA, len(MADE)).permutation(len(drawn))
    codes = np.searchsorted(classes, drawn[order, 2]).astype(float)
    return _of_points(settings, drawn[order, :2], codes, CLASSES, tuple(map(str, classes)))


@dataclass(frozen=True, eq=False)
class GivenImages:
    """Images of the user's own, beside the tables under the name of their data set."""

    images: ImageSet

    def data(self, settings: Settings) -> Data:
        """Return the images that the settings ask for."""
        return _pictures(settings, self.images)


def image_set(settings: Settings, tables: Mapping[str, Path | Source]) -> ImageSet:
    """Return the set of images that settings name.

    Raises
    ------
    DataError
        If these are images of the user's own, and none were given.
    """
    if settings.dataset in PICTURES:
        return IMAGES[settings.dataset]
    given = tables.get(GIVEN_IMAGES)
    if not isinstance(given, GivenImages):
        raise DataError(worded("playground.error.playground_images_given_before_used"))
    return given.images


def _pictures(settings: Settings, found: ImageSet) -> Data:
    inputs, targets = images_of(found, settings.n_rows, settings.data_seed)
    return Data(
        inputs,
        targets,
        _split(len(inputs), settings),
        CLASSES,
        found.classes,
        names_of_pixels(found.shape),
        is_given=bool(found.told.get("given")),
        images=found,
    )


def _of_file(settings: Settings, path: Path, target: str) -> Data:
    return data_of_table(settings, read_table(path), target)


def data_of_table(settings: Settings, table: Table, target: str) -> Data:
    """Return a table prepared.

    Raises
    ------
    DataError
        If it is too large to display, or there is nothing to learn from it.
    """
    from koubai.models.table_model import TableModel

    if table.frame.height > MOST_ROWS:
        raise DataError(
            worded("playground.error.playground_table_have_at_most", most_rows=MOST_ROWS, height=table.frame.height)
        )
    drop: list[str] = []
    if settings.columns is not None and settings.dataset == "table":
        drop = [name for name in table.frame.columns if name not in settings.columns and name != target]
    model = TableModel(drop=drop, piecewise=False, random_state=settings.data_seed % (2**32 - 2))
    prepared = model.prepare(table, target, test_fraction=1 - settings.train_ratio)
    texts = [column.name for column in prepared.preparation.texts.values()]
    if texts:  # more words than there is room for
        model.drop = (*drop, *texts)
        prepared = model.prepare(table, target, test_fraction=1 - settings.train_ratio)
    inputs = np.asarray(prepared.preparation.transform(prepared.frame), dtype=float)
    if inputs.shape[1] > MOST_FEATURES:
        raise DataError(
            worded("playground.error.playground_table_give_at_most", most_features=MOST_FEATURES, shape=inputs.shape[1])
        )
    names = tuple(str(name) for name in prepared.preparation.features)
    test = np.zeros(len(inputs), dtype=bool)
    test[prepared.test] = True
    if prepared.target.is_classification:
        classes, codes = np.unique(prepared.y, return_inverse=True)
        task, targets = CLASSES, codes.astype(float)
    else:
        classes, task = np.array([]), NUMBERS
        targets = (prepared.y - prepared.y[~test].mean()) / (prepared.y[~test].std() or 1.0)
    told = tuple(str(name) for name in classes.tolist())
    return Data(inputs, targets, test, task, told, names, model, prepared)
