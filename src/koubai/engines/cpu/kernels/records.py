"""The plain records that kernels pass on: groups of arrays and numbers with names."""

from typing import Any, NamedTuple

Array = Any


class Net(NamedTuple):
    """A network as data.

    ``shape`` (n_layers, N_COLUMNS) holds for each layer the columns below; ``numbers`` (n_layers, 1 + n) its dropout
    rate and its activation's parameters, the rest of the row being 0; ``lists`` (n,) whole numbers that a kind of layer
    needs besides; ``loss_parameters`` those of the loss. ``parts`` (n_parts, N_PART_COLUMNS) holds for each block of
    parameters, in their order in θ, the columns further below.
    """

    shape: Array
    numbers: Array
    lists: Array
    loss: int
    loss_parameters: Array
    parts: Array


N_COLUMNS = 12
KIND, N_IN, N_OUT, WEIGHTS, ROWS, COLUMNS, BIASES, N_BIASES, ACTIVATION, AT_ONCE, INNER, LIST = range(N_COLUMNS)
"""Columns of ``Net.shape``.

They are: which kind of layer; sources; nodes; where its weights begin in θ, and rows and columns of the matrix as which
threads divide them; where its biases begin, and how many there are; which activation; whether plain descent updates its
weights without a gradient between; which activation it has within, if any; where its part of ``Net.lists`` begins.
"""
N_PART_COLUMNS = 5
START, LINES, WIDTH, PENALIZED, DESCENDS = range(N_PART_COLUMNS)
"""Columns of ``Net.parts``.

They are: where the block begins in θ; its rows, which threads divide, and their length; whether penalties act on it;
whether plain descent updates it without a gradient between.
"""
N_MAP_NUMBERS = 12
MAP_HEIGHT, MAP_WIDTH, CHANNELS, HIGH, WIDE, DOWN, ACROSS, TOP, LEFT, OUT_HEIGHT, OUT_WIDTH, LINES_AT_ONCE = range(
    N_MAP_NUMBERS
)
"""Places in ``Net.lists``, from LIST on, of what a layer that reads a map needs.

They are: the map's height, width and channels; height and width of a window; strides; padding above and to the left;
how many windows there are, vertically and horizontally; and how many lines of windows, the windows of one row of the
output each, are copied at a time.
"""
DROPOUT_RATE, PARAMETERS = 0, 1
"""Columns of ``Net.numbers``: the rate, and where the parameters begin."""


class Data(NamedTuple):
    """Rows: inputs, dense (n · n_features,) or CSR; targets (n · n_outputs,); weights (n,), or (0,) for all ones."""

    n_rows: int
    dense: Array
    data: Array
    indices: Array
    starts: Array
    targets: Array
    weights: Array


class Room(NamedTuple):
    """Work arrays for ``n_rows`` rows at a time, flat; layer l's numbers begin at ``starts[l]``.

    A team shares them, but for ``copy``, room for columns of a product's factor, which is a thread's own.
    """

    n_rows: int
    starts: Array
    x: Array
    y: Array
    share: Array
    u: Array
    z: Array
    delta: Array
    copy: Array


class Rule(NamedTuple):
    """The optimizer's number and hyperparameters (n,), the penalty, and the longest gradient (0: any).

    ``factors`` (n_parts, 2) are each block's on α and on weight decay; ``even`` says that all are 1.
    """

    optimizer: int
    hyperparameters: Array
    l1: float
    l2: float
    per_row: bool
    max_norm: float
    factors: Array
    even: bool


class Masks(NamedTuple):
    """Dropout of one update: the key of its masks, 0 for none, and what is left of each layer's rate."""

    key: int
    share: float


class Team(NamedTuple):
    """One of ``size`` threads at work on the same batch: its rank, and what they share."""

    rank: int
    size: int
    arrivals: Array
    partial: Array
    norms: Array


class Course(NamedTuple):
    """The course of a run: α of each update (n_epochs, steps), the rows' order, and where the counts begin.

    ``decays`` and ``dropouts`` are what is left of weight decay and dropout in each update, or (0, 0) for all.
    """

    rates: Array
    decays: Array
    dropouts: Array
    order: Array
    batch_size: int
    shuffled: bool
    first_step: int
    first_epoch: int
    has_dropout: bool
