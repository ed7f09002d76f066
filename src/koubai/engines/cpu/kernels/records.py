"""The plain records that kernels pass on: groups of arrays and numbers with names."""

from typing import Any, NamedTuple

Array = Any


class Net(NamedTuple):
    """A network as data.

    ``shape`` (n_layers, N_COLUMNS) holds the columns below for each layer; ``numbers`` (n_layers, 1 + n) its dropout
    rate and its activation's parameters, padded with 0; ``lists`` (n,) further whole numbers that some kinds of layer
    need; ``loss`` the code of the loss and ``loss_parameters`` its parameters. ``parts`` (n_parts, N_PART_COLUMNS)
    holds the part columns below for each block of parameters, in the order of θ.
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

They are: the kind's code; numbers of sources and nodes; where the weights begin in θ, and the rows and columns of the
matrix by which threads divide them; where the biases begin, and their number; the activation's code; whether plain
descent updates the weights without storing a gradient; the code of the activation within it, if any; where its part of
``Net.lists`` begins.
"""
N_PART_COLUMNS = 5
START, LINES, WIDTH, PENALIZED, DESCENDS = range(N_PART_COLUMNS)
"""Columns of ``Net.parts``.

They are: where the block begins in θ; its rows, which threads divide, and their length; whether penalties act on it;
whether plain descent updates it without storing a gradient.
"""
N_MAP_NUMBERS = 12
MAP_HEIGHT, MAP_WIDTH, CHANNELS, HIGH, WIDE, DOWN, ACROSS, TOP, LEFT, OUT_HEIGHT, OUT_WIDTH, LINES_AT_ONCE = range(
    N_MAP_NUMBERS
)
"""Places in ``Net.lists``, from LIST on, of the numbers of a layer that reads a map.

They are: the map's height, width and channels; height and width of a window; strides; padding above and to the left;
the number of windows, vertically and horizontally; and the number of lines of windows, those of one row of the output,
that are copied at a time.
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

    A team shares them, except ``copy``, each thread's own space for columns of a product's factor.
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


class UpdateRule(NamedTuple):
    """How a batch's gradient updates θ: the optimizer's code and hyperparameters (n,), the penalty, gradient clipping.

    ``max_norm`` is the largest norm that a gradient may have, 0 for any. ``factors`` (n_parts, 2) are those of each
    block on α and on weight decay; ``even`` says that all are 1.
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
    """Dropout of one update: the key of its masks, 0 for none, and the share of each layer's rate that applies."""

    key: int
    share: float


class Team(NamedTuple):
    """One of ``size`` threads at work on the same batch: its rank, and what they share."""

    rank: int
    size: int
    arrivals: Array
    partial: Array
    norms: Array


class Epochs(NamedTuple):
    """The epochs of a call: α of each update (n_epochs, steps), the order of the rows, and where counting starts.

    ``decays`` and ``dropouts`` are the share of weight decay and of dropout left in each update, or (0, 0) for all of
    it.
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


class Networks(NamedTuple):
    """Networks of one shape that are trained side by side, one a row: what each has of its own, and what comes of it.

    ``optimizers`` (n,) are codes, ``hyperparameters`` (n, n_hyperparameters); ``seeds`` (n,) of shuffles and dropout;
    ``scales`` (n,) factors on α; ``thetas`` (n, n_parameters); ``slots`` (n, n_slots, n_parameters); ``patiences``
    (n, 4) tolerance, limit, best loss and count (see `koubai.engines.protocol.Patience`). Training fills ``losses``
    (n, n_epochs), NaN for epochs that did not run, and ``ran`` (n,), the number of those that did. ``taken`` (1,)
    counts the networks that some thread has begun.
    """

    optimizers: Array
    hyperparameters: Array
    seeds: Array
    scales: Array
    thetas: Array
    slots: Array
    patiences: Array
    losses: Array
    ran: Array
    taken: Array
