"""Whole epochs in one compiled call: batches, forward pass, backpropagation, updates.

The network's shape is data. A team of threads runs this same code: each takes a part of every batch's rows and adds up
the gradient of its part, all wait for each other, then each updates a part of θ. With one thread the results are
the same to the last bit in every run.
"""

import numpy as np

from koubai.core.randomness import DROPOUT, SHUFFLE
from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.layers import gather
from koubai.engines.cpu.kernels.losses import loss_and_delta
from koubai.engines.cpu.kernels.optimizers import penalised, penalty_value, update
from koubai.engines.cpu.kernels.passes import backward, forward, make_room, matrix
from koubai.engines.cpu.kernels.primitives import barrier
from koubai.engines.cpu.kernels.randomness import fold, shuffle
from koubai.engines.cpu.kernels.records import ACTIVATION, BIASES, HAS_BIAS, N_IN, N_OUT, PARAMETER, WEIGHTS


@kernel(within=True)
def batch_gradient(net, theta, data, rows, total, masks_key, first_row, room, gradient):
    """Set the gradient of Σ (weight / total) E over the given rows, and return that sum, float64.

    Rows go through ``room.n_rows`` at a time, so that the work arrays stay in the cache.
    """
    last = net.shape.shape[0] - 1
    m = net.shape[last, N_OUT]
    result = 0.0
    if not rows.size:  # a thread without rows adds nothing
        gradient[:] = 0
    for start in range(0, rows.size, room.n_rows):
        part = rows[start : min(start + room.n_rows, rows.size)]
        n = part.size
        x = matrix(room.x, room.starts[0], 0 if data.starts.size else n, net.shape[0, N_IN])
        if not data.starts.size:
            gather(data.dense, part, x)
        gather(data.targets, part, matrix(room.y, room.starts[0], n, m))
        for r in range(n):
            room.share[r] = (data.weights[part[r]] if data.weights.size else 1.0) / total
        forward(net, theta, x, data, part, room, masks_key, first_row + start)
        a, b = room.starts[last], room.starts[last] + n * m
        result += loss_and_delta(
            net.loss,
            net.loss_parameter,
            net.shape[last, ACTIVATION],
            net.numbers[last, PARAMETER],
            room.u[a:b],
            room.z[a:b],
            room.y,
            room.share,
            room.delta[a:b],
            n,
            m,
        )
        backward(net, theta, x, data, part, room, gradient, masks_key, first_row + start, start > 0)
    return result


@kernel(entry=True)
def mean_gradient(net, theta, data, total, n_at_a_time, gradient):
    """Set the gradient of Σ (weight / total) E over all rows, and return that sum, float64."""
    rows = np.arange(data.targets.shape[0])
    room = make_room(net, theta, n_at_a_time, True, n_at_a_time < rows.size)
    return batch_gradient(net, theta, data, rows, total, np.uint64(0), 0, room, gradient)


@kernel(within=True)
def batch_weight(weights, rows):
    """Return the summed weight of the given rows."""
    if not weights.size:
        return np.float64(rows.size)
    total = 0.0
    for r in range(rows.size):
        total += weights[rows[r]]
    return total


@kernel(within=True)
def own_part(size, team):
    """Return where this thread's part of ``size`` items begins and ends."""
    return size * team.rank // team.size, size * (team.rank + 1) // team.size


@kernel
def segment(net, layer, biases, start, stop):
    """Return the bounds of a layer's weights or biases in θ, cut to [start, stop)."""
    n_in, n_out = net.shape[layer, N_IN], net.shape[layer, N_OUT]
    a = net.shape[layer, BIASES] if biases else net.shape[layer, WEIGHTS]
    b = a + (n_out * net.shape[layer, HAS_BIAS] if biases else n_in * n_out)
    return max(a, start), min(b, stop)


@kernel(within=True)
def penalty_of(net, theta, start, stop, l1, l2):
    """Return the penalty of the weights in θ[start:stop], float64."""
    total = 0.0
    if l1 != 0 or l2 != 0:
        for layer in range(net.shape.shape[0]):
            a, b = segment(net, layer, False, start, stop)
            if a < b:
                total += penalty_value(theta[a:b], l1, l2)
    return total


