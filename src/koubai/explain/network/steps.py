"""All kinds of step of a pass, and the book that can make them."""

from collections.abc import Mapping

from koubai.core.trace import StepTrace
from koubai.explain.network import backward_steps, forward_steps, matrices
from koubai.explain.network.book import Book, StepKind

KINDS: Mapping[str, StepKind] = {
    kind.name: kind for kind in (*forward_steps.KINDS, *backward_steps.KINDS, *matrices.KINDS)
}
"""Each kind of step by its name."""


def book_of(trace: StepTrace, row: int = 0) -> Book:
    """Return the book of one row of a trace, counted from 0."""
    return Book(trace, KINDS, row)
