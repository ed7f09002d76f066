"""An activation and its derivative as formulas, and its display name."""

import numpy as np

from koubai.core.activations.base import Activation
from koubai.core.formulas.tree import Apply, Formula, Number, Quantity
from koubai.core.formulas.values import as_given
from koubai.explain.derivations import Text, called


def value(activation: Activation, u: Formula, known: float = 0.0) -> Formula:
    """Return φ(u) as a formula; for an activation without one, the notation φ(u) with its number.

    Parameters
    ----------
    activation : Activation
        φ; not softmax, which is not a function of a single u.
    u, known
        As for `koubai.core.activations.base.Activation.formula`.
    """
    said = activation.formula(u, known)
    return _unsaid(activation, u) if said is None else said


def derivative(activation: Activation, u: Formula, z: Formula) -> Formula:
    """Return φ'(u) as a formula, in z = φ(u) where that is shorter; like `value` if there is no formula."""
    said = activation.derivative_formula(u, z)
    return _unsaid(activation, u, prime=True) if said is None else said


def _unsaid(activation: Activation, u: Formula, prime: bool = False) -> Formula:
    notation = Apply("φ", (u,), prime)
    try:
        at = np.array([[float(u.evaluate())]])
    except TypeError:  # notation without a number
        return notation
    z = activation.value(at)
    number = activation.derivative(at, z) if prime else z
    return Quantity(notation, Number(as_given(number.item())))


def name_of(activation: Activation) -> Text:
    """Return an activation's display name; if not in the catalogues, its own name."""
    name = activation.name
    return called((f"explain.activation.{name}", f"play.choice.{name}"), name)
