"""What a cell of each kind of layer is the sum or the largest of, as plain formulas, for networks on images."""

from functools import cache
from typing import Any

from koubai.core.activations import ACTIVATIONS
from koubai.core.activations.base import Activation
from koubai.core.formulas.pieces import Relation
from koubai.core.formulas.tree import Symbol
from koubai.core.layers import AveragePooling, Convolution, Dense, Layer, MaxPooling
from koubai.play.derived.plain import Marks
from koubai.play.of_images.networks import POOLED
from koubai.play.settings import KERNEL_SIZES

Plain = dict[str, Any]

MAP = (8, 8, 1)


@cache
def laws() -> Plain:
    """Return the law of each kind of layer: of a convolution by the size of its kernel, which the indices tell.

    Examples
    --------
    >>> sorted(laws()["convolution"])
    ['2', '3', '4', '5']
    """
    smallest, largest = KERNEL_SIZES
    return {
        "convolution": {
            str(size): _law(Convolution(MAP, 1, size, padding="same")) for size in range(smallest, largest + 1)
        },
        "max_pooling": _law(MaxPooling(MAP, POOLED)),
        "average_pooling": _law(AveragePooling(MAP, POOLED)),
        "dense": _law(Dense(1, 1)),
        "activations": {name: _activation(kind()) for name, kind in ACTIVATIONS.items()},
    }


def _law(layer: Layer) -> Any:
    law = layer.law()
    assert law is not None
    return Marks().formula(Relation(Symbol("u", layer.index_names, "l"), "=", law))


def _activation(kind: Activation) -> Any:
    """Return z = φ(u); None if φ has no formula of one u."""
    found = kind.formula(Symbol("u"))
    return None if found is None else Marks().formula(Relation(Symbol("z"), "=", found))