@kernel(within=True)
def clip(net, theta, g, team, start, stop, l1, l2, max_norm, rounds):
    """Add the penalty to this thread's part of the gradient and shorten the whole to ``max_norm``."""
    zero = theta.dtype.type(0)
    squares = 0.0
    for layer in range(net.shape.shape[0]):
        a, b = segment(net, layer, False, start, stop)
        if a < b:
            weights, own = theta[a:b], g[a:b]
            for i in range(own.size):
                own[i] = penalised(own[i], weights[i], l1, l2, zero)
    own = g[start:stop]
    for i in range(own.size):
        squares += np.float64(own[i]) * np.float64(own[i])
    team.norms[team.rank] = squares
    barrier(team.arrivals, team.size, rounds)
    norm = np.sqrt(team.norms[: team.size].sum())
    if max_norm < norm < np.inf:
        scale = theta.dtype.type(max_norm / norm)
        for i in range(own.size):
            own[i] *= scale


@kernel(within=True)
def apply_update(net, rule, theta, gradients, slots, team, l1, l2, rate, t, rounds):
    """Add up the threads' gradients and update this thread's part of θ; return the rounds of the barrier so far."""
    start, stop = own_part(theta.size, team)
    g = gradients[0]
    for other in range(1, team.size):
        own, more = g[start:stop], gradients[other, start:stop]
        for i in range(own.size):
            own[i] += more[i]
    zero = theta.dtype.type(0)
    if rule.max_norm > 0:
        rounds += 1
        clip(net, theta, g, team, start, stop, l1, l2, rule.max_norm, rounds)
        l1, l2 = zero, zero
    for layer in range(net.shape.shape[0]):
        a, b = segment(net, layer, False, start, stop)
        if a < b:
            update(rule.optimizer, theta, g, slots, a, b, l1, l2, rate, t, rule.hyperparameters)
        a, b = segment(net, layer, True, start, stop)
        if a < b:
            update(rule.optimizer, theta, g, slots, a, b, zero, zero, rate, t, rule.hyperparameters)
    return rounds


@kernel(within=True)
def run_epochs(net, rule, course, team, data, n_at_a_time, theta, slots, gradients, patience, losses):
    """Train ``course.rates.shape[0]`` epochs; return how many ran. θ, slots, patience and losses change in place.

    ``n_at_a_time`` rows of this thread's part of a batch go through the network in one pass.
    ``patience`` (4,) holds tolerance, limit, best loss and count (see `koubai.engines.protocol.Patience`).
    """
    n_rows = data.targets.shape[0]
    number = theta.dtype.type
    room = make_room(net, theta, n_at_a_time, True, n_at_a_time * team.size < course.batch_size)
    rounds = 0
    t = course.first_step
    best, count = patience[2], patience[3]
    for epoch in range(course.rates.shape[0]):
        if course.shuffled and team.rank == 0:
            shuffle(fold(fold(course.seed, SHUFFLE), course.first_epoch + epoch), course.order)
        rounds += 1
        barrier(team.arrivals, team.size, rounds)
        epoch_loss = 0.0
        for step in range(course.rates.shape[1]):
            batch = course.order[step * course.batch_size : min((step + 1) * course.batch_size, n_rows)]
            total = batch_weight(data.weights, batch)
            scale = 1 / total if rule.per_row else 1.0
            l1, l2 = number(rule.l1 * scale), number(rule.l2 * scale)
            masks_key = fold(fold(course.seed, DROPOUT), t) if course.has_dropout else np.uint64(0)
            first, last = own_part(batch.size, team)
            start, stop = own_part(theta.size, team)
            team.partial[team.rank] = penalty_of(net, theta, start, stop, l1, l2) + batch_gradient(
                net, theta, data, batch[first:last], total, masks_key, first, room, gradients[team.rank]
            )
            rounds += 1
            barrier(team.arrivals, team.size, rounds)
            for other in range(team.size):
                epoch_loss += team.partial[other] * batch.size
            t += 1
            rounds = apply_update(
                net, rule, theta, gradients, slots, team, l1, l2, course.rates[epoch, step], t, rounds
            )
            rounds += 1
            barrier(team.arrivals, team.size, rounds)
        epoch_loss /= n_rows
        count = count + 1 if epoch_loss > best - patience[0] else 0
        best = min(best, epoch_loss)
        if team.rank == 0:
            losses[epoch], patience[2], patience[3] = epoch_loss, best, count
        if count > patience[1] or not np.isfinite(epoch_loss):
            return epoch + 1
    return course.rates.shape[0]
