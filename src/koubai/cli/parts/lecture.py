"""``koubai explain learners|margin|linear|…``: demonstrations of single slides."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from koubai.cli.parts.matrix_topics import AddTopic, AddView
from koubai.cli.parts.numbers import fraction, numbers

if TYPE_CHECKING:
    from koubai.core.schema import Record
    from koubai.explain.derivations import Derivation

ABOUT = {
    "learners": "what learners there are: what each keeps, what a prediction costs, a timeline (slides 1-7)",
    "margin": "the margin of a line, beside the perceptron's and the widest one (slide 13)",
    "xor": "why one perceptron cannot learn XOR, and how two layers do it (slide 26)",
    "linear": "why layers without activation functions are one layer (slide 31)",
    "logistic": "a sigmoid node beside logistic regression: the same numbers (slides 43-44)",
    "capacity": "what a larger hidden layer can represent, and what it costs (slide 45)",
    "filters": "a kernel that nobody designed, learned from pictures (slide 48)",
    "tangents": "steepest descent step by step, with the tangent at every point (slides 70-73)",
}


def add_lecture_topics(
    topics: "argparse._SubParsersAction[argparse.ArgumentParser]", topic: AddTopic, add_view: AddView
) -> None:
    """Add the topics; ``topic`` makes a parser, ``add_view`` adds the options of the view."""
    for name, about in ABOUT.items():
        parser = topic(topics, name, about, _demonstration)
        if name == "margin":
            parser.add_argument("--w", type=numbers, metavar="A,B", help="weights of the line (default: 1,2)")
            parser.add_argument("--b", type=fraction, metavar="N", help="bias of the line (default: -1/2)")
        if name == "capacity":
            parser.add_argument(
                "--hidden", type=_sizes, metavar="N,…", help="sizes of the hidden layer (default: 1,2,4,…)"
            )
        if name == "tangents":
            _add_tangents(parser)
        add_view(parser)


def _add_tangents(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--polynomial",
        type=numbers,
        metavar="A,B,…",
        help="its coefficients, of the highest power first (default: 1,-2,0,0,1 for x⁴ - 2x³ + 1)",
    )
    parser.add_argument("--start", type=fraction, metavar="N", help="x at the start (default: 2)")
    parser.add_argument("--rate", type=fraction, metavar="N", help="α (default: 1/20)")
    parser.add_argument("--steps", type=int, metavar="N", help="updates (default: 4)")


def _sizes(text: str) -> list[int]:
    sizes = numbers(text)
    if not all(size.is_integer() for size in sizes):
        raise argparse.ArgumentTypeError(f"must be whole numbers such as 1,4,16; got {text!r}")
    return [int(size) for size in sizes]


def _demonstration(args: argparse.Namespace) -> "Derivation":
    from koubai.explain.lecture.capacity import capacity
    from koubai.explain.lecture.filters import filters
    from koubai.explain.lecture.learners import learners
    from koubai.explain.lecture.linear_layers import linear_layers
    from koubai.explain.lecture.logistic import logistic
    from koubai.explain.lecture.margin import margin
    from koubai.explain.lecture.tangents import tangents
    from koubai.explain.lecture.xor import xor

    match args.topic:
        case "margin":
            return margin(**_given(w=args.w, b=args.b))
        case "capacity":
            return capacity(**_given(sizes=args.hidden))
        case "tangents":
            named = _given(coefficients=args.polynomial, start=args.start, learning_rate=args.rate, n_steps=args.steps)
            return tangents(**named)
    plain: dict[str, Callable[[], Derivation]] = {
        "learners": learners,
        "linear": linear_layers,
        "xor": xor,
        "logistic": logistic,
        "filters": filters,
    }
    return plain[args.topic]()


def _given(**options: object) -> "Record":
    """Return the options that were given; the others keep the default of the function."""
    return {name: value for name, value in options.items() if value is not None}
