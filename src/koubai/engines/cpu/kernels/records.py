"""The plain records that kernels pass on: groups of arrays and numbers with names."""

from typing import Any, NamedTuple

Array = Any


class Net(NamedTuple):
    """A network as data.

    ``shape`` (n_layers, N_COLUMNS) holds for each layer the columns below; ``numbers`` (n_layers, 1 + n) its dropout
    rate and its activation's parameters, the rest of the row being 0; ``loss_parameters`` those of the loss, likewise.
    """

    shape: Array
    numbers: Array
    loss: int
    loss_parameters: Array


N_COLUMNS = 10
KIND, N_IN, N_OUT, WEIGHTS, ROWS, COLUMNS, BIASES, N_BIASES, ACTIVATION, AT_ONCE = range(N_COLUMNS)
"""Columns of ``Net.shape``.

They are: which kind of layer; sources; nodes; where its weights begin in θ, and rows and columns of the matrix as which
threads divide them; where its biases begin, and how many there are; which activation; whether plain descent updates its
weights without a gradient between.
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
    """The optimizer's number and hyperparameters (n,), the penalty, and the longest gradient (0: any)."""

    optimizer: int
    hyperparameters: Array
    l1: float
    l2: float
    per_row: bool
    max_norm: float


class Team(NamedTuple):
    """One of ``size`` threads at work on the same batch: its rank, and what they share."""

    rank: int
    size: int
    arrivals: Array
    partial: Array
    norms: Array


class Course(NamedTuple):
    """The course of a run: α of each update (n_epochs, steps), the rows' order, and where the counts begin."""

    rates: Array
    order: Array
    batch_size: int
    shuffled: bool
    first_step: int
    first_epoch: int
    has_dropout: bool
