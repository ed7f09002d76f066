"""The compiled engine's interface for training: converts records, calls kernels, and updates the state."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.cpu.entries import lend_blas, mean_gradient, run_networks
from koubai.engines.cpu.kernels.records import Epochs, Networks, Room, Team
from koubai.engines.cpu.layout import (
    data_record,
    input_arrays,
    lent,
    net_record,
    optimizer_numbers,
    predicts_by_blas,
    rows_to_predict,
    rows_to_train,
    rule_record,
)
from koubai.engines.cpu.prediction import predictor
from koubai.engines.cpu.rooms import make_room
from koubai.engines.cpu.threads import available_threads, gradients_for, run_team, threads_for
from koubai.engines.protocol import WHOLE, Inputs, Patience, Plan, Population, Rows, Shares, State


class CPUEngine:
    """Runs whole epochs in compiled code.

    Parameters
    ----------
    n_threads : int, optional
        Number of threads that share each batch; by default as many as the batch warrants, limited by the processors and
        OMP_NUM_THREADS. With one thread, results are identical to the last bit in every run; other numbers agree to
        rounding.
    most_threads : int, optional
        Maximum number of threads when determined by the batch, or when each thread trains one network.
    """

    name = "cpu"

    def __init__(self, n_threads: int | None = None, most_threads: int | None = None) -> None:
        self.n_threads = n_threads
        self.most_threads = most_threads

    @property
    def networks_at_once(self) -> int:
        """How many networks of a population train at once, each on its own thread."""
        return self.n_threads or self.most_threads or available_threads()

    def _team(self, network: Network, n_rows: int, passes: int, n_batches: int = 1) -> int:
        """Return the number of threads that share each batch of this size."""
        team = threads_for(network, n_rows, passes, self.n_threads, n_batches)
        return team if self.most_threads is None else min(team, self.most_threads)

    def forward(self, network: Network, theta: Array, inputs: Inputs) -> Array:
        """Return the outputs z^(L), (n, n_outputs)."""
        n, n_outputs, theta = inputs.shape[0], network.n_outputs, lent(theta, theta.dtype)
        out = np.empty(n * n_outputs, theta.dtype)
        own = predictor(network, theta.dtype, rows_to_predict(network, n, theta.itemsize))
        arrays = input_arrays(inputs, theta.dtype)
        team = self._team(network, n, 1)

        def work(rank: int) -> None:
            first, stop = n * rank // team, n * (rank + 1) // team
            own.run(theta, arrays, out, first, stop)

        if team == 1 and not predicts_by_blas(network, n, theta.itemsize):
            work(0)  # a single row takes less time than limiting BLAS's threads
        else:
            lend_blas()
            run_team(work, team)
        return out.reshape(n, n_outputs)

    def loss_and_gradient(self, network: Network, theta: Array, rows: Rows, penalty: Penalty) -> tuple[float, Array]:
        """Return the weighted mean loss plus penalty over all rows, and its gradient (n_parameters,)."""
        data, theta = (
            data_record(rows.inputs, network.loss.smoothed(rows.targets), rows.weights, theta.dtype),
            lent(theta, theta.dtype),
        )
        total = float(data.weights.sum(dtype=np.float64)) if data.weights.size else float(rows.n_rows)
        gradients = np.empty((1, theta.size), theta.dtype)
        net, order = net_record(network, theta.dtype), np.arange(rows.n_rows)
        n_threads = self._team(network, rows.n_rows, 3)
        shared = Shared.of(n_threads)
        room = make_room(net, rows_to_train(network, rows.n_rows, theta.itemsize, n_threads))
        rooms = own_rooms(room, n_threads)

        def work(rank: int) -> None:
            team, own = shared.team(rank), rooms[rank]
            shared.partial[rank] = mean_gradient(net, theta, data, order, total, own, team, gradients)

        run_team(work, n_threads)
        loss = float(shared.partial.sum())
        loss += penalty.value(network, theta, total)
        return loss, gradients[0] + penalty.gradient(network, theta, total)

    def run(
        self,
        plan: Plan,
        state: State,
        rows: Rows,
        learning_rates: npt.NDArray[np.float64],
        patience: Patience | None = None,
        shares: Shares = WHOLE,
    ) -> npt.NDArray[np.float64]:
        """Train whole epochs, modifying ``state`` in place; see `koubai.engines.protocol.Engine.run`."""
        batch = min(plan.batch_size, rows.n_rows)
        team = self._team(plan.network, batch, 3, learning_rates.size)
        population = Population(state.theta[np.newaxis], [plan.optimizer], np.array([plan.seed], np.uint64), np.ones(1))
        waiting = patience_record(patience)[np.newaxis]
        losses, ran = self._train(
            plan,
            population,
            state.slots[np.newaxis],
            rows,
            epochs_record(plan, state, rows.n_rows, learning_rates, shares),
            waiting,
            team,
        )
        n_epochs = int(ran[0])
        state.step += n_epochs * learning_rates.shape[1]
        state.epoch += n_epochs
        if patience is not None:
            patience.best, patience.count = float(waiting[0, 2]), int(waiting[0, 3])
        return losses[0, :n_epochs]

    def run_population(
        self,
        plan: Plan,
        population: Population,
        rows: Rows,
        rates: npt.NDArray[np.float64],
        patience: Patience | None = None,
        shares: Shares = WHOLE,
    ) -> npt.NDArray[np.float64]:
        """Train every network of a population; see `koubai.engines.protocol.PopulationEngine.run_population`."""
        thetas = population.thetas
        n_slots = max(optimizer.n_slots for optimizer in population.optimizers)
        slots = np.zeros((len(thetas), n_slots, thetas.shape[1]), thetas.dtype)
        epochs = epochs_record(plan, State(thetas[0], slots[0]), rows.n_rows, rates, shares)
        patiences = np.tile(patience_record(patience), (len(thetas), 1))
        losses, _ = self._train(plan, population, slots, rows, epochs, patiences, 1)
        return losses

    def _train(
        self,
        plan: Plan,
        population: Population,
        slots: Array,
        rows: Rows,
        epochs: Epochs,
        patiences: npt.NDArray[np.float64],
        team: int,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Train a population; return losses (n_networks, n_epochs) and epochs run (n_networks,).

        A ``team`` of several threads works on each network together; with 1, each thread has its own network.
        """
        thetas = population.thetas
        n_networks, alone = len(thetas), team == 1
        n_threads = min(self.networks_at_once, n_networks) if alone else team
        networks = networks_record(population, slots, patiences, epochs.rates.shape[0])
        net, rule = net_record(plan.network, thetas.dtype), rule_record(plan)
        targets = plan.network.loss.smoothed(rows.targets)
        data = data_record(rows.inputs, targets, rows.weights, thetas.dtype)
        batch = min(plan.batch_size, rows.n_rows)
        chunk = rows_to_train(plan.network, batch, thetas.itemsize, team)
        n_gradients = gradients_for(plan.network, batch, team)

        def place() -> tuple[Epochs, list[Room], Array, Shared]:
            """Return the workspace of a thread or a team: an order of the rows, work arrays, gradients."""
            return (
                epochs._replace(order=epochs.order.copy()),
                own_rooms(make_room(net, chunk), team),
                np.empty((n_gradients, thetas.shape[1]), thetas.dtype),
                Shared.of(team),
            )

        def work(number: int) -> None:
            rank = 0 if alone else number
            own_epochs, rooms, gradients, shared = common or place()
            run_networks(net, rule, own_epochs, networks, data, shared.team(rank), rooms[rank], gradients)

        common = None if alone else place()
        run_team(work, n_threads)
        return networks.losses, networks.ran


