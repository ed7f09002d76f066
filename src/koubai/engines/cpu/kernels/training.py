"""Whole epochs in one compiled call: batches, forward pass, backpropagation, updates.

The network's shape is data. All threads of a team run this code: each takes its share of every batch's rows forward and
back. Then it computes either the gradient of its own rows, to be added to the others', or a part of the gradient from z
and δ of all rows, whichever reads less from other threads; and it updates its part of θ. With one thread, the results
are identical to the last bit in every run.
"""

import numpy as np

from koubai.core.randomness import DROPOUT, SHUFFLE
from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.losses import loss_and_delta
from koubai.engines.cpu.kernels.optimizers import (
    PLAIN,
    gradient_descent,
    next_powers,
    penalised,
    penalty_value,
    powers_of,
    update,
)
from koubai.engines.cpu.kernels.passes import backward, bounds, forward, gather, layer_descent, layer_gradient
from koubai.engines.cpu.kernels.primitives import barrier
from koubai.engines.cpu.kernels.randomness import fold, shuffle
from koubai.engines.cpu.kernels.records import (
    ACTIVATION,
    AT_ONCE,
    COLUMNS,
    DESCENDS,
    LINES,
    N_IN,
    N_OUT,
    PARAMETERS,
    PENALIZED,
    ROWS,
    START,
    WIDTH,
    Masks,
)


@kernel(within=True)
def own_part(size, team):
    """Return where this thread's part of ``size`` items begins and ends."""
    return size * team.rank // team.size, size * (team.rank + 1) // team.size


@kernel(within=True)
def own_places(net, part, team):
    """Return where this thread's rows of a block of parameters begin and end in θ."""
    start, width = net.parts[part, START], net.parts[part, WIDTH]
    first, stop = own_part(net.parts[part, LINES], team)
    return start + first * width, start + stop * width


@kernel(within=True)
def add_from(gradients, team, a, b):
    """Add places a … b-1 of the other threads' gradients to this thread's."""
    own = gradients[team.rank, a:b]
    for rank in range(team.size):
        if rank != team.rank:
            other = gradients[rank, a:b]
            for i in range(own.size):
                own[i] += other[i]


@kernel
def add_up(net, gradients, team):
    """Add the other threads' gradients to this thread's, in the part of θ that it updates."""
    for part in range(net.parts.shape[0]):
        a, b = own_places(net, part, team)
        add_from(gradients, team, a, b)


@kernel
def rows_forward_and_back(net, theta, data, rows, at, total, masks, first_row, room):
    """Compute δ of all layers for these rows, in the room from place ``at`` on; return Σ (weight / total) E."""
    last, n = net.shape.shape[0] - 1, rows.size
    n_in, m = net.shape[0, N_IN], net.shape[last, N_OUT]
    dense = 0 if data.starts.size else n * n_in
    x = room.x[at * n_in : at * n_in + dense]
    if dense:
        gather(data.dense, rows, x, n_in)
    y, share = room.y[at * m : (at + n) * m], room.share[at : at + n]
    gather(data.targets, rows, y, m)
    equal, one = data.weights.size == 0, theta.dtype.type(1 / total)
    for r in range(n):
        share[r] = one if equal else data.weights[rows[r]] / total
    forward(net, theta, x, data, rows, room, at, masks, first_row)
    a, b = bounds(net, room, last, at, n)
    code, parameters = net.shape[last, ACTIVATION], net.numbers[last, PARAMETERS:]
    u, z, delta = room.u[a:b], room.z[a:b], room.delta[a:b]
    loss = loss_and_delta(net.loss, net.loss_parameters, code, parameters, u, z, y, share, equal, delta, n, m)
    backward(net, theta, room, at, n, masks, first_row)
    return loss


@kernel
def rows_gradient(net, theta, data, rows, at, room, gradient, add):
    """Set (or add to) the gradient of some rows of a batch, whose z and δ are in the room from place ``at`` on."""
    if rows.size:
        for layer in range(net.shape.shape[0] - 1, -1, -1):
            sources, nodes = (0, net.shape[layer, ROWS]), (0, net.shape[layer, COLUMNS])
            layer_gradient(net, layer, theta, data, rows, at, room, gradient, sources, nodes, add)
    elif not add:
        for i in range(gradient.size):
            gradient[i] = gradient.dtype.type(0)


@kernel(within=True)
def descent_rate(rule, rate, data, n_rows, room, one_each):
    """Return α if large layers' weights are updated directly from this many rows, without a gradient, else 0."""
    plain = rule.optimizer == PLAIN and rule.l1 == 0 and rule.l2 == 0 and rule.max_norm == 0 and rule.even
    return rate if plain and not one_each and not data.starts.size and n_rows <= room.n_rows else 0.0


