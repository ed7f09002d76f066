"""Each loss and its derivative with respect to an output as formulas, and its name in words."""

from collections.abc import Sequence

import numpy as np

from koubai.core.activations.identity import Identity
from koubai.core.formulas.tree import Apply, BigSum, Formula, Number, Partial, Quantity, log
from koubai.core.formulas.values import as_given
from koubai.core.losses.base import LogOf, Loss
from koubai.explain.derivations import Text, called


def term(loss: Loss, z: Formula, y: Formula, log_of: LogOf = log) -> Formula:
    """Return what one output adds to the loss, before the sign or factor that stands in front of the sum.

    Of a loss that says no formula it is the notation E(z, y) with its number.

    Parameters
    ----------
    loss : Loss
    z, y : Formula
        Output and target.
    log_of : callable
        How to write log z and log(1 - z): directly, or as quantities where z itself has underflowed.
    """
    said = loss.term_formula(z, y, log_of)
    return _unsaid(loss, z, y) if said is None else said


def total(loss: Loss, terms: Sequence[Formula]) -> Formula:
    """Return the loss of one row, from what each output adds."""
    return loss.total_formula(terms)


def law(loss: Loss, z: Formula, y: Formula) -> Formula:
    """Return the loss of one row as a sum over outputs k."""
    return total(loss, [BigSum("k", term(loss, z, y))])


def slope(loss: Loss, z: Formula, y: Formula) -> Formula:
    """Return ∂E/∂z_k as a formula; as `term` where there is none."""
    said = loss.gradient_formula(z, y)
    return _unsaid(loss, z, y, by_output=True) if said is None else said


def _unsaid(loss: Loss, z: Formula, y: Formula, by_output: bool = False) -> Formula:
    whole = Apply("E", (z, y))
    notation = Partial(whole, z) if by_output else whole
    try:
        outputs, targets = (np.array([[float(x.evaluate())]]) for x in (z, y))
    except TypeError:  # notation without a number
        return notation
    number = loss.gradient(outputs, targets) if by_output else loss.rows(Identity(), outputs, outputs, targets)
    return Quantity(notation, Number(as_given(number.item())))


def name_of(loss: Loss) -> Text:
    """Return what a loss is called; one that the catalogues do not know, by its own name."""
    return called((f"explain.loss.{loss.name}", f"play.choice.{loss.name}"), loss.name)
