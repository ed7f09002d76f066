"""Derivations as records: every number of a perceptron or a network, step by step with the real numbers in it.

Functions that explain: `perceptron`, `forward`, `backward`, `update`, `activation`, `loss`, `softmax`, `shapes`,
`derivative`, `identities`.
They return a `Derivation`, which displays itself in a notebook and has methods ``show`` (print) and ``save``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from koubai.explain.derivations import Derivation
    from koubai.explain.learning_rule.examples import Examples
    from koubai.explain.learning_rule.learning_walk import perceptron
    from koubai.explain.matrix.pages import derivative, identities, shapes
    from koubai.explain.model.hidden_nodes import hidden_nodes
    from koubai.explain.model.page import model_page
    from koubai.explain.network.asking import Ask
    from koubai.explain.network.naming import Names
    from koubai.explain.network.one_update import update
    from koubai.explain.network.passes import backward, forward
    from koubai.explain.network.single import activation, loss, softmax
    from koubai.explain.tasks import Checks

_HOMES = {
    "Ask": "network.asking",
    "Checks": "tasks",
    "Derivation": "derivations",
    "Examples": "learning_rule.examples",
    "Names": "network.naming",
    "activation": "network.single",
    "backward": "network.passes",
    "derivative": "matrix.pages",
    "forward": "network.passes",
    "hidden_nodes": "model.hidden_nodes",
    "identities": "matrix.pages",
    "loss": "network.single",
    "model_page": "model.page",
    "perceptron": "learning_rule.learning_walk",
    "shapes": "matrix.pages",
    "softmax": "network.single",
    "update": "network.one_update",
}
"""The module that defines each name; modules are loaded on first use, so that importing one does not load all."""

__all__ = [
    "Ask",
    "Checks",
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


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'koubai.explain' has no attribute {name!r}")
    return getattr(import_module(f"koubai.explain.{_HOMES[name]}"), name)