@kernel
def descend_or_gradient(net, theta, data, rows, room, gradient, descent, team):
    """Update this thread's part of large layers' weights by ``descent`` (α); set its part of all other gradients."""
    for layer in range(net.shape.shape[0] - 1, -1, -1):
        sources, nodes = own_part(net.shape[layer, ROWS], team), own_part(net.shape[layer, COLUMNS], team)
        if net.shape[layer, AT_ONCE]:
            layer_descent(net, layer, theta, descent, rows.size, room, sources)
            sources = (0, 0)
        layer_gradient(net, layer, theta, data, rows, 0, room, gradient, sources, nodes, False)


@kernel
def update_rest(net, theta, g, rate, team):
    """Update, by plain descent, this thread's part of the blocks that `descend_or_gradient` left."""
    number = theta.dtype.type
    for part in range(net.parts.shape[0]):
        if not net.parts[part, DESCENDS]:
            a, b = own_places(net, part, team)
            gradient_descent(theta[a:b], g[a:b], number(rate))


@kernel(within=True)
def own_gradient(net, theta, data, rows, total, masks, room, team, gradient):
    """Set ``gradient`` to that of Σ (weight / total) E over this thread's rows of a batch; return that sum, float64.

    The thread works in places of the room that no other thread uses, so that no thread waits for another.
    """
    places = room.n_rows // team.size
    at = team.rank * places
    first, stop = own_part(rows.size, team)
    loss = 0.0
    if first == stop:
        rows_gradient(net, theta, data, rows[:0], at, room, gradient, False)
    for start in range(first, stop, places):
        part = rows[start : min(start + places, stop)]
        loss += rows_forward_and_back(net, theta, data, part, at, total, masks, start, room)
        rows_gradient(net, theta, data, part, at, room, gradient, start > first)
    return loss


@kernel(within=True)
def shared_gradient(net, theta, data, rows, total, masks, room, team, gradient, descent):
    """Set this thread's part of the ``gradient`` of Σ (weight / total) E over the rows of a batch.

    With ``descent`` (α), large layers are updated instead, and have no gradient. A thread needs z and δ of the others'
    rows, so the team processes ``room.n_rows`` rows at a time, and none starts on the next before all are done. Returns
    the sum over this thread's rows, float64.
    """
    loss = 0.0
    for start in range(0, rows.size, room.n_rows):
        if start > 0:
            barrier(team.arrivals, team.size)
        part = rows[start : min(start + room.n_rows, rows.size)]
        first, stop = own_part(part.size, team)
        loss += rows_forward_and_back(net, theta, data, part[first:stop], first, total, masks, start + first, room)
        barrier(team.arrivals, team.size)
        if descent != 0:
            descend_or_gradient(net, theta, data, part, room, gradient, descent, team)
            continue
        for layer in range(net.shape.shape[0] - 1, -1, -1):
            sources, nodes = own_part(net.shape[layer, ROWS], team), own_part(net.shape[layer, COLUMNS], team)
            layer_gradient(net, layer, theta, data, part, 0, room, gradient, sources, nodes, start > 0)
    return loss


@kernel(within=True)
def batch_gradient(net, theta, data, rows, total, masks, room, team, gradients, descent):
    """Set this thread's part of the gradient of Σ (weight / total) E over the rows of a batch.

    ``gradients`` is one gradient that the team shares, (1, n_parameters), or one per thread, (team, n_parameters), each
    complete in its thread's part. Rows are processed a few at a time, so that the work arrays stay in the cache.
    ``descent`` is as for `shared_gradient`. Returns the sum over this thread's rows, float64.
    """
    if gradients.shape[0] == 1:
        return shared_gradient(net, theta, data, rows, total, masks, room, team, gradients[0], descent)
    loss = own_gradient(net, theta, data, rows, total, masks, room, team, gradients[team.rank])
    barrier(team.arrivals, team.size)
    add_up(net, gradients, team)
    return loss


@kernel(entry=True)
def mean_gradient(net, theta, data, rows, total, room, team, gradients):
    """Set this thread's part of the gradient of Σ (weight / total) E over these rows; return its part of the sum."""
    masks = Masks(np.uint64(0), 1.0)
    return batch_gradient(net, theta, data, rows, total, masks, room, team, gradients, 0.0)


@kernel(within=True)
def batch_weight(weights, rows):
    """Return the summed weight of the given rows."""
    if not weights.size:
        return np.float64(rows.size)
    total = 0.0
    for r in range(rows.size):
        total += weights[rows[r]]
    return total


@kernel
def penalty_of(net, theta, l1, l2, team):
    """Return the penalty of this thread's part of θ, float64."""
    total = 0.0
    if l1 != 0 or l2 != 0:
        for part in range(net.parts.shape[0]):
            if net.parts[part, PENALIZED]:
                a, b = own_places(net, part, team)
                total += penalty_value(theta[a:b], l1, l2)
    return total


@kernel
def own_squares(net, theta, g, l1, l2, team):
    """Add the penalty to this thread's part of the gradient; return the sum of its squares, float64."""
    zero = theta.dtype.type(0)
    squares = 0.0
    for part in range(net.parts.shape[0]):
        a, b = own_places(net, part, team)
        own = g[a:b]
        if net.parts[part, PENALIZED]:
            weights = theta[a:b]
            for i in range(own.size):
                own[i] = penalised(own[i], weights[i], l1, l2, zero)
        for i in range(own.size):
            squares += np.float64(own[i]) * np.float64(own[i])
    return squares


