"""The learners of slides 2-7: what each keeps of the data, what a prediction costs, and when each was found."""

from collections.abc import Sequence
from fractions import Fraction

from koubai.core.errors import ParameterError
from koubai.core.formulas.tree import Number, Symbol
from koubai.explain.derivations import Cell, Derivation, Section, Table, Timeline, say

LEARNERS = ("perceptron", "network", "logistic", "bayes", "svm", "tree", "forest", "bayesian_network", "neighbours")
"""Model-based ones first; the last keeps the examples themselves."""
EVENTS = (
    (1943, "neuron"),
    (1951, "neighbours"),
    (1957, "perceptron"),
    (1958, "logistic"),
    (1961, "bayes"),
    (1969, "limits"),
    (1980, "neocognitron"),
    (1984, "tree"),
    (1985, "bayesian_network"),
    (1986, "backpropagation"),
    (1989, "convolution"),
    (1995, "svm"),
    (2001, "forest"),
    (2012, "deep"),
    (2017, "transformer"),
)
"""Year of publication, and the key of what was published."""
FEATURES, HIDDEN = 10, 32
ROWS = (100, 10_000, 1_000_000)


def learners(n_features: int = FEATURES, n_hidden: int = HIDDEN, rows: Sequence[int] = ROWS) -> Derivation:
    """Explain what learners there are, and what instance-based and model-based ones keep and compute.

    Parameters
    ----------
    n_features, n_hidden : int
        Features of an example, and hidden nodes of the network that is counted.
    rows : sequence of int
        Numbers of training examples that are counted.

    Raises
    ------
    ParameterError
        If one of them is not positive.

    Examples
    --------
    >>> counted(10, 32, 100)
    (1100, 1000, 11, 10, 385, 352)
    """
    for name, value in (("n_features", n_features), ("n_hidden", n_hidden), ("rows", min(rows, default=0))):
        if value < 1:
            raise ParameterError(f"explain: {name} must be >= 1; got {value}. Try {FEATURES}.")
    kinds: tuple[Cell, ...] = tuple(say(f"explain.learners.column.{name}") for name in ("learner", "based", "keeps"))
    table = tuple(
        (
            say(f"explain.learners.name.{name}"),
            say("explain.learners.instance" if name == "neighbours" else "explain.learners.model"),
            say(f"explain.learners.keeps.{name}"),
        )
        for name in LEARNERS
    )
    events = tuple((year, say(f"explain.learners.event.{name}")) for year, name in EVENTS)
    sections = (
        Section(say("explain.learners.kinds"), (say("explain.learners.two"), Table(kinds, table))),
        Section(
            say("explain.learners.costs"),
            (
                say("explain.learners.counted", features=n_features, hidden=n_hidden),
                Table(_columns(), tuple(_row(n_features, n_hidden, n) for n in rows)),
                say("explain.learners.grows"),
            ),
        ),
        Section(say("explain.learners.timeline"), (Timeline(events),)),
    )
    return Derivation(say("explain.learners.title"), sections)


def counted(n_features: int, n_hidden: int, n_rows: int) -> tuple[int, ...]:
    """Return numbers kept and products of a prediction: of nearest neighbours, a perceptron, and a network."""
    network = (n_features + 1) * n_hidden + n_hidden + 1, n_features * n_hidden + n_hidden
    return n_rows * (n_features + 1), n_rows * n_features, n_features + 1, n_features, *network


def _columns() -> tuple[Cell, ...]:
    pairs = ((say(f"explain.learners.kept.{name}"), say(f"explain.learners.products.{name}")) for name in COUNTED)
    return (Symbol("n"), *(cell for pair in pairs for cell in pair))


COUNTED = ("neighbours", "perceptron", "network")


def _row(n_features: int, n_hidden: int, n_rows: int) -> tuple[Cell, ...]:
    return tuple(Number(Fraction(value)) for value in (n_rows, *counted(n_features, n_hidden, n_rows)))
