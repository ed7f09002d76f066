"""The readable engine: NumPy, one equation per line, keeping every intermediate quantity.

All other engines are compared with this one. It computes in the dtype it is given; comparisons and explanations use
float64.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from koubai.core.arrays import Array
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.core.randomness import DROPOUT, SHUFFLE, derive_key, permutation, uniforms
from koubai.core.trace import ForwardTrace, StepTrace
from koubai.engines.protocol import WHOLE, Inputs, Patience, Plan, Population, Rows, Shares, State
from koubai.optimizers.clipping import clip_by_norm
from koubai.optimizers.groups import step_by_groups

Masks = tuple[Array | None, ...]


def trace_forward(network: Network, theta: Array, inputs: Inputs, masks: Masks | None = None) -> ForwardTrace:
    """Run the rows through the network, layer by layer (lecture slides 37-42): u = Wᵀ z + b where dense, z = φ(u).

    Parameters
    ----------
    network, theta
        The network and its parameters.
    inputs : (n, n_features), dense or CSR
        x.
    masks : one per layer, optional
        Dropout masks, which multiply each layer's activations.
    """
    masks = masks or (None,) * len(network.layers)
    z: Array = inputs.toarray() if isinstance(inputs, csr_array) else np.asarray(inputs)
    x, us, zs = z, [], []
    for (layer, blocks), mask in zip(network.parts(theta), masks, strict=True):
        u = layer.forward(blocks, z)
        z = layer.activation.value(u)
        us.append(u)
        zs.append(z)
        if mask is not None:
            z = z * mask
    return ForwardTrace(network, theta, x, tuple(us), tuple(zs), masks)


def trace_backward(forward: ForwardTrace, targets: Array) -> tuple[Array, ...]:
    """Return δ^(l) = ∂E/∂u^(l) of every row and layer, (n, n_out) each: one sweep from the output (slides 55-64).

    δ^(L) comes from the loss; below, δ^(l) = (∂E/∂z^(l)) φ'(u^(l)), ∂E/∂z^(l) being Σ_k δ_k^(l+1) w_k^(l+1) below a
    dense layer.
    """
    network, theta = forward.network, forward.theta
    last = len(network.layers) - 1
    u, z = forward.pre_activations[last], forward.activations[last]
    deltas = [network.loss.delta(network.layers[last].activation, u, z, targets)]
    for index in range(last - 1, -1, -1):
        u, z, mask = forward.pre_activations[index], forward.activations[index], forward.masks[index]
        above = network.blocks(theta, index + 1)
        g = network.layers[index + 1].to_sources(above, forward.sources(index + 1), deltas[0])
        if mask is not None:
            g = g * mask
        deltas.insert(0, network.layers[index].activation.pull_back(u, z, g))
    return tuple(deltas)


def gradient_of_mean(forward: ForwardTrace, deltas: tuple[Array, ...], row_weights: Array) -> Array:
    """Return ∂/∂θ of the weighted mean loss, (n_parameters,).

    For a dense layer, ∂E/∂w_ij^(l) = δ_i^(l) z_j^(l-1), averaged over the rows.
    """
    network = forward.network
    gradient = np.zeros_like(forward.theta)
    share = (row_weights / row_weights.sum())[:, np.newaxis]
    for index, (layer, own) in enumerate(network.parts(gradient)):
        blocks = network.blocks(forward.theta, index)
        for view, values in zip(
            own, layer.gradient(blocks, forward.sources(index), deltas[index] * share), strict=True
        ):
            view[:] = values
    return gradient


def dropout_masks(plan: Plan, step: int, n_rows: int, dtype: npt.DTypeLike, share: float = 1.0) -> Masks:
    """Return each layer's dropout mask in update ``step`` (counted from 0).

    Node j of row r is dropped if number r · n_out + j of the stream (seed, DROPOUT, step, layer) is below the rate,
    which is ``share`` of the layer's.
    """
    masks: list[Array | None] = []
    for index, layer in enumerate(plan.network.layers):
        rate = layer.dropout * share
        if rate == 0:
            masks.append(None)
            continue
        draws = uniforms(derive_key(plan.seed, DROPOUT, step, index), n_rows * layer.n_out)
        kept = (draws >= rate).reshape(n_rows, layer.n_out)
        masks.append((kept / (1 - rate)).astype(dtype))
    return tuple(masks)


def trace_step(
    plan: Plan,
    state: State,
    rows: Rows,
    learning_rate: float | None = None,
    dropout: bool = False,
    shares: tuple[float, float] = (1.0, 1.0),
) -> StepTrace:
    """Return everything about one update on these rows as one batch; the state is not modified.

    Parameters
    ----------
    plan, state, rows
        What is trained, its state, and the batch.
    learning_rate : float, optional
        α; without it no update is made and the trace ends with the gradient.
    dropout : bool
        Whether to apply this step's masks.
    shares : (float, float)
        What is left of weight decay and of dropout in this update.
    """
    network, theta = plan.network, state.theta
    n = rows.n_rows
    masks = dropout_masks(plan, state.step, n, theta.dtype, shares[1]) if dropout else None
    forward = trace_forward(network, theta, rows.inputs, masks)
    weights = np.ones(n, dtype=theta.dtype) if rows.weights is None else rows.weights
    total = float(weights.sum())
    row_losses = network.loss.rows(
        network.layers[-1].activation, forward.pre_activations[-1], forward.outputs, rows.targets
    )
    deltas = trace_backward(forward, rows.targets)
    data_gradient = gradient_of_mean(forward, deltas, weights)
    penalty_gradient = plan.penalty.gradient(network, theta, total)
    gradient = data_gradient + penalty_gradient
    if plan.clip_norm:
        gradient = clip_by_norm(gradient, plan.clip_norm)
    after = slots = None
    if learning_rate is not None:
        after, slots = step_by_groups(
            network,
            plan.factors,
            plan.optimizer,
            theta,
            gradient,
            state.slots,
            state.step + 1,
            learning_rate,
            shares[0],
        )
    return StepTrace(
        forward=forward,
        targets=rows.targets,
        row_weights=weights,
        row_losses=row_losses,
        data_loss=float((weights * row_losses).sum()) / total,
        penalty=plan.penalty.value(network, theta, total),
        deltas=deltas,
        data_gradient=data_gradient,
        penalty_gradient=penalty_gradient,
        gradient=gradient,
        theta_after=after,
        slots_before=None if learning_rate is None else state.slots,
        slots_after=slots,
        learning_rate=learning_rate,
        step=None if learning_rate is None else state.step + 1,
    )


def batches(plan: Plan, rows: Rows, epoch: int) -> Iterator[Rows]:
    """Yield the batches of an epoch (counted from 0) in the epoch's order."""
    n = rows.n_rows
    order = permutation(derive_key(plan.seed, SHUFFLE, epoch), n) if plan.shuffle else np.arange(n)
    for start in range(0, n, plan.batch_size):
        chosen = order[start : start + plan.batch_size]
        yield Rows(rows.inputs[chosen], rows.targets[chosen], None if rows.weights is None else rows.weights[chosen])


