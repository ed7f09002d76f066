"""``koubai explain shapes|derivative|identities``: matrix expressions."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from koubai.core.errors import ParameterError
from koubai.core.language import worded

if TYPE_CHECKING:
    from koubai.explain.derivations import Derivation

AddTopic = Callable[..., argparse.ArgumentParser]
AddView = Callable[[argparse.ArgumentParser], None]


def add_matrix_topics(
    topics: "argparse._SubParsersAction[argparse.ArgumentParser]", topic: AddTopic, add_view: AddView
) -> None:
    """Add the topics; ``topic`` makes a parser, ``add_view`` adds the options of the view."""
    parser = topic(topics, "shapes", "the shape of a matrix expression, operation by operation", _shapes)
    parser.add_argument("expression", metavar="EXPRESSION", help="such as 'A.T @ x', or 'LEFT == RIGHT'")
    parser.add_argument("shapes", nargs="*", type=named_shape, metavar="NAME=R,C", help="shapes, such as A=m,k x=3,1")
    add_view(parser)
    parser = topic(topics, "derivative", "the derivative of a matrix expression", _derivative)
    parser.add_argument("expression", metavar="EXPRESSION", help="such as 'norm(A @ x - b)**2'")
    parser.add_argument("shapes", nargs="*", type=named_shape, metavar="NAME=R,C", help="shapes, such as A=m,k x=3,1")
    parser.set_defaults(take_more=_take_more_shapes)
    parser.add_argument(
        "--by", required=True, metavar="NAME", help="the vector, matrix or scalar to differentiate with respect to"
    )
    add_view(parser)
    parser = topic(topics, "identities", "vector and matrix identities, each checked numerically", _identities)
    add_view(parser)


def _shapes(args: argparse.Namespace) -> "Derivation":
    from koubai.explain.matrix.pages import shapes

    return shapes(args.expression, _by_name(args.shapes))


def _derivative(args: argparse.Namespace) -> "Derivation":
    from koubai.explain.matrix.pages import derivative

    return derivative(args.expression, args.by, _by_name(args.shapes))


def _take_more_shapes(args: argparse.Namespace, words: list[str]) -> bool:
    """Accept shapes that follow an option, and return whether all words were shapes."""
    try:
        args.shapes = [*args.shapes, *map(named_shape, words)]
    except argparse.ArgumentTypeError:
        return False
    return True


def _by_name(shapes: list[tuple[str, str]]) -> dict[str, str]:
    for position, (name, _) in enumerate(shapes):
        if any(name == other for other, _ in shapes[:position]):
            raise ParameterError(worded("explain.error.two_shapes", name=name))
    return dict(shapes)


def _identities(args: argparse.Namespace) -> "Derivation":
    from koubai.explain.matrix.pages import identities

    return identities()


def named_shape(text: str) -> tuple[str, str]:
    """Parse a name and its shape, written name=rows,columns."""
    name, equals, shape = text.partition("=")
    if not equals or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"must be a name and its shape such as A=m,k; got {text!r}")
    return name, shape
