"""``koubai explain``: where a number comes from, step by step, in the terminal or on a page."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from koubai.cli.images import options as images
from koubai.cli.parts.complaints import READING
from koubai.cli.parts.examples import of_explain
from koubai.cli.parts.lecture import add_lecture_topics
from koubai.cli.parts.matrix_topics import add_matrix_topics
from koubai.cli.parts.numbers import fraction, indices, numbers
from koubai.cli.parts.outputs import add_force, check_different, check_output
from koubai.cli.parts.own_network import add_own_options, asked_of_file, posed_rate, write_question
from koubai.cli.parts.reading import add_reading_options, refuse_reading_options
from koubai.core.errors import ParameterError
from koubai.core.language import language, worded

if TYPE_CHECKING:
    from koubai.explain.derivations import Derivation
    from koubai.explain.network.asking import Ask

EXAMPLES = """examples:
  koubai explain perceptron
  koubai explain perceptron --random 1 --sweeps 3
  koubai explain tangents --polynomial 1,0,-3,1 --start 2 --rate 1/20 --out tangents.html
  koubai explain backward --weight 2,1,2
  koubai explain backward --sizes 4-5-3 --out backward.html --lang ja
  koubai explain update --optimizer adam --rate 0.1 --rows 1-4 --weight 1,2,1
  koubai explain forward penguins.koubai --data examples/penguins.csv --row 3
  koubai explain backward --weights "1 1/2; -1 1" --weights "1 -1" --x "1,0" --y 1 --weight 1,1,1
  koubai explain shapes "A.T @ x" A=m,k x=m,1
  koubai explain reasons penguins.koubai --data examples/penguins.csv --row 3
  koubai explain model penguins.koubai --data examples/penguins.csv --out model.html
  koubai explain derivative "norm(A @ x - b)**2" --by x

