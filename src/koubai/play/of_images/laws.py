"""What a cell of each kind of layer is the sum or the largest of, and what comes back to it, as plain formulas."""

from functools import cache
from typing import Any

from koubai.core.activations import ACTIVATIONS
from koubai.core.activations.base import Activation
from koubai.core.formulas.pieces import Relation
from koubai.core.formulas.tree import Apply, BigSum, Partial, Product, Symbol
from koubai.core.layers import AveragePooling, Convolution, Dense, Layer, MaxPooling
from koubai.core.schema import Record
from koubai.play.derived.plain import Marks
from koubai.play.of_images.networks import POOLED
from koubai.play.settings import KERNEL_SIZES

MAP = (8, 8, 1)


@cache
def laws() -> Record:
    """Return the law of each kind of layer: of a convolution by the size of its kernel, which the indices tell.

    Under ``back`` stands what comes back from a layer of each kind to what it reads, under ``slopes`` φ'(u), under
    ``delta`` what δ is made of them, and what it is behind softmax with cross-entropy.

    Examples
    --------
    >>> sorted(laws()["convolution"])
    ['2', '3', '4', '5']
    """
    smallest, largest = KERNEL_SIZES
    convolutions = {str(size): Convolution(MAP, 1, size, padding="same") for size in range(smallest, largest + 1)}
    others = {
        "max_pooling": MaxPooling(MAP, POOLED),
        "average_pooling": AveragePooling(MAP, POOLED),
        "dense": Dense(1, 1),
    }
    delta, z, y, u = (Symbol(letter, ("i",), "l") for letter in "δzyu")
    by_z, slope = Partial(Symbol("E"), Symbol("z")), Apply("φ", (Symbol("u"),), True)
    return {
        "convolution": {size: _law(layer) for size, layer in convolutions.items()},
        **{name: _law(layer) for name, layer in others.items()},
        "activations": {name: _activation(kind()) for name, kind in ACTIVATIONS.items()},
        "back": {
            "convolution": {size: _law_back(layer) for size, layer in convolutions.items()},
            **{name: _law_back(layer) for name, layer in others.items()},
        },
        "slopes": {name: _slope(kind()) for name, kind in ACTIVATIONS.items()},
        "delta": {
            "hidden": Marks().formula(Relation(Symbol("δ"), "=", Product((by_z, slope)))),
            "fused": Marks().formula(Relation(delta, "=", Relation(Partial(Symbol("E"), u), "=", z - y))),
            "output": Marks().formula(Relation(delta, "=", Partial(Symbol("E"), u))),
        },
        "gradient": {size: _of_kernel(layer) for size, layer in convolutions.items()},
    }


def _law(layer: Layer) -> Any:
    law = layer.law()
    assert law is not None
    return Marks().formula(Relation(Symbol("u", layer.index_names, "l"), "=", law))


def _activation(kind: Activation) -> Any:
    """Return z = φ(u); None if φ has no formula of one u."""
    found = kind.formula(Symbol("u"))
    return None if found is None else Marks().formula(Relation(Symbol("z"), "=", found))


def _law_back(layer: Layer) -> Any:
    """Return ∂E/∂z of what a layer reads."""
    law = layer.law_back()
    assert law is not None
    index = ("i",) if len(layer.input_shape) == 1 else ("y", "x", "c")
    return Marks().formula(Relation(Partial(Symbol("E"), Symbol("z", index, "l")), "=", law))


def _slope(kind: Activation) -> Any:
    """Return φ'(u); None if it has no formula of one u and z."""
    found = kind.derivative_formula(Symbol("u"), Symbol("z"))
    return None if found is None else Marks().formula(Relation(Apply("φ", (Symbol("u"),), True), "=", found))


def _of_kernel(layer: Convolution) -> Any:
    """Return ∂E/∂w_abcf: a sum over all places y, x of the map."""
    source = Symbol("z", (*layer.windows.names_of_cell(), "c"), "l-1")
    total = BigSum("y,x", Symbol("δ", layer.index_names, "l") * source)
    return Marks().formula(Relation(Partial(Symbol("E"), Symbol("w", ("a", "b", "c", "f"), "l")), "=", total))
