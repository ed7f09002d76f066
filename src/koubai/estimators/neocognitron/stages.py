"""The stages of a Neocognitron, each of S-cells and C-cells: what users choose, and what is learned, layer by layer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from koubai.core.arrays import Array
from koubai.core.checks import is_whole
from koubai.core.errors import DataError, ParameterError
from koubai.estimators.neocognitron.cells import CLayer, SLayer, contrast
from koubai.estimators.neocognitron.learning import learned

AT_ONCE = 128
"""Images that go through all stages together."""
MOST_STAGES = 8
MOST_PLANES = 4096
MOST_SIDE = 255

WHOLE = {"planes": (1, MOST_PLANES), "fields": (1, MOST_SIDE), "blurs": (1, MOST_SIDE), "strides": (1, MOST_SIDE)}
"""Parameters that are a whole number for each stage, and their bounds."""
PARTS = ("learning_thresholds", "thresholds")
"""Parameters that are a number between 0 and 1 for each stage."""
AUTO = "auto"
SMALL_SIDE = 16
"""Images of fewer pixels on a side have strokes of a pixel or two, and little that could be blurred."""
TRIES = {"planes": 24, "fields": 5, "blurs": 5, "strides": 2, "learning_thresholds": 0.7, "thresholds": 0.5}


@dataclass(frozen=True, slots=True)
class Choices:
    """What users choose for one stage; see `Neocognitron`."""

    planes: int
    fields: int
    blurs: int
    strides: int
    learning_thresholds: float
    thresholds: float
    saturation: float

    def c_layer(self) -> CLayer:
        """Return its C-cells."""
        return CLayer(self.blurs, self.strides, self.saturation)


class StageParameters(Protocol):
    """The parameters of a Neocognitron that say what its stages are: a number, or one for each."""

    planes: int | Sequence[int]
    saturation: float


def usual(name: str, n: int, small: bool) -> Sequence[float]:
    """Return what ``"auto"`` stands for, a number for each of n stages."""
    if name == "strides":
        return [*((1, 2) if small else (2, 3)), *[1 if small else 2] * n][:n]
    large = {"fields": 5, "blurs": 5, "learning_thresholds": 0.7, "thresholds": 0.5}
    return [({"fields": 3, "blurs": 3, "learning_thresholds": 0.85, "thresholds": 0.7} if small else large)[name]] * n


def chosen(estimator: StageParameters, who: str, side: int) -> list[Choices]:
    """Return the choices for each stage, of which ``planes`` says how many there are, for images of this least side.

    Raises
    ------
    ParameterError
        If a parameter has another number of entries than there are stages, or one is out of range.
    """
    planes = estimator.planes if isinstance(estimator.planes, list | tuple) else (estimator.planes,)
    n = len(planes)
    if not 1 <= n <= MOST_STAGES:
        raise ParameterError(
            who=who,
            parameter="planes",
            required=f"have 1 to {MOST_STAGES} numbers, one a stage",
            got=str(n),
            remedy="Try (24, 80).",
        )
    columns: dict[str, list[float]] = {}
    for name in (*WHOLE, *PARTS):
        value = getattr(estimator, name)
        given = list(value) if isinstance(value, list | tuple) else [value] * n
        if isinstance(value, str) and value == AUTO:
            given = list(usual(name, n, side < SMALL_SIDE))
        if len(given) != n:
            raise ParameterError(
                who=who,
                parameter=name,
                required=f"be one number, or {n}, one for each stage as in planes",
                got=repr(value),
                remedy=f"Try {TRIES[name]}.",
            )
        for each in given:
            _check(who, name, each)
        columns[name] = [int(each) if name in WHOLE else float(each) for each in given]
    saturation = float(estimator.saturation)
    return [
        Choices(saturation=saturation, **dict(zip(columns, row, strict=True)))
        for row in zip(*columns.values(), strict=True)
    ]


def _check(who: str, name: str, value: object) -> None:
    if name in WHOLE:
        least, most = WHOLE[name]
        fine, required = is_whole(value) and least <= value <= most, f"an integer in [{least}, {most}]"
    else:
        fine = isinstance(value, int | float | np.floating) and not isinstance(value, bool) and bool(0 < value < 1)
        required = "a number in (0, 1)"
    if not fine:
        raise ParameterError(
            who=who,
            parameter=name,
            required=f"be {required} for each stage",
            got=repr(value),
            remedy=f"Try {TRIES[name]}.",
        )


def learned_stages(
    images: Array, choices: Sequence[Choices], n_shown: int, rng: np.random.RandomState, who: str
) -> list[SLayer]:
    """Return the S-cells of each stage: a stage learns from what the finished one below says of the images.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels)
        The training images.
    choices : sequence of Choices
        For each stage.
    n_shown : int
        Images from which each stage learns, drawn anew for each.
    rng : RandomState
        Draws them.
    who : str
        The estimator, for messages.

    Raises
    ------
    DataError
        If nothing is there to learn from, as in uniform images.
    """
    layers: list[SLayer] = []
    for stage, choice in enumerate(choices, start=1):
        shown = images[rng.permutation(len(images))[:n_shown]]
        below = top(shown, layers, choices)
        cells = learned(below, choice.fields, choice.planes, choice.learning_thresholds, np.arange(len(below)))
        if cells.weights.shape[1] == 0:
            raise DataError(
                who=who,
                parameter="X",
                required="hold images that show something",
                got=f"uniform ones, of which the cells below stage {stage} say nothing",
                remedy="Check the images, or lower thresholds.",
            )
        layers.append(replace(cells, threshold=choice.thresholds))
    return layers


def through(images: Array, layers: Sequence[SLayer], choices: Sequence[Choices]) -> Iterator[tuple[str, Array]]:
    """Yield the name of every layer with its maps (n, height, width, planes), from the contrast upwards."""
    maps = contrast(images)
    yield "contrast", maps
    for stage, (layer, choice) in enumerate(zip(layers, choices, strict=False), start=1):
        maps = layer.maps(maps)
        yield f"S{stage}", maps
        maps = choice.c_layer().maps(maps)
        yield f"C{stage}", maps


def top(images: Array, layers: Sequence[SLayer], choices: Sequence[Choices]) -> Array:
    """Return the maps of the highest layer there is."""
    pieces = []
    for start in range(0, len(images), AT_ONCE):
        *_, (_, maps) = through(images[start : start + AT_ONCE], layers, choices)
        pieces.append(maps)
    return np.concatenate(pieces)
