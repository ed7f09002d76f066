"""Derivations as records: every number of a perceptron or a network, step by step with the real numbers in it.

Functions that explain: `perceptron`, `forward`, `backward`, `update`, `activation`, `loss`, `softmax`, `shapes`,
`derivative`, `identities`.
They return a `Derivation`, which shows itself in a notebook, prints itself (``show``) and writes itself (``save``).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from koubai.explain.asking import Ask
    from koubai.explain.learning_walk import Examples, perceptron
    from koubai.explain.matrix.pages import derivative, identities, shapes
    from koubai.explain.network import Names, backward, forward
    from koubai.explain.records import Derivation
    from koubai.explain.single import activation, loss, softmax
    from koubai.explain.training import update
    from koubai.explain.whole_model import hidden_nodes, model_page

_HOMES = {
    "Ask": "asking",
    "Derivation": "records",
    "Examples": "learning_walk",
    "Names": "network",
    "activation": "single",
    "backward": "network",
    "derivative": "matrix.pages",
    "forward": "network",
    "hidden_nodes": "whole_model",
    "identities": "matrix.pages",
    "loss": "single",
    "model_page": "whole_model",
    "perceptron": "learning_walk",
    "shapes": "matrix.pages",
    "softmax": "single",
    "update": "training",
}
"""The module that each name lives in: loaded at first use, so that importing one does not load all."""

__all__ = [
    "Ask",
    "Derivation",
    "Examples",
    "Names",
    "activation",
    "backward",
    "derivative",
    "forward",
    "hidden_nodes",
    "identities",
    "loss",
    "model_page",
    "perceptron",
    "shapes",
    "softmax",
    "update",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'koubai.explain' has no attribute {name!r}")
    return getattr(import_module(f"koubai.explain.{_HOMES[name]}"), name)
