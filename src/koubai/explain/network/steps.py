"""All kinds of step in a pass, and the book that builds them."""

from collections.abc import Mapping

from koubai.core.trace import StepTrace
from koubai.explain.network import backward_steps, forward_steps, matrices
from koubai.explain.network.book import Book, StepKind

KINDS: Mapping[str, StepKind] = {
    kind.name: kind for kind in (*forward_steps.KINDS, *backward_steps.KINDS, *matrices.KINDS)
}
"""The kinds of step by name."""


def book_of(trace: StepTrace, row: int = 0) -> Book:
    """Return the book of one row of a trace, counted from 0."""
    return Book(trace, KINDS, row)