Indices are the lecture's: LAYER,NODE,SOURCE, with layers counted from 1 after the input and source 0 for the bias.
See 'koubai explain WHAT --help' for details.
"""

Topic = Callable[[argparse.Namespace], "Derivation"]


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "explain",
        help="show where a number comes from, step by step",
        description="Derive the numbers of a perceptron or a network step by step, with the actual numbers.",
        epilog=EXAMPLES,
    )
    parser.set_defaults(run=run, options={**READING, **images.PREDICT, "member": "member", "row": "row"})
    topics = parser.add_subparsers(dest="topic", metavar="WHAT", required=True)
    _perceptron_parser(topics)
    for name, about in (
        ("forward", "a forward pass, or one node of it"),
        ("backward", "backpropagation: every delta and gradient, or one of them"),
        ("update", "one update of one weight"),
    ):
        _network_parser(topics, name, about)
    _single_parsers(topics)
    add_matrix_topics(topics, _topic, add_view_options)
    add_lecture_topics(topics, _topic, add_view_options)
    _model_parser(topics)
    _reasons_parser(topics)


def run(args: argparse.Namespace) -> int:
    """Explain what was requested; print it, or write it to a file."""
    lang = language(args.lang)
    table, model, data, own = (getattr(args, name, None) for name in ("table", "model", "data", "network"))
    for path in (args.out, getattr(args, "question", None)):
        if path:
            check_output(path, args.force, [table, model, data, own])
    check_different(args.out, getattr(args, "question", None), "question")
    if table is None and data is None and model is None and hasattr(args, "encoding"):
        refuse_reading_options(args, worded("explain.error.table") if hasattr(args, "table") else "--data")
    derivation: Derivation = args.topic_of(args)
    if hasattr(args, "averaged"):
        from koubai.explain.model.average import about_average

        derivation = about_average(derivation, *args.averaged)
    if args.digits is not None:
        derivation = _with_digits(derivation, args.digits)
    if args.out:
        derivation.save(args.out, lang)
    else:
        derivation.show(lang)
    return 0


def add_view_options(parser: argparse.ArgumentParser, out: str = "a .html, .md or .txt file") -> None:
    """Add the options common to all explanations."""
    group = parser.add_argument_group("the view")
    group.add_argument("--lang", metavar="LANG", help="en or ja (default: from the environment)")
    group.add_argument("--out", metavar="FILE", help=f"where to write it: {out}")
    add_force(group)
    group.add_argument("--digits", type=int, metavar="N", help="significant digits of rounded numbers (default: 4)")


def _with_digits(derivation: "Derivation", digits: int) -> "Derivation":

    if not 1 <= digits <= 17:
        raise ParameterError(worded("explain.error.digits", got=digits))
    return replace(derivation, notation=replace(derivation.notation, digits=digits))


def _topic(
    topics: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, about: str, topic: Topic
) -> argparse.ArgumentParser:
    parser = topics.add_parser(
        name,
        help=about,
        description=f"Explain {about}.",
        epilog=of_explain(name),
    )
    parser.set_defaults(topic_of=topic)
    return parser


def _perceptron_parser(topics: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _topic(topics, "perceptron", "how a perceptron learns, over whole passes", _perceptron)
    parser.add_argument("table", nargs="?", metavar="TABLE", help="a table to learn from (default: six mails)")
    parser.add_argument("--target", metavar="COLUMN", help="the column to learn (default: the last)")
    add_reading_options(parser.add_argument_group("the table"), streams=False)
    parser.add_argument("--positive", metavar="VALUE", help="the target value that means +1")
    parser.add_argument("--bias", action="store_true", help="add a feature that is always 1, whose weight is the bias")
    parser.add_argument("--rate", type=fraction, default=Fraction(1, 2), metavar="N", help="η (default: 1/2)")
    parser.add_argument("--sweeps", type=int, default=1, metavar="N", help="passes through the data (default: 1)")
    parser.add_argument("--start", type=numbers, metavar="A,B,…", help="weights at the start (default: zeros)")
    parser.add_argument(
        "--random", type=int, metavar="SEED", help="draw each example at random, by this seed (default: in order)"
    )
    add_view_options(parser)


def _network_parser(topics: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, about: str) -> None:
    topic: Topic = {"forward": _forward, "backward": _backward, "update": _update}[name]
    parser = _topic(topics, name, about, topic)
    parser.add_argument("model", nargs="?", metavar="MODEL", help="a saved model (default: a small ready-made network)")
    parser.add_argument("--data", metavar="TABLE", help="the table that the model's rows are taken from")
    _add_member(parser)
    add_reading_options(parser.add_argument_group("the table"), streams=False)
    images.add_predict_options(parser)
    add_own_options(parser)
    made = parser.add_argument_group("a generated network")
    made.add_argument("--sizes", metavar="4-5-3", help="inputs, hidden nodes and outputs")
    made.add_argument("--hidden", metavar="NAME", help="activation of hidden layers (default: sigmoid)")
    made.add_argument("--output", metavar="NAME", help="activation of the outputs")
    made.add_argument("--loss-function", metavar="NAME", help="the loss function")
    made.add_argument("--seed", type=int, metavar="N", help="random seed (default: 0)")
    asked = parser.add_argument_group("what to explain")
    if name == "update":
        asked.add_argument("--rows", metavar="1-4", default="1", help="rows of the batch, counted from 1 (default: 1)")
        _update_options(parser)
    else:
        asked.add_argument("--row", type=int, default=1, metavar="N", help="which row, counted from 1 (default: 1)")
    if name != "forward":
        asked.add_argument(
            "--weight",
            type=indices,
            metavar="L,I,J",
            help="the weight from j to i in layer l, or conv1[row,column,channel,filter]",
        )
    if name == "backward":
        asked.add_argument(
            "--delta",
            type=indices,
            metavar="L,I",
            help="the delta of node i of layer l, or of conv1[row,column,filter]",
        )
    if name != "update":
        asked.add_argument(
            "--node",
            type=indices,
            metavar="L,I",
            help="the activation of node i of layer l, or of conv1[row,column,filter]",
        )
        asked.add_argument("--loss", action="store_true", help="the loss")
    add_view_options(parser)


def _add_member(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--member", type=int, metavar="N", help="which of the networks that a model averages (default: the first)"
    )


def _update_options(parser: argparse.ArgumentParser) -> None:
    rule = parser.add_argument_group("the rule")
    rule.add_argument("--optimizer", default="sgd", metavar="NAME", help="sgd, momentum, adam, … (default: sgd)")
    rule.add_argument("--rate", type=fraction, default=Fraction(1, 10), metavar="N", help="α (default: 1/10)")
    rule.add_argument("--after", type=int, default=0, metavar="N", help="updates made before this one (default: 0)")
    rule.add_argument("--l1", type=float, default=0.0, metavar="N", help="strength of the L1 penalty (default: 0)")
    rule.add_argument("--l2", type=float, default=0.0, metavar="N", help="strength of the L2 penalty (default: 0)")
    rule.add_argument("--clip", type=float, default=0.0, metavar="N", help="maximum gradient norm (default: no limit)")


def _single_parsers(topics: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _topic(topics, "activation", "an activation function and its derivative", _activation)
    parser.add_argument("name", metavar="NAME", help="sigmoid, relu, tanh, …")
    parser.add_argument("--at", type=numbers, metavar="U", help="the point u (default: 1); of softmax, all u: 2,1,0")
    add_view_options(parser)
    parser = _topic(topics, "loss", "a loss and its derivative", _loss)
    parser.add_argument("name", metavar="NAME", help="half_squared_error, cross_entropy, hinge, …")
    parser.add_argument("--z", type=numbers, required=True, metavar="A,B,…", help="the outputs")
    parser.add_argument("--y", type=numbers, required=True, metavar="A,B,…", help="the targets")
    add_view_options(parser)
    parser = _topic(topics, "softmax", "softmax with cross-entropy, and why the derivative is z - p", _softmax)
    parser.add_argument("--u", type=numbers, metavar="A,B,…", help="net inputs (default: 2,1,0)")
    parser.add_argument(
        "--p", type=numbers, metavar="A,B,…", help="class probabilities (default: all on the first class)"
    )
    add_view_options(parser)


def _model_parser(topics: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    about = "what a whole model has learned: its hidden nodes and its columns"
    parser = _topic(topics, "model", about, _model)
    parser.add_argument("model", nargs="?", metavar="MODEL", help="a saved model (default: a small ready-made network)")
    parser.add_argument("--data", metavar="TABLE", help="a table with the model's columns")
    add_reading_options(parser.add_argument_group("the table"), streams=False)
    parser.add_argument("--layer", type=int, default=1, metavar="N", help="which hidden layer (default: 1)")
    _add_member(parser)
    add_view_options(parser)


def _model(args: argparse.Namespace) -> "Derivation":
    from koubai.cli.parts.explained_data import model_page_of

    return model_page_of(args)


def _reasons_parser(topics: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    about = "why a model of a table answers as it does for one row: which columns speak for it"
    parser = _topic(topics, "reasons", about, _reasons)
    parser.add_argument("model", metavar="MODEL", help="a file that 'koubai fit' saved")
    parser.add_argument("--data", metavar="TABLE", required=True, help="the table that the row is taken from")
    parser.add_argument("--row", type=int, default=1, metavar="N", help="which row, counted from 1 (default: 1)")
    parser.add_argument(
        "--training", metavar="TABLE", help="rows like those that were learned from (default: those of --data)"
    )
    parser.add_argument("--member", help=argparse.SUPPRESS, default=None)
    add_reading_options(parser.add_argument_group("the table"), streams=False)
    add_view_options(parser)


def _reasons(args: argparse.Namespace) -> "Derivation":
    from koubai.cli.parts.explained_data import reasons_page_of

    return reasons_page_of(args)


def _perceptron(args: argparse.Namespace) -> "Derivation":
    from koubai.cli.parts.explained_data import examples_of_table
    from koubai.explain.learning_rule.learning_walk import perceptron

    for name in ("target", "positive", "bias"):
        if getattr(args, name) and not args.table:
            raise ParameterError(worded("explain.error.table_needed", option=name))
    examples = examples_of_table(args) if args.table else None
    return perceptron(examples, learning_rate=args.rate, start=args.start, n_sweeps=args.sweeps, seed=args.random)


def _forward(args: argparse.Namespace) -> "Derivation":
    from koubai.cli.parts.explained_data import one_row, sample_of
    from koubai.explain.network.passes import forward

    sample = sample_of(args)
    x, y = one_row(sample, args.row)
    ask = _ask(args) or asked_of_file(args, ("node", "loss"))
    write_question(args, sample, ask, [args.row], find="explain.own.find_forward")
    page = forward(sample.network, sample.theta, x, ask=ask, y=y, names=sample.names)
    return sample.before(page, args.row - 1)


def _backward(args: argparse.Namespace) -> "Derivation":
    from koubai.cli.parts.explained_data import one_row, sample_of, without_target
    from koubai.explain.network.passes import backward

    sample = sample_of(args)
    x, y = one_row(sample, args.row)
    if y is None:
        raise without_target(sample, args.row)
    ask = _ask(args) or asked_of_file(args, ("weight", "delta", "node", "loss"))
    write_question(args, sample, ask, [args.row])
    page = backward(sample.network, sample.theta, x, y, ask=ask, names=sample.names)
    return sample.before(page, args.row - 1)


def _update(args: argparse.Namespace) -> "Derivation":
    from koubai.cli.parts.explained_data import batch_of, sample_of, state_after
    from koubai.core.penalties import Penalty
    from koubai.engines.protocol import Plan
    from koubai.explain.network.asking import Ask
    from koubai.explain.network.one_update import update
    from koubai.optimizers.registry import get_optimizer

    sample = sample_of(args)
    plan = Plan(sample.network, get_optimizer(args.optimizer), Penalty(args.l1, args.l2), clip_norm=args.clip)
    rows, numbers = batch_of(sample, args.rows)
    state, past = state_after(plan, sample, rows, float(args.rate), args.after)
    given = Ask("weight", args.weight) if args.weight else asked_of_file(args, ("weight",))
    ask = given or Ask("weight", (len(sample.network.layers), 1, 1))
    write_question(args, sample, ask, numbers, posed_rate(args))
    page = update(plan, state, rows, float(args.rate), ask, names=sample.names, past=past, numbers=numbers)
    return sample.before(page, numbers[0] - 1) if len(numbers) == 1 else page


def _activation(args: argparse.Namespace) -> "Derivation":
    from koubai.explain.network.single import activation, softmax

    at: list[float] | None = args.at
    if args.name == "softmax":
        if at is not None and len(at) < 2:
            raise ParameterError(worded("explain.error.at_softmax"))
        return softmax() if at is None else softmax(at, [1.0] + [0.0] * (len(at) - 1))
    if at is not None and len(at) > 1:
        raise ParameterError(worded("explain.error.at_one", name=args.name, got=len(at), first=f"{at[0]:g}"))
    return activation(args.name, 1.0 if at is None else at[0])


def _loss(args: argparse.Namespace) -> "Derivation":
    from koubai.explain.network.single import loss

    return loss(args.name, args.z, args.y)


def _softmax(args: argparse.Namespace) -> "Derivation":
    from koubai.explain.network.single import softmax

    u = args.u or [2.0, 1.0, 0.0]
    return softmax(u, args.p or [1.0] + [0.0] * (len(u) - 1))


def _ask(args: argparse.Namespace) -> "Ask | None":
    """Return the requested number; None to explain everything."""
    from koubai.explain.network.asking import Ask

    given = [(kind, getattr(args, kind, None)) for kind in ("weight", "delta", "node")]
    asks = [Ask(kind, value) for kind, value in given if value]
    asks += [Ask("loss")] if args.loss else []
    if len(asks) > 1:
        raise ParameterError(worded("explain.error.one_at_a_time", asked=", ".join(f"--{ask.kind}" for ask in asks)))
    return asks[0] if asks else None