@dataclass(frozen=True)
class Shared:
    """The shared data of a team of threads: arrivals at the barrier (1,), and a loss and a norm per thread."""

    arrivals: npt.NDArray[np.int64]
    partial: npt.NDArray[np.float64]
    norms: npt.NDArray[np.float64]

    @classmethod
    def of(cls, size: int) -> "Shared":
        """Return the shared data for a team of this size."""
        return cls(np.zeros(1, np.int64), np.empty(size), np.empty(size))

    def team(self, rank: int) -> Team:
        """Return the team as one of its threads sees it."""
        return Team(rank, len(self.partial), self.arrivals, self.partial, self.norms)


def own_rooms(room: Room, team: int) -> list[Room]:
    """Return a team's work arrays for each of its threads, with room of its own for a product's factor.

    They are allocated before the team starts: a thread that ran out of memory later would block the others forever.
    """
    return [room._replace(copy=np.empty_like(room.copy)) if rank else room for rank in range(team)]


THROUGHOUT = np.empty((0, 0))
"""Stands for a share of 1 of weight decay or dropout in every update."""


def patience_record(patience: Patience | None) -> npt.NDArray[np.float64]:
    """Return tolerance, limit, best loss and count as kernels read them; without patience, training never stops."""
    if patience is None:
        return np.array([0.0, np.inf, np.inf, 0.0])
    return np.array([patience.tolerance, patience.limit, patience.best, patience.count])


def epochs_record(
    plan: Plan, state: State, n_rows: int, learning_rates: npt.NDArray[np.float64], shares: Shares
) -> Epochs:
    """Return the epochs of a call in the form kernels read."""
    return Epochs(
        learning_rates,
        THROUGHOUT if shares.decay is None else shares.decay,
        THROUGHOUT if shares.dropout is None else shares.dropout,
        np.arange(n_rows),
        plan.batch_size,
        plan.shuffle,
        state.step,
        state.epoch,
        any(layer.dropout for layer in plan.network.layers),
    )


def networks_record(
    population: Population, slots: Array, patiences: npt.NDArray[np.float64], n_epochs: int
) -> Networks:
    """Return the networks of a population in the form kernels read, with room for the losses of ``n_epochs`` epochs."""
    n_networks, numbers = len(population.thetas), [optimizer_numbers(each) for each in population.optimizers]
    return Networks(
        optimizers=np.array([code for code, _ in numbers]),
        hyperparameters=np.array([hyperparameters for _, hyperparameters in numbers]),
        seeds=population.seeds,
        scales=population.learning_rates,
        thetas=population.thetas,
        slots=slots,
        patiences=patiences,
        losses=np.empty((n_networks, n_epochs)),
        ran=np.zeros(n_networks, np.int64),
        taken=np.zeros(1, np.int64),
    )