class ReferenceEngine:
    """Trains through `trace_step`, so that the code that trains is the readable code."""

    name = "reference"

    def forward(self, network: Network, theta: Array, inputs: Inputs) -> Array:
        """Return the outputs z^(L), (n, n_outputs)."""
        return trace_forward(network, theta, inputs).outputs

    def loss_and_gradient(self, network: Network, theta: Array, rows: Rows, penalty: Penalty) -> tuple[float, Array]:
        """Return the weighted mean loss plus penalty over all rows, and its gradient (n_parameters,)."""
        from koubai.optimizers.sgd import SGD

        plan = Plan(network, SGD(), penalty)
        trace = trace_step(plan, State(theta, np.empty((0, theta.size), theta.dtype)), rows)
        return trace.loss, trace.gradient

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
        losses: list[float] = []
        for epoch, rates in enumerate(learning_rates):
            total = 0.0
            for step, (batch, rate) in enumerate(zip(batches(plan, rows, state.epoch), rates, strict=True)):
                trace = trace_step(plan, state, batch, float(rate), dropout=True, shares=shares.of(epoch, step))
                assert trace.theta_after is not None
                assert trace.slots_after is not None
                state.theta, state.slots = trace.theta_after, trace.slots_after
                state.step += 1
                total += trace.loss * batch.n_rows
            state.epoch += 1
            losses.append(total / rows.n_rows)
            if not np.isfinite(losses[-1]) or (patience is not None and patience.observe(losses[-1])):
                break
        return np.array(losses)

    def run_population(
        self,
        plan: Plan,
        population: Population,
        rows: Rows,
        rates: npt.NDArray[np.float64],
        patience: Patience | None = None,
        shares: Shares = WHOLE,
    ) -> npt.NDArray[np.float64]:
        """Train each network by itself; see `koubai.engines.protocol.PopulationEngine.run_population`."""
        losses = np.full((len(population.thetas), len(rates)), np.nan)
        for index, optimizer in enumerate(population.optimizers):
            theta = population.thetas[index].copy()
            own = replace(plan, optimizer=optimizer, seed=int(population.seeds[index]))
            state = State(theta, optimizer.init(theta))
            waiting = None if patience is None else replace(patience)
            run = self.run(own, state, rows, rates * population.learning_rates[index], waiting, shares)
            losses[index, : len(run)], population.thetas[index] = run, state.theta
        return losses
