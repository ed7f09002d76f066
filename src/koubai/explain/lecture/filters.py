"""A kernel that nobody designed (slide 48): from pictures and answers alone, descent finds what an edge looks like."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from koubai.core.activations import get_activation
from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.formulas.tree import Number, Symbol, add
from koubai.core.layers.convolution import Convolution
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.protocol import Rows
from koubai.engines.reference import ReferenceEngine
from koubai.explain.derivations import Derivation, Grid, Grids, Section, Step, Table, Text, say, step_id

SIZE, KERNEL = 8, 3
DESIGNED = np.array([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])
"""Sobel's operator for upright edges: what a person would design. Only its answers are shown to the network."""
PICTURES = 24
LEARNING_RATE = 0.02
SHOWN = (0, 5, 50, 500)
"""Updates after which the kernel is shown."""
SEED = 48


def filters(shown: Sequence[int] = SHOWN) -> Derivation:
    """Explain how a convolution finds its kernel: window, map, and the kernel in the course of steepest descent.

    Parameters
    ----------
    shown : sequence of int
        Numbers of updates after which the kernel is shown, in order.

    Raises
    ------
    ParameterError
        If they are not in order, or there are more than 5000 updates.
    """
    steps = list(shown)
    if not steps or steps != sorted({*steps}) or not 0 <= steps[0] <= steps[-1] <= 5000:
        raise ParameterError(
            f"explain: shown must be numbers of updates in order, in 0 … 5000; got {steps}. Try 0, 50."
        )
    network, images, targets = _setting()
    kernels, losses = learned(network, images, targets, steps)
    titles = (say("explain.filters.after", count=count) for count in steps)
    rows = tuple((Number(Fraction(count)), Number(loss)) for count, loss in zip(steps, losses, strict=True))
    found = Grids(
        say("explain.filters.course"),
        (
            *(_grid(title, kernel) for title, kernel in zip(titles, kernels, strict=True)),
            _grid(say("explain.filters.designed"), DESIGNED),
        ),
    )
    sections = (
        Section(say("explain.filters.window"), (say("explain.filters.about"), _one_number(images[0], targets[0]))),
        Section(
            say("explain.filters.learning"),
            (
                say("explain.filters.task", count=PICTURES, rate=str(LEARNING_RATE)),
                Table((say("explain.filters.updates"), say("explain.filters.loss")), rows),
                _last(network, kernels[-1], found),
                say("explain.filters.nobody"),
            ),
        ),
    )
    return Derivation(say("explain.filters.title"), sections)


def learned(network: Network, images: Array, targets: Array, shown: Sequence[int]) -> tuple[list[Array], list[float]]:
    """Return the kernel, and the mean loss, after each of these numbers of updates from a random start."""
    engine, rows = ReferenceEngine(), Rows(images, targets)
    theta = np.random.default_rng(SEED).normal(0, 0.3, network.n_parameters)
    kernels, losses = [], []
    for update in range(shown[-1] + 1):
        loss, gradient = engine.loss_and_gradient(network, theta, rows, Penalty())
        if update in shown:
            kernels.append(network.block(theta, 0, "weights")[:, :, 0, 0].copy())
            losses.append(loss)
        theta = theta - LEARNING_RATE * gradient
    return kernels, losses


def _setting() -> tuple[Network, Array, Array]:
    """Return a network of one kernel, pictures of bright rectangles, and the answers of the designed kernel."""
    layer = Convolution((SIZE, SIZE, 1), 1, (KERNEL, KERNEL), activation=get_activation("identity"), bias=False)
    network = Network((layer,), get_loss("half_squared_error"))
    rng = np.random.default_rng(SEED)
    images = np.zeros((PICTURES, SIZE, SIZE))
    for image in images:
        top, left = rng.integers(0, SIZE - 3, 2)
        height, width = rng.integers(2, 6, 2)
        image[top : top + height, left : left + width] = 1.0
    flat = images.reshape(PICTURES, -1)
    return network, flat, ReferenceEngine().forward(network, DESIGNED.ravel(), flat)


def _one_number(image: Array, answers: Array) -> Step:
    """Return the number of the map that is largest, as the sum over its window."""
    picture, answer = image.reshape(SIZE, SIZE), answers.reshape(SIZE - KERNEL + 1, -1)
    row, column = (int(at) for at in np.unravel_index(np.abs(answer).argmax(), answer.shape))
    window = picture[row : row + KERNEL, column : column + KERNEL]
    terms = [
        Number(Fraction(int(w))) * Number(Fraction(int(z))) for w, z in zip(DESIGNED.flat, window.flat, strict=True)
    ]
    grids = (
        Grid(say("explain.filters.picture"), _rows(picture), (row, column, KERNEL, KERNEL)),
        _grid(say("explain.filters.kernel"), DESIGNED),
        Grid(say("explain.filters.map"), _rows(answer), None, (row, column)),
    )
    return Step(
        step_id("u", row + 1, column + 1),
        say("explain.filters.sum"),
        Symbol("u", (row + 1, column + 1)),
        add(*(term for term, z in zip(terms, window.flat, strict=True) if z)),
        Number(Fraction(int(answer[row, column]))),
        pictures=(Grids(say("explain.filters.slides"), grids, ("∗", "=")),),
    )


def _last(network: Network, kernel: Array, found: Grids) -> Step:
    """Return how far the learned kernel is from the designed one, with the pictures of its course."""
    distance = float(np.abs(kernel - DESIGNED).max())
    return Step(
        step_id("d"),
        say("explain.filters.distance"),
        Symbol("d"),
        Number(distance),
        Number(distance),
        notes=(say("explain.filters.weights", count=network.n_parameters, dense=SIZE**2 * (SIZE - KERNEL + 1) ** 2),),
        pictures=(found,),
    )


def _grid(title: Text, numbers: Array) -> Grid:
    return Grid(title, _rows(numbers))


def _rows(numbers: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in numbers)
