"""The interface of an engine, and the records exchanged between it and the training loop."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from koubai.core.arrays import Array
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.optimizers.groups import Factors
from koubai.optimizers.protocol import Optimizer

Inputs: TypeAlias = Array | csr_array
"""Rows of features: a dense C-ordered array (n, n_features), or CSR of the same shape."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Training rows: inputs x (n, n_features), targets y (n, n_outputs), and weights (n,) or None for all ones.

    All are of θ's dtype; dense arrays are C-ordered.
    """

    inputs: Inputs
    targets: Array
    weights: Array | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.targets.shape[0])


@dataclass(frozen=True, slots=True)
class Share(Rows):
    """Rows divided among the processes that train together; the arrays hold this process's share.

    Parameters
    ----------
    places : (n_own,)
        Which of all rows this process holds, in the order of its arrays.
    counts : tuple of int
        How many rows each process has, by rank.
    """

    places: Array = field(default_factory=lambda: np.empty(0, np.int64))
    counts: tuple[int, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of rows of all processes."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything about a training run that stays the same from epoch to epoch.

    Parameters
    ----------
    network, optimizer, penalty
        What is trained, the rule and the penalty.
    batch_size : int
        Rows per update, >= 1; the last batch of an epoch may be smaller.
    shuffle : bool
        Whether to reshuffle the rows in each epoch, ``permutation(derive_key(seed, SHUFFLE, epoch), n)``.
    seed : int
        Seed of shuffles and dropout masks.
    clip_norm : float
        Maximum Euclidean norm of a gradient; larger ones are clipped. 0 disables clipping.
    factors : Factors
        Factors on learning rate and weight decay by group of parameters.
    """

    network: Network
    optimizer: Optimizer
    penalty: Penalty = field(default_factory=Penalty)
    batch_size: int = 32
    shuffle: bool = True
    seed: int = 0
    clip_norm: float = 0.0
    factors: Factors = field(default_factory=Factors)

    def steps_per_epoch(self, n_rows: int) -> int:
        """Return ⌈n_rows / batch_size⌉."""
        return -(-n_rows // self.batch_size)


@dataclass(frozen=True, slots=True)
class Shares:
    """The share of weight decay λ and of the dropout probabilities that remains in each update.

    Parameters
    ----------
    decay, dropout : (n_epochs, steps_per_epoch) or None
        Factors, those of dropout in [0, 1]; None for 1 throughout.
    """

    decay: npt.NDArray[np.float64] | None = None
    dropout: npt.NDArray[np.float64] | None = None

    def of(self, epoch: int, step: int) -> tuple[float, float]:
        """Return both factors of an update."""
        decay, dropout = (1.0 if given is None else float(given[epoch, step]) for given in (self.decay, self.dropout))
        return decay, dropout


WHOLE = Shares()
"""Full weight decay and dropout throughout."""


@dataclass
class State:
    """The state of a training run: θ, the optimizer's slots, and the numbers of updates and finished epochs.

    Where an epoch's rows come in several parts, each part counts as an epoch here.

    Engines modify it in place. Together with `Plan`, θ and the slots determine everything that follows.
    """

    theta: Array
    slots: Array
    step: int = 0
    epoch: int = 0

    def copy(self) -> "State":
        """Return an independent copy."""
        return State(self.theta.copy(), self.slots.copy(), self.step, self.epoch)


@dataclass
class Patience:
    """The rule that ends training when the epoch's loss stops falling, as scikit-learn counts it.

    An epoch whose loss is above ``best - tolerance`` adds one to ``count``, any other sets it to 0; training stops once
    ``count`` exceeds ``limit``. The engine applies it after every epoch and updates ``best`` and ``count``.
    """

    tolerance: float
    limit: float
    best: float = np.inf
    count: int = 0

    def observe(self, loss: float) -> bool:
        """Process the loss of one epoch; return whether training should stop."""
        self.count = self.count + 1 if loss > self.best - self.tolerance else 0
        self.best = min(self.best, loss)
        return self.count > self.limit


@dataclass
class Population:
    """Many networks of one shape in training: one row of ``thetas`` per network.

    Attributes
    ----------
    thetas : (n_networks, n_parameters)
        θ of each network, which engines modify in place.
    optimizers : one per network
        The rule of each; otherwise all follow one `Plan`.
    seeds : (n_networks,)
        Seeds of shuffles and dropout masks.
    learning_rates : (n_networks,)
        Factors for the rates of the run.
    """

    thetas: Array
    optimizers: Sequence[Optimizer]
    seeds: npt.NDArray[np.uint64]
    learning_rates: npt.NDArray[np.float64]


class Engine(Protocol):
    """Runs a network's equations over data."""

    name: str

    def forward(self, network: Network, theta: Array, inputs: Inputs) -> Array:
        """Return the outputs z^(L), (n, n_outputs)."""
        ...

    def loss_and_gradient(self, network: Network, theta: Array, rows: Rows, penalty: Penalty) -> tuple[float, Array]:
        """Return the weighted mean loss plus penalty over all rows, and its gradient (n_parameters,); no dropout."""
        ...

    def run(
        self,
        plan: Plan,
        state: State,
        rows: Rows,
        learning_rates: npt.NDArray[np.float64],
        patience: Patience | None = None,
        shares: Shares = WHOLE,
    ) -> npt.NDArray[np.float64]:
        """Train whole epochs, modifying ``state`` in place, and return each epoch's loss.

        Parameters
        ----------
        learning_rates : (n_epochs, steps_per_epoch)
            α of every update; its shape determines the number of epochs.
        patience : Patience, optional
            Early stopping; without it, or below its limit, all epochs run.
        shares : Shares
            The share of weight decay and dropout that remains in each update.

        Returns
        -------
        losses : (n_epochs_run,)
            Mean over the epoch's rows of (batch loss + penalty), each batch at the θ before its update.
            An epoch whose loss is not finite ends the run and is the last of them.
        """
        ...


class Together(Protocol):
    """Several processes that train one network; an engine that takes part holds this as ``together``."""

    @property
    def writes(self) -> bool:
        """Whether this process writes files, and shows what happens."""
        ...

    @property
    def rank(self) -> int:
        """The rank of this process, from 0."""
        ...

    @property
    def size(self) -> int:
        """How many processes there are."""
        ...

    def wait(self) -> None:
        """Wait until all processes have arrived, however long that takes, unless one is lost."""
        ...

    def exchange(self, content: bytes) -> list[bytes]:
        """Return what each process contributed, by rank."""
        ...

    def leave(self) -> None:
        """Stop monitoring the other processes: all are about to end, for a reason known to all."""
        ...

    def agree(self, n_epochs: int, stop: bool) -> tuple[int, bool]:
        """Return how many epochs all processes run before they check again, and whether any of them stops here."""
        ...

    def same(self, value: float) -> float:
        """Return one number for all processes, each of which has computed its own."""
        ...


class PopulationEngine(Engine, Protocol):
    """An engine that also trains many networks of one shape at once."""

    def run_population(
        self,
        plan: Plan,
        population: Population,
        rows: Rows,
        rates: npt.NDArray[np.float64],
        patience: Patience | None = None,
        shares: Shares = WHOLE,
    ) -> npt.NDArray[np.float64]:
        """Train every network of the population from the start, each with its own patience.

        Each ends with the same θ as from ``run``. ``plan.optimizer`` and ``plan.seed`` are replaced by the
        population's.

        Parameters
        ----------
        rates : (n_epochs, steps_per_epoch)
            α of every update, to be multiplied with each network's own.
        shares : Shares
            As for ``run``.

        Returns
        -------
        losses : (n_networks, n_epochs)
            As ``run`` returns them; NaN for epochs a network did not run.
        """
        ...
