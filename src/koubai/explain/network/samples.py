"""Small ready-made networks with rows, for users without a model at hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.formulas.tree import Number
from koubai.core.formulas.values import Notation
from koubai.core.language import worded
from koubai.core.losses import LOSSES, get_loss
from koubai.core.network import Network
from koubai.engines.reference import trace_forward
from koubai.explain.derivations import Derivation, Section, Step
from koubai.explain.network.naming import NAMELESS, Names

PLAYERS = 60
CORRELATION = np.array([[1, 0.2, 0.1, 0.5], [0.2, 1, -0.3, 0.5], [0.1, -0.3, 1, 0.4], [0.5, 0.5, 0.4, 1]])
"""Correlations of the players' figures: good hitters score runs, home-run hitters steal few bases."""
FEW_SOURCES = 10
"""Nodes with more sources get smaller weights."""
MOST_PARAMETERS = 1_000_000
"""Maximum number of weights and biases of a network made on the spot."""
ROWS = 8
"""Number of rows of a sample network."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A network with its parameters, and rows x (n, n_features) with targets y (n, n_outputs).

    ``prepared`` tells how a row, counted from 0, came from the cells of a table.
    """

    network: Network
    theta: Array
    inputs: Array
    targets: Array
    names: Names = NAMELESS
    prepared: Callable[[int], Section] | None = None

    def before(self, page: Derivation, row: int) -> Derivation:
        """Return a row's derivation, counted from 0, beginning with how the row was prepared."""
        if self.prepared is None:
            return page
        section = self.prepared(row)
        steps = (block for block in section.blocks if isinstance(block, Step))
        cells = [part.value for step in steps for part in step.numbers.walk() if isinstance(part, Number)]
        as_cells = replace(page.notation, fractions=page.notation.fractions and Notation.of(cells).fractions)
        return replace(page, sections=(section, *page.sections), notation=as_cells)


def ready_made() -> Sample:
    """Return a 2-2-1 network of small fractions, ReLU and identity, with half the squared error."""
    network = Network.dense((2, 2, 1), hidden="relu", output="identity")
    weights = [np.array([[0.5, -1.0], [1.0, 0.5]]), np.array([[1.0], [-2.0]])]
    theta = network.pack(weights, [np.array([0.0, 0.5]), np.array([0.5])])
    inputs = np.array([[1.0, 2.0], [0.0, 1.0], [2.0, -1.0], [1.0, 0.5]])
    return Sample(network, theta, inputs, np.array([[1.0], [1.0], [0.5], [0.0]]))


PLAYER = ("batting average", "home runs", "stolen bases", "runs")


def players() -> Sample:
    """Return the lecture's example of meaningful hidden nodes, baseball players (slides 46-47).

    The inputs are four standardised figures of a season, the output is whether the player succeeds; the weights are
    chosen so that the hidden nodes represent power, speed and skill. The players are random.
    """
    network = Network.dense((4, 3, 1), hidden="sigmoid", output="sigmoid", loss="binary_cross_entropy")
    first = np.array([[0.2, 0.1, 2.5], [2.8, -0.3, 0.1], [-0.2, 2.6, 0.2], [0.8, 0.9, 0.7]])
    theta = network.pack([first, np.array([[2.2], [1.6], [2.4]])], [np.zeros(3), np.array([-3.4])])
    rng = np.random.default_rng(0)
    inputs = (rng.normal(size=(PLAYERS, 4)) @ np.linalg.cholesky(CORRELATION).T).round(1)
    targets = (trace_forward(network, theta, inputs).outputs > rng.uniform(size=(PLAYERS, 1))).astype(np.float64)
    return Sample(network, theta, inputs, targets, Names(PLAYER, ("bench", "success")))


def made(
    sizes: Sequence[int], hidden: str = "sigmoid", output: str | None = None, loss: str | None = None, seed: int = 0
) -> Sample:
    """Return a network of given sizes with random weights and rows of one decimal place.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden nodes, outputs.
    hidden : str
        Activation of the hidden layers.
    output, loss : str, optional
        By default softmax with cross-entropy for several outputs, the sigmoid with binary cross-entropy for one.
    seed : int
        Seed of the random numbers.

    Raises
    ------
    ParameterError
        If the sizes do not describe a network, or one that is too large, activation and loss do not match, or the seed
        is negative.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ParameterError(worded("explain.error.sizes_positive", got="-".join(map(str, sizes))))
    count = sum(n_in * n_out + n_out for n_in, n_out in pairwise(sizes))
    if count > MOST_PARAMETERS:
        raise ParameterError(worded("explain.error.sizes_most", most=f"{MOST_PARAMETERS:,}", got=f"{count:,}"))
    if seed < 0:
        raise ParameterError(worded("explain.error.seed", got=seed))
    if output is None:
        usual = "softmax" if sizes[-1] > 1 else "sigmoid"
        output = usual if loss is None else get_loss(loss).output
    if loss is None:
        of_shares = (name for name, kind in LOSSES.items() if kind.output == output and kind.upper == 1)
        loss = next(of_shares, "half_squared_error")
    network = Network.dense(sizes, hidden=hidden, output=output, loss=loss)
    rng = np.random.default_rng(seed)
    theta = rng.integers(-10, 11, network.n_parameters) / 10
    for index, layer in enumerate(network.layers):
        if layer.n_in > FEW_SOURCES:  # otherwise their sum would saturate every sigmoid
            weights = network.weights(theta, index)
            weights[:] = (weights * np.sqrt(FEW_SOURCES / layer.n_in)).round(3)
    inputs = rng.integers(-10, 11, (ROWS, sizes[0])) / 10
    return Sample(network, theta.astype(np.float64), inputs, _targets(network, rng))


def _targets(network: Network, rng: np.random.Generator) -> Array:
    """Return targets suited to the network's loss."""
    n, loss = network.n_outputs, network.loss
    if loss.signed:
        return rng.choice([-1.0, 1.0], (ROWS, n))
    if loss.output == "softmax":
        return np.eye(n)[rng.integers(0, n, ROWS)]
    if loss.lowest_target == 0:  # yes or no, or counts
        return rng.integers(0, 2 if loss.highest_target == 1 else 4, (ROWS, n)).astype(np.float64)
    return rng.integers(-10, 11, (ROWS, n)) / 10