@kernel
def shorten(net, g, scale, team):
    """Multiply this thread's part of the gradient by a number."""
    for part in range(net.parts.shape[0]):
        a, b = own_places(net, part, team)
        own = g[a:b]
        for i in range(own.size):
            own[i] *= scale


@kernel(within=True)
def clip(net, theta, g, l1, l2, max_norm, team):
    """Add the penalty to this thread's part of the gradient, and scale the whole gradient down to ``max_norm``."""
    team.norms[team.rank] = own_squares(net, theta, g, l1, l2, team)
    barrier(team.arrivals, team.size)
    norm = np.sqrt(team.norms[: team.size].sum())
    if max_norm < norm < np.inf:
        shorten(net, g, theta.dtype.type(max_norm / norm), team)


@kernel
def update_own(net, rule, theta, g, slots, l1, l2, rate, decay, powers, team):
    """Update this thread's part of θ by ``powers`` (see `update`), block by block.

    Each block has its own factors on α and weight decay, and a penalty or none.
    """
    zero, h = theta.dtype.type(0), rule.hyperparameters
    if team.size == 1 and l1 == zero and l2 == zero and rule.even:
        update(rule.optimizer, theta, g, slots, np.int64(0), theta.size, zero, zero, rate, decay, powers, h)
        return
    for part in range(net.parts.shape[0]):
        a, b = own_places(net, part, team)
        own_l1, own_l2 = (l1, l2) if net.parts[part, PENALIZED] else (zero, zero)
        own_rate, own_decay = rate * rule.factors[part, 0], decay * rule.factors[part, 1]
        update(rule.optimizer, theta, g, slots, a, b, own_l1, own_l2, own_rate, own_decay, powers, h)


@kernel(within=True)
def run_epochs(net, rule, epochs, networks, i, data, team, room, gradients):
    """Train network i for ``epochs.rates.shape[0]`` epochs; return how many ran.

    Its θ, slots, patience and losses change in place.
    """
    theta, slots, patience, losses = networks.thetas[i], networks.slots[i], networks.patiences[i], networks.losses[i]
    seed, scale_of_rates = networks.seeds[i], networks.scales[i]
    n_rows, number, h = data.n_rows, theta.dtype.type, rule.hyperparameters
    one_each = gradients.shape[0] > 1
    gradient = gradients[team.rank if one_each else 0]
    shares_columns = (
        team.size > 1 and not one_each and data.starts.size > 0
    )  # of a CSR layer, while updates divide its rows
    t = epochs.first_step
    best, count = patience[2], patience[3]
    for epoch in range(epochs.rates.shape[0]):
        if epochs.shuffled and team.rank == 0:
            shuffle(fold(fold(seed, SHUFFLE), epochs.first_epoch + epoch), epochs.order)
        barrier(team.arrivals, team.size)
        epoch_loss, powers = 0.0, powers_of((h, t))
        for step in range(epochs.rates.shape[1]):
            batch = epochs.order[step * epochs.batch_size : min((step + 1) * epochs.batch_size, n_rows)]
            total = batch_weight(data.weights, batch)
            scale = 1 / total if rule.per_row else 1.0
            l1, l2 = number(rule.l1 * scale), number(rule.l2 * scale)
            key = fold(fold(seed, DROPOUT), t) if epochs.has_dropout else np.uint64(0)
            masks = Masks(key, epochs.dropouts[epoch, step] if epochs.dropouts.size else 1.0)
            decay = epochs.decays[epoch, step] if epochs.decays.size else 1.0
            rate = epochs.rates[epoch, step] * scale_of_rates
            descent = descent_rate(rule, rate, data, batch.size, room, one_each)
            loss = penalty_of(net, theta, l1, l2, team)
            loss += batch_gradient(net, theta, data, batch, total, masks, room, team, gradients, descent)
            team.partial[team.rank] = loss
            if rule.max_norm > 0 or shares_columns:
                barrier(team.arrivals, team.size)
            if rule.max_norm > 0:
                clip(net, theta, gradient, l1, l2, rule.max_norm, team)
                l1, l2 = number(0), number(0)
            t, powers = t + 1, next_powers((powers, h))
            if descent != 0:
                update_rest(net, theta, gradient, descent, team)
            else:
                update_own(net, rule, theta, gradient, slots, l1, l2, rate, decay, powers, team)
            barrier(team.arrivals, team.size)
            for other in range(team.size):
                epoch_loss += team.partial[other] * batch.size
        epoch_loss /= n_rows
        count = count + 1 if epoch_loss > best - patience[0] else 0
        best = min(best, epoch_loss)
        if team.rank == 0:
            losses[epoch], patience[2], patience[3] = epoch_loss, best, count
        if count > patience[1] or not np.isfinite(epoch_loss):
            return epoch + 1
    return epochs.rates.shape[0]
