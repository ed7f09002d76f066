"""What JavaScript must know of the engine to lay out a network and call a kernel, as plain data.

All of it follows from the registries, the records and the kernels themselves, so that nothing is written down twice:
a new activation, a parameter, or a field of a record is in the next description without more.
"""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import combinations, permutations
from math import prod
from typing import Any

from koubai.core.activations import ACTIVATIONS
from koubai.core.layers import LAYERS, Convolution, Flatten, LearnedActivation, PeriodicEmbedding
from koubai.core.layers.base import BIASES, GROUPS, Block, Layer
from koubai.core.layers.pooling import Pooling
from koubai.core.losses import LOSSES
from koubai.core.registry import Registry
from koubai.engines.cpu import codes, layout
from koubai.engines.cpu.kernels import records, sizes
from koubai.engines.cpu.native.library import Function
from koubai.engines.cpu.native.packing import packed
from koubai.optimizers.registry import OPTIMIZERS

Plain = dict[str, Any]

COLUMNS = (
    *("KIND", "N_IN", "N_OUT", "WEIGHTS", "ROWS", "COLUMNS", "BIASES", "N_BIASES"),
    *("ACTIVATION", "AT_ONCE", "INNER", "LIST"),
)
PART_COLUMNS = ("START", "LINES", "WIDTH", "PENALIZED", "DESCENDS")
"""The columns of a layer's row and of a block's, by their names in `koubai.engines.cpu.kernels.records`."""


def named_functions(
    calls: Sequence[tuple[str, Any, tuple[Any, ...]]], functions: Sequence[Function]
) -> list[dict[str, Any]]:
    """Return the functions of a module with the names and kinds of their words: ``["net.shape", "i8:2"]``.

    Parameters
    ----------
    calls : sequence of (name, kernel, arguments)
        What each was compiled from.
    functions : sequence of Function
        The functions, by the name and the key of such a call.
    """
    found: list[dict[str, Any]] = []
    for function in functions:
        for name, kernel, arguments in calls:
            if (name, packed(arguments)[0]) == (function.entry, function.key):
                parameters = inspect.signature(getattr(kernel, "py_func", kernel)).parameters
                names = [leaf for each in zip(parameters, arguments, strict=True) for leaf in _names(*each)]
                pairs = [list(pair) for pair in zip(names, function.key.split(), strict=True)]
                found.append({"symbol": function.symbol, "entry": name, "arguments": pairs})
                break
    return found


def _names(name: str, value: Any) -> Iterator[str]:
    """Yield the names of the arrays and numbers in an argument: of a record's fields, behind a dot."""
    if isinstance(value, tuple):
        record: Any = value
        for field, part in zip(record._fields, record, strict=True):
            yield from _names(f"{name}.{field}", part)
    else:
        yield name


def description(functions: Sequence[Mapping[str, Any]]) -> Plain:
    """Return all that JavaScript must know of a module with these functions."""
    return {
        "functions": list(functions),
        "columns": {name.lower(): getattr(records, name) for name in COLUMNS},
        "n_columns": records.N_COLUMNS,
        "part_columns": {name.lower(): getattr(records, name) for name in PART_COLUMNS},
        "n_part_columns": records.N_PART_COLUMNS,
        "groups": list(GROUPS),
        "numbers": {"dropout_rate": records.DROPOUT_RATE, "parameters": records.PARAMETERS},
        "most_parameters": codes.MOST_PARAMETERS,
        "most_loss_parameters": codes.MOST_LOSS_PARAMETERS,
        "most_hyperparameters": codes.MOST_HYPERPARAMETERS,
        "layers": {name: _described(LAYERS[name], code) for name, code in codes.LAYER_CODES.items()},
        "map_numbers": list(MAP_NUMBERS),
        "activations": _kinds(ACTIVATIONS, codes.ACTIVATION_CODES),
        "losses": _kinds(LOSSES, codes.LOSS_CODES),
        "optimizers": _kinds(OPTIMIZERS, codes.OPTIMIZER_CODES, "n_slots", "default_learning_rate"),
        "sizes": {
            "vector_bytes": sizes.LONGEST_VECTOR,
            "few": sizes.FEW,
            "fewest_rows": layout.FEWEST_ROWS,
            "fewest_maps": layout.FEWEST_MAPS,
            "patch_numbers": layout.PATCH_NUMBERS,
            "most_lines": layout.MOST_LINES,
            "work_bytes": layout.WORK_BYTES,
            "cache_bytes": layout.CACHE_BYTES,
        },
    }


def _kinds(registry: Registry[Any], numbers: Mapping[str, int], *more: str) -> Plain:
    """Return of each kind its number, its parameters in their order with their defaults, and what else is asked."""
    return {
        name: {
            "code": code,
            "parameters": {
                field.name: float(getattr(registry[name](), field.name)) for field in fields(registry[name])
            },
            **{what: getattr(registry[name], what) for what in more},
        }
        for name, code in numbers.items()
    }


