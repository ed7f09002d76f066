"""Options for a network given by its own numbers: ``--network exam.json``, or ``--weights``, ``--x`` and ``--y``."""

import argparse
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from koubai.cli.parts.reading import say_notes
from koubai.core.errors import ParameterError
from koubai.core.language import language, worded

if TYPE_CHECKING:
    from koubai.explain.network.asking import Ask
    from koubai.explain.network.samples import Sample

OF_NUMBERS = ("weights", "biases", "activations", "x", "y")
"""Options that give a network by numbers, beside ``loss_function``."""


def add_own_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    own = parser.add_argument_group("a network of your own numbers")
    own.add_argument("--network", metavar="FILE", help="a .json file with weights, x, y, …, and what is asked for")
    own.add_argument(
        "--weights",
        action="append",
        metavar="'1 2; 3 4'",
        help="a layer's weights, row i into node i; once for each layer",
    )
    own.add_argument("--biases", action="append", metavar="'1, 0'", help="a layer's biases; once for each layer")
    own.add_argument("--activations", metavar="A,B", help="of each layer (default: sigmoid, …, identity)")
    own.add_argument("--x", action="append", metavar="A,B,…", help="a row of inputs; may be repeated")
    own.add_argument(
        "--y", action="append", metavar="A,B,…", help="its targets, or the number of its class, from 1; may be repeated"
    )
    own.add_argument("--question", metavar="FILE", help="where to write the question alone: a .html, .md or .txt file")


def is_own(args: argparse.Namespace) -> bool:
    """Return whether a network is given by numbers; refuse what says it twice or not at all."""
    given = [name for name in OF_NUMBERS if getattr(args, name, None) is not None]
    if getattr(args, "network", None) is not None and given:
        raise ParameterError(worded("explain.error.own_twice", name=given[0]))
    if given and args.weights is None:
        raise ParameterError(worded("explain.error.own_weights", name=given[0]))
    own = bool(given) or getattr(args, "network", None) is not None
    if own:
        made = [
            name for name in ("model", "data", "sizes", "hidden", "output", "seed", "member") if getattr(args, name)
        ]
        if made:
            what = worded("explain.error.own_model") if made[0] == "model" else f"--{made[0]}"
            raise ParameterError(worded("explain.error.not_with_own", option=what))
    elif getattr(args, "question", None) is not None:
        raise ParameterError(worded("explain.error.own_question"))
    return own


def own_sample(args: argparse.Namespace) -> "Sample":
    """Return the network with its rows; ``args.own_ask`` becomes what a file asks for."""
    from koubai.explain.network.given import given_network, matrix_of, read_question

    args.own_ask = None
    if args.network is not None:
        sample, args.own_ask = read_question(args.network)
        return sample
    biases = [matrix_of(text)[0] for text in args.biases or ()]
    names = [name.strip() for name in args.activations.split(",")] if args.activations else []
    rows = [[matrix_of(text)[0] for text in given] if given else None for given in (args.x, args.y)]
    return given_network([matrix_of(text) for text in args.weights], biases, names, args.loss_function, *rows)


def asked_of_file(args: argparse.Namespace, kinds: Sequence[str]) -> "Ask | None":
    """Return what a file asks for, if it is of these kinds; else nothing, with a note of what derives it."""
    ask: Ask | None = getattr(args, "own_ask", None)
    if ask is None or ask.kind in kinds:
        return ask
    say_notes([worded("explain.note.own_ask", path=args.network, kind=ask.kind)])
    return None


def posed_rate(args: argparse.Namespace) -> "Fraction | None":
    """Return α of an update as it is posed; refuse a question of more than one step of gradient descent."""
    if args.question is None:
        return None
    beyond = [name for name in ("l1", "l2", "clip", "after") if getattr(args, name)]
    if beyond or args.optimizer != "sgd":
        raise ParameterError(worded("explain.error.own_update", option=f"--{beyond[0] if beyond else 'optimizer'}"))
    return Fraction(args.rate)


def write_question(
    args: argparse.Namespace,
    sample: "Sample",
    ask: "Ask | None",
    rows: Sequence[int],
    rate: "Fraction | None" = None,
    find: str = "explain.own.find_all",
) -> None:
    """Write the question alone, if that was wanted: with a learning rate, of an update."""
    if getattr(args, "question", None) is None:
        return
    from koubai.explain.network.given import posed
    from koubai.views.explanation.showing import save

    save(posed(sample, ask, [row - 1 for row in rows], rate, find), args.question, language(args.lang))
