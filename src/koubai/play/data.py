"""The rows that a playground trains on, and the plane in which it shows them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import DataError
from koubai.play.datasets import CLASSES, MADE, NUMBERS, READ, make
from koubai.play.features import features_of
from koubai.play.recipe import Recipe
from koubai.play.settings import Settings
from koubai.play.uploads import MOST_ROWS
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
    """Training and test rows, and their positions in the plane.

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
    plane : (n, 2)
        Position of each row in the plane shown.
    axes : tuple of str
        Names of the plane's two axes.
    extent : ((low, high), (low, high))
        The part of the plane shown.
    on_plane : callable
        Maps positions (m, 2) in the plane to the network's inputs (m, n_features).
    model, prepared
        For a table: the model that prepared it, and the prepared rows.
    original
        For rows given by a program: the rows before standardisation.
    recipe
        For rows given to an estimator: how it trains.
    is_given : bool
        Whether the rows were given by a program, which alone can supply them again.
    """

    inputs: Array
    targets: Array
    test: npt.NDArray[np.bool_]
    task: str
    classes: tuple[str, ...]
    names: tuple[str, ...]
    plane: Array
    axes: tuple[str, str]
    extent: tuple[tuple[float, float], tuple[float, float]]
    on_plane: Callable[[Array], Array]
    model: "TableModel | None" = None
    prepared: "PreparedTable | None" = None
    original: Original | None = None
    recipe: Recipe | None = None
    is_given: bool = False


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
        return _on_two_axes(settings, made.points, made.targets, task, ("0", "1") if task == CLASSES else ())
    if settings.dataset == "points":
        return _drawn(settings)
    if settings.dataset in READ:
        name, target = TABLES[settings.dataset]
        return _of_file(settings, example_table(name), target)
    if settings.table is None or settings.table not in tables:
        raise DataError("playground: a table must be loaded before it is used; there is none. Drop a file on the page.")
    source = tables[settings.table]
    if not isinstance(source, Path):
        return source.data(settings)
    if settings.target is None:
        raise DataError("playground: the target must be a column of the table; got nothing. Choose one.")
    return _of_file(settings, source, settings.target)


def example_table(name: str) -> Path:
    """Return the path of a table included with koubai: in the package, or in a source checkout beside it."""
    inside = Path(str(files("koubai"))) / "play" / "tables" / name
    return inside if inside.exists() else Path(str(files("koubai"))).parents[1] / "examples" / name


def _split(n: int, settings: Settings) -> npt.NDArray[np.bool_]:
    n_train = min(n, max(1, round(n * settings.train_ratio)))
    return np.arange(n) >= n_train


def _on_two_axes(settings: Settings, points: Array, targets: Array, task: str, classes: tuple[str, ...]) -> Data:
    return Data(
        features_of(points, settings.features),
        targets,
        _split(len(points), settings),
        task,
        classes,
        settings.features,
        points,
        ("x1", "x2"),
        ((-6.0, 6.0), (-6.0, 6.0)),
        lambda places: features_of(places, settings.features),
    )


def _drawn(settings: Settings) -> Data:
    drawn = np.array(settings.points, dtype=float).reshape(-1, 3)
    classes = sorted(set(drawn[:, 2].astype(int).tolist()))
    if len(classes) < 2:
        raise DataError(
            f"playground: points of at least two classes must be drawn; got {len(drawn)} points of "
            f"{len(classes)} classes. Click on the map."
        )
    order = np.random.default_rng(settings.data_seed).permutation(len(drawn))
    codes = np.searchsorted(classes, drawn[order, 2]).astype(float)
    return _on_two_axes(settings, drawn[order, :2], codes, CLASSES, tuple(map(str, classes)))


def _of_file(settings: Settings, path: Path, target: str) -> Data:
    return data_of_table(settings, read_table(path), target)


def data_of_table(settings: Settings, table: Table, target: str) -> Data:
    """Return a table prepared and placed in the plane.

    Raises
    ------
    DataError
        If it is too large to display, or there is nothing to learn from it.
    """
    from koubai.models.table_model import TableModel

    if table.frame.height > MOST_ROWS:
        raise DataError(
            f"playground: a table must have at most {MOST_ROWS} rows; got {table.frame.height}. Use koubai fit."
        )
    drop: list[str] = []
    if settings.columns is not None and settings.dataset == "table":
        drop = [name for name in table.frame.columns if name not in settings.columns and name != target]
    model = TableModel(drop=drop, piecewise=False, random_state=settings.data_seed % (2**32 - 2))
    prepared = model.prepare(table, target, test_fraction=1 - settings.train_ratio)
    inputs = np.asarray(prepared.preparation.transform(prepared.frame), dtype=float)
    if inputs.shape[1] > MOST_FEATURES:
        raise DataError(
            f"playground: a table must give at most {MOST_FEATURES} features; got {inputs.shape[1]}. Select fewer "
            "columns."
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
    plane, axes, on_plane = plane_of(settings, inputs, ~test, names)
    told = tuple(str(name) for name in classes.tolist())
    return Data(inputs, targets, test, task, told, names, plane, axes, extent_of(plane), on_plane, model, prepared)


def on_axes(data: Data, settings: Settings) -> Data:
    """Return the same rows on the axes chosen in the settings; generated and drawn points keep their own axes."""
    if settings.dataset not in ("table", *READ):
        return data
    plane, axes, on_plane = plane_of(settings, data.inputs, ~data.test, data.names)
    return replace(data, plane=plane, axes=axes, extent=extent_of(plane), on_plane=on_plane)


def extent_of(plane: Array) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the part of the plane that contains all positions (n, 2), with a margin."""
    low, high = plane.min(axis=0), plane.max(axis=0)
    margin = 0.08 * np.where(high > low, high - low, 1.0)
    extent = [(float(a - m), float(b + m)) for a, b, m in zip(low, high, margin, strict=True)]
    return extent[0], extent[1]


def plane_of(
    settings: Settings, inputs: Array, training: npt.NDArray[np.bool_], names: tuple[str, ...]
) -> tuple[Array, tuple[str, str], Callable[[Array], Array]]:
    """Return positions in the plane, the names of its axes, and the map from positions back to inputs."""
    center = inputs[training].mean(axis=0)
    d = inputs.shape[1]
    if settings.axes == "pca" or d == 1:
        _, _, directions = np.linalg.svd(inputs[training] - center, full_matrices=False)
        pair = np.zeros((2, d))
        pair[: min(2, len(directions))] = directions[:2]
        called = ("PC1", "PC2")
        if d == 1:
            pair, called = np.array([[1.0], [0.0]]), (names[0], "")
        return (inputs - center) @ pair.T, called, lambda places: center + places @ pair
    i, j = (min(int(axis), d - 1) for axis in settings.axes)

    def on_plane(places: Array) -> Array:
        found: Array = np.tile(center, (len(places), 1))
        found[:, i], found[:, j] = places[:, 0], places[:, 1]
        return found

    return inputs[:, [i, j]], (names[i], names[j]), on_plane