MAP_NUMBERS = (
    *("height", "width", "channels", "high", "wide", "down", "across", "top", "left"),
    *("out_height", "out_width", "lines_at_once"),
)
"""What `koubai.engines.cpu.layout.map_numbers` gives, by name."""
INPUT, OUTPUT = ("height", "width", "channels"), ("out_height", "out_width")


def _described(kind: type[Layer], code: int) -> Plain:
    """Return a kind's number, sizes and blocks, of one that reads maps in terms of the map's numbers."""
    return _map_layer(kind, code) if issubclass(kind, Convolution | Pooling | Flatten) else _layer(kind, code)


def _map_layer(kind: type[Layer], code: int) -> Plain:
    """Return what `_layer` does of a kind that reads maps; ``windows`` is the field with their size."""
    is_convolution = issubclass(kind, Convolution)
    last = "n_filters" if is_convolution else "channels"
    shapes = {"weights": ("high", "wide", "channels", "n_filters"), "biases": ("n_filters",)}
    example = Convolution((1, 1, 1), 1, 1).blocks if is_convolution else ()
    blocks = [
        {
            "name": block.name,
            "shape": [[[size]] for size in shapes[block.name]],
            "group": block.group,
            "penalized": block.penalized,
            "is_biases": block.group == BIASES,
            "needs": "bias" if block.group == BIASES else None,
        }
        for block in example
    ]
    windows = None if issubclass(kind, Flatten) else "kernel_size" if is_convolution else "pool_size"
    return {
        "code": code,
        "n_in": [list(INPUT)],
        "n_out": [list(INPUT if windows is None else (*OUTPUT, last))],
        "has_activation": kind.has_activation,
        "inner": None,
        "list": None,
        "map": True,
        "windows": windows,
        "blocks": blocks,
    }


INTS, LISTS = (int, "int"), ("tuple[int, ...] | None", "tuple[int, ...]")
"""Types of the fields by which layers have their sizes: whole numbers, and lists, of which the length counts."""


def _layer(kind: type[Layer], code: int) -> Plain:
    """Return a kind's number, how its sizes follow from the fields of its description, and its blocks.

    They are found by two layers whose sizes are all different, and by others without what can be switched off.
    """
    given: Any = kind
    own = {field.name: field for field in fields(given)}
    whole = [name for name, field in own.items() if field.type in INTS]
    lists = [name for name, field in own.items() if str(field.type) in LISTS]
    switches = [name for name, field in own.items() if field.type in ("bool", bool)]
    examples = [_example(whole, lists, *numbers) for numbers in (((11, 7, 5, 3), 2), ((23, 17, 13, 11), 3))]
    layers = [given(**example) for example in examples]
    without = {name: given(**examples[0], **{name: False}).blocks for name in switches}
    sums = _sums([*whole, *lists])

    def found(*sizes: int) -> list[list[str]]:
        """Return the sum of products of fields that these sizes are in the examples."""
        return next(each for each in sums if all(map(_is, [each] * len(examples), examples, sizes)))

    def block(number: int, first: Block) -> Plain:
        shapes = zip(*(layer.blocks[number].shape for layer in layers), strict=True)
        needs = next((name for name in switches if first not in without[name]), None)
        shape = [found(*sizes) for sizes in shapes]
        return {
            "name": first.name,
            "shape": shape,
            "group": first.group,
            "penalized": first.penalized,
            "is_biases": first.group == BIASES,
            "needs": needs,
        }

    return {
        "code": code,
        "n_in": found(*(layer.n_in for layer in layers)),
        "n_out": found(*(layer.n_out for layer in layers)),
        "has_activation": kind.has_activation,
        "inner": "within" if kind is LearnedActivation else None,
        "list": "embedded" if kind is PeriodicEmbedding else None,
        "map": False,
        "windows": None,
        "blocks": [block(number, first) for number, first in enumerate(layers[0].blocks)],
    }


def _example(whole: Sequence[str], lists: Sequence[str], sizes: tuple[int, ...], length: int) -> Plain:
    """Return fields of a layer: different whole numbers, the largest first, and lists of so many."""
    return dict(zip(whole, sizes, strict=False)) | {name: tuple(range(length)) for name in lists}


def _sums(names: Sequence[str]) -> list[list[list[str]]]:
    """Return sums of products of fields, the simplest first: a, a · b, a + b · c."""
    products = [*([name] for name in names), *(list(pair) for pair in combinations(names, 2))]
    return [*([product] for product in products), *([a, b] for a, b in permutations(products, 2))]


def _is(each: list[list[str]], example: Plain, size: int) -> bool:
    """Return whether a sum of products of an example's fields is this size."""
    numbers = {name: len(value) if isinstance(value, tuple) else value for name, value in example.items()}
    return sum(prod(numbers[name] for name in product) for product in each) == size
