"""The plain records that the perceptron's kernels pass on, and the codes they use."""

from typing import Any, NamedTuple

Array = Any

NO_PENALTY, L1, L2, ELASTIC_NET = 0, 1, 2, 3
"""Codes of the penalties."""
PLAIN, AVERAGED, POCKET = 0, 1, 2
"""Codes of the variants."""


class Examples(NamedTuple):
    """Rows: dense data (n, m) with indices and starts None, or CSR with data (1, n_entries); labels, weights (n,)."""

    data: Array
    indices: Array
    starts: Array
    labels: Array
    weights: Array


class CodedRule(NamedTuple):
    """A `koubai.engines.cpu.perceptron_records.LearningRule`, its names as codes.

    Below ``smallest_scale`` the scale s of the weights w = s v is multiplied into v.
    """

    rate: float
    penalty: int
    alpha: float
    l1_ratio: float
    has_bias: bool
    bias_share: float
    ties_wrong: bool
    variant: int
    smallest_scale: float


class Model(NamedTuple):
    """The state of K problems, the problem along the last axis.

    Matrices (m, K), their columns padded to a multiple of four: ``weights`` v; ``pulled``, how much of the L1 penalty
    each weight has had; ``sums``, minus each change of v times the summed scales of the rows before it; ``pocket``,
    the best weights so far; ``candidate``, those that held longest in this pass. A matrix that is not needed has no
    rows. ``numbers`` (N_NUMBERS, K) holds a problem's single numbers in the rows named below; ``room`` is work space
    for the scores of a row.
    """

    weights: Array
    pulled: Array
    sums: Array
    pocket: Array
    candidate: Array
    numbers: Array
    room: Array


CLASS, POSITIVE, NEGATIVE = 0, 1, 2
"""The label that counts as +1, and the weights of the rows with and without it."""
BIAS, SCALE, SQUARE, MAGNITUDE, PULL = 3, 4, 5, 6, 7
"""The bias; s; ‖w‖² and ‖w‖₁ as the stopping rule uses them; the L1 penalty that each weight should have had."""
BIAS_SUM, STEPS, COUNT = 8, 9, 10
"""Averages: minus each change of the bias times the rows before it; summed scales of the rows seen; their number."""
BEST, STALE, SEPARATED = 11, 12, 13
"""The lowest objective of a pass; passes without a lower one; 1 once a pass over all rows was right."""
POCKET_BIAS, POCKET_WRONG, CANDIDATE_BIAS, LONGEST, RUN, IS_NEW, CHANGED, WRONG = 14, 15, 16, 17, 18, 19, 20, 21
"""The pocket's bias, and the weight of the rows it gets wrong; the candidate's bias and run; the run of right answers
now; whether there is a candidate; whether the weights have not been a candidate yet; room to count wrong rows."""
N_NUMBERS = 22

AHEAD = 4
"""Number of rows scored ahead for a single problem: four sums side by side take little longer than one."""


IN_ORDER, SHUFFLED, DRAWN = 0, 1, 2
"""Codes of the orders: rows in turn, in a new permutation each pass, drawn at random with replacement."""
LOSS, OBJECTIVE, MISTAKES = 0, 1, 2
"""Sums over a pass for each problem: losses, losses with penalty, updates made."""
OVERFLOW = -1
"""Returned by `run`, minus the passes before, when weights have become NaN or infinite."""


class PassBlock(NamedTuple):
    """The passes of one call: the order of the rows and its seed, passes done before, passes to run, when to stop."""

    order: int
    seed: int
    first: int
    n_passes: int
    tolerance: float
    patience: int
    until_separated: bool
