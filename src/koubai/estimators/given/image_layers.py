"""Short descriptions of layers, as users list them for networks on images; sizes follow from the images."""

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, fields
from math import prod
from typing import ClassVar, NamedTuple, TypeAlias

from koubai.core import layers as core
from koubai.core.activations import ACTIVATIONS, get_activation
from koubai.core.activations.base import Activation
from koubai.core.activations.identity import Identity
from koubai.core.checks import check_count, check_real, is_whole
from koubai.core.errors import InPython, KoubaiError, Parameter, ParameterError, ParameterTypeError
from koubai.core.language import worded
from koubai.core.schema import Record

Shape: TypeAlias = tuple[int, ...]
Size: TypeAlias = int | tuple[int, int]
PADDINGS = ("valid", "same")


@dataclass(frozen=True, slots=True)
class ImageLayer:
    """Base class of the descriptions."""

    name: ClassVar[str]
    takes_activation: ClassVar[bool] = False
    """Whether an activation may follow it in a list of layers."""

    def layer(self, shape: Shape, activation: Activation, dropout: float) -> core.Layer:
        """Return the layer for inputs of this shape."""
        raise NotImplementedError

    def spec(self) -> Record:
        """Return the description as plain data for a model file; a pair is a text such as 3x5."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"name": self.name} | {
            name: f"{value[0]}x{value[1]}" if isinstance(value, tuple) else value for name, value in given.items()
        }

    def __str__(self) -> str:
        """Return the description as it is typed: ``conv 32 padding=same``."""
        return " ".join([self.name, *(_typed(self, field) for field in fields(self) if _is_told(self, field))])


def _is_told(layer: ImageLayer, field: Field[object]) -> bool:
    return field is fields(layer)[0] or bool(getattr(layer, field.name) != field.default)


def _typed(layer: ImageLayer, field: Field[object]) -> str:
    value = layer.spec()[field.name]
    return str(value) if field is fields(layer)[0] else f"{field.name}={value}"


@dataclass(frozen=True, slots=True)
class Conv(ImageLayer):
    """Convolution: every place of each of its maps looks at a small patch of the image through the same kernel.

    Parameters
    ----------
    filters : int
        Number of maps.
    kernel_size : int or (height, width)
        Size of the patch.
    strides : int or (vertical, horizontal)
        Steps from one patch to the next.
    padding : "valid", "same", int or (vertical, horizontal)
        Rows and columns of zeros around the image: none; as many as give maps of the image's size; or so many.

    Examples
    --------
    >>> Conv(32, 3)
    Conv(filters=32, kernel_size=3, strides=1, padding='valid')
    """

    name = "conv"
    takes_activation = True

    filters: int = 32
    kernel_size: Size = 3
    strides: Size = 1
    padding: str | Size = "valid"

    def __post_init__(self) -> None:
        check_count(self, "filters", 1)
        _check_sizes(self, "kernel_size", "strides")
        _check_padding(self)

    def layer(self, shape: Shape, activation: Activation, dropout: float) -> core.Layer:
        """Return the layer for inputs of this shape."""
        return core.Convolution(
            _map_shape(self, shape),
            self.filters,
            self.kernel_size,
            self.strides,
            self.padding,
            activation,
            dropout=dropout,
        )


@dataclass(frozen=True, slots=True)
class Pool(ImageLayer):
    """Base class of the pooling layers, which differ in how they reduce a window."""

    pooling: ClassVar[type[core.MaxPooling | core.AveragePooling]]

    pool_size: Size = 2
    strides: Size | None = None
    padding: str | Size = "valid"

    def __post_init__(self) -> None:
        _check_sizes(self, "pool_size", *(() if self.strides is None else ("strides",)))
        _check_padding(self)

    def layer(self, shape: Shape, activation: Activation, dropout: float) -> core.Layer:
        """Return the layer for inputs of this shape."""
        return self.pooling(_map_shape(self, shape), self.pool_size, self.strides, self.padding, dropout)


@dataclass(frozen=True, slots=True)
class MaxPool(Pool):
    """Max pooling: the largest number of each small window of a map.

    Parameters
    ----------
    pool_size : int or (height, width)
        Size of the window.
    strides : int or (vertical, horizontal), optional
        Steps from one window to the next; by default, the window's size.
    padding : "valid", "same", int or (vertical, horizontal)
        As for `Conv`.
    """

    name = "max_pool"
    pooling = core.MaxPooling


@dataclass(frozen=True, slots=True)
class AvgPool(Pool):
    """Average pooling: the mean of each small window of a map.

    Parameters
    ----------
    pool_size, strides, padding
        As for `MaxPool`.
    """

    name = "avg_pool"
    pooling = core.AveragePooling


@dataclass(frozen=True, slots=True)
class Flatten(ImageLayer):
    """All maps as one row of numbers; `Dense` needs none before it."""

    name = "flatten"

    def layer(self, shape: Shape, activation: Activation, dropout: float) -> core.Layer:
        """Return the layer for inputs of this shape."""
        return core.Flatten(_map_shape(self, shape), dropout)


@dataclass(frozen=True, slots=True)
class Dense(ImageLayer):
    """Dense layer: each node takes all numbers before it.

    Parameters
    ----------
    units : int
        Number of nodes.
    """

    name = "dense"
    takes_activation = True

    units: int = 128

    def __post_init__(self) -> None:
        check_count(self, "units", 1)

    def layer(self, shape: Shape, activation: Activation, dropout: float) -> core.Layer:
        """Return the layer for inputs of this shape."""
        return core.Dense(prod(shape), self.units, activation, True, dropout)


@dataclass(frozen=True, slots=True)
class Dropout(ImageLayer):
    """Dropout: in each update, a share of the numbers that come from the layer before is set to 0.

    Parameters
    ----------
    rate : float
        The share, in [0, 1).
    """

    name = "dropout"

    rate: float = 0.5

    def __post_init__(self) -> None:
        check_real(self, "rate", at_least=0.0, below=1.0)


DESCRIPTIONS: Mapping[str, type[ImageLayer]] = {
    kind.name: kind for kind in (Conv, MaxPool, AvgPool, Flatten, Dense, Dropout)
}
"""Every kind of description by name."""

Given: TypeAlias = "ImageLayer | str | Activation"


class Part(NamedTuple):
    """A layer with what follows it: its place in the list, its activation and its dropout."""

    place: int
    kind: ImageLayer
    activation: Activation = Identity()
    dropout: float = 0.0
    is_closed: bool = False


def image_layer_from_spec(spec: Record) -> ImageLayer:
    """Return the description that `ImageLayer.spec` describes.

    Raises
    ------
    ParameterError
        If there is no such description, or it has no such parameter.

    Examples
    --------
    >>> image_layer_from_spec(Conv(8, (3, 5)).spec())
    Conv(filters=8, kernel_size=(3, 5), strides=1, padding='valid')
    """
    name = str(spec.get("name"))
    given = {key: _pair(value) for key, value in spec.items() if key != "name"}
    if name not in DESCRIPTIONS:
        raise ParameterError(
            parameter="layer",
            required=worded("core.must.be_one_of", names=", ".join(DESCRIPTIONS)),
            got=repr(name),
            remedy=worded("core.remedy.try_conv"),
        )
    kind = DESCRIPTIONS[name]
    unknown = sorted(set(given) - {field.name for field in fields(kind)})
    if unknown:
        raise ParameterError(
            who=kind.__name__, what=worded("estimators.error.not_given_has_none", unknown=", ".join(unknown))
        )
    return kind(**given)


def _pair(value: object) -> object:
    """Return a pair that is written as a text."""
    sides = value.split("x") if isinstance(value, str) else ()
    return (int(sides[0]), int(sides[1])) if len(sides) == 2 and all(map(str.isdecimal, sides)) else value


def parts_of(given: Sequence[Given], who: str) -> list[Part]:
    """Return the layers of a list, each with its activation and dropout.

    Raises
    ------
    ParameterError, ParameterTypeError
        If something in the list is no layer, or stands where it has no meaning.
    """
    parts: list[Part] = []
    for place, item in enumerate(given):
        where = Parameter(who, f"layers[{place}]")
        if isinstance(item, Dropout):
            if not parts:
                raise _misplaced(where, worded("estimators.note.come_after_layer"), "Dropout")
            parts[-1] = parts[-1]._replace(dropout=item.rate, is_closed=True)
        elif isinstance(item, ImageLayer):
            parts.append(Part(place, item))
        elif isinstance(item, str | Activation):
            activation = _activation(item, where)
            if not parts or not parts[-1].kind.takes_activation or parts[-1].is_closed:
                raise _misplaced(
                    where, worded("estimators.note.activation_only_right_after_conv"), repr(activation.name)
                )
            parts[-1] = parts[-1]._replace(activation=activation, is_closed=True)
        else:
            raise ParameterTypeError(
                parameter=where,
                required=worded("core.must.conv_maxpool_avgpool_flatten_dense"),
                got=type(item).__name__,
                remedy=worded("core.remedy.try_conv_relu_maxpool"),
            )
    return parts


def _activation(item: "str | Activation", where: Parameter) -> Activation:
    if isinstance(item, str) and item not in ACTIVATIONS and item not in ACTIVATIONS.aliases:
        raise ParameterError(
            parameter=where,
            required=worded("core.must.layer_name_activation"),
            got=repr(item),
            remedy=worded("core.remedy.try_one_of", names=", ".join(ACTIVATIONS)),
        )
    return get_activation(item, where)


def _misplaced(where: Parameter, required: str, got: str) -> ParameterError:
    remedy = InPython("Try [Conv(32, 3), 'relu', MaxPool(2)].", typed=worded("core.remedy.try_conv_typed"))
    return ParameterError(parameter=where, required=required, got=got, remedy=remedy)


def core_layers(given: Sequence[Given], shape: Shape, who: str) -> list[core.Layer]:
    """Return the layers of a network, without its output, for images of this shape.

    Raises
    ------
    ParameterError, ParameterTypeError
        As for `parts_of`; or if a layer does not fit what comes before it, such as a kernel larger than its map.
    """
    found: list[core.Layer] = []
    for part in parts_of(given, who):
        try:
            found.append(part.kind.layer(shape, part.activation, part.dropout))
        except KoubaiError as error:
            raise error.of(f"{who}: layers[{part.place}]", ParameterError) from None
        shape = found[-1].output_shape
    return found


def _map_shape(layer: ImageLayer, shape: Shape) -> tuple[int, int, int]:
    """Return the shape of an image's maps, after checking that there are maps."""
    if len(shape) != 3:
        raise ParameterError(
            who=type(layer).__name__,
            what=worded("estimators.error.come_before_flatten_dense_after"),
            remedy=worded("core.remedy.put_before_them"),
        )
    return shape[0], shape[1], shape[2]


def _is_size(value: object, least: int) -> bool:
    sides = value if isinstance(value, tuple | list) else (value, value)
    return len(sides) == 2 and all(is_whole(side) and side >= least for side in sides)


def _plain(value: int | Sequence[int]) -> int | tuple[int, ...]:
    return int(value) if isinstance(value, int) else tuple(map(int, value))


def _check_sizes(layer: ImageLayer, *names: str) -> None:
    for name in names:
        value = getattr(layer, name)
        if not _is_size(value, 1):
            raise ParameterError(
                who=type(layer).__name__,
                parameter=name,
                required=worded("core.must.integer_two_vertical_horizontal"),
                got=repr(value),
                remedy=worded("core.remedy.try_15"),
            )
        object.__setattr__(layer, name, _plain(value))


def _check_padding(layer: "Conv | Pool") -> None:
    value = layer.padding
    if isinstance(value, str) and value in PADDINGS:
        return
    if isinstance(value, str) or not _is_size(value, 0):
        raise ParameterError(
            who=type(layer).__name__,
            parameter="padding",
            required=worded("core.must.valid_same_integer_two"),
            got=repr(value),
            remedy=worded("core.remedy.try_same"),
        )
    object.__setattr__(layer, "padding", _plain(value))
