"""The perceptron's score and its learning rule for one row, dense or CSR, and one of K two-class problems.

Problem k says +1 for the rows of one class and -1 for all others. Its weights are column k of a matrix, so that
the scores of a row for all problems come from one walk over the row's features. As in Bottou 2012, "Stochastic gradient
descent tricks", section 5, they are kept as a number times a vector, w = s · v, so that the L2 penalty costs one
multiplication a row; the L1 penalty is the cumulative truncated gradient of Tsuruoka, Tsujii and Ananiadou 2009.

Sums are taken in the order of the features and rounded as scikit-learn does (no fused multiply-add, no reordering):
whether a score is exactly zero decides whether the rule changes the weights, and so all that follows.
"""

import numpy as np

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.perceptron_records import (
    BIAS,
    BIAS_SUM,
    COUNT,
    ELASTIC_NET,
    L1,
    L2,
    MAGNITUDE,
    NO_PENALTY,
    PULL,
    SCALE,
    SQUARE,
    STEPS,
)
from koubai.engines.cpu.kernels.views import flattened


@kernel(portable=True, within=True)
def entries(data, indices, starts, row):
    """Return the values of one row: all its features, or those that are stored."""
    return data[row] if indices is None else data[0, starts[row] : starts[row + 1]]


@kernel(portable=True, inlined=True)
def rest_of_product(data, indices, starts, row, v, first, total):
    """Return ``total`` plus the part of vᵀx from entry ``first`` of one row on."""
    x = entries(data, indices, starts, row)
    if indices is None:
        for j in range(first, x.size):
            total += v[j] * x[j]
    else:
        at = indices[starts[row] : starts[row + 1]]
        for j in range(first, x.size):
            total += v[at[j]] * x[j]
    return total


@kernel(portable=True, inlined=True)
def products_ahead(data, indices, starts, order, t, v, out):
    """Fill out[:4] with vᵀx of the rows at place t to t + 3 of the order, each sum in the order of its features."""
    last = order.size - 1
    p, q, r, s = order[t], order[min(t + 1, last)], order[min(t + 2, last)], order[min(t + 3, last)]
    x, y = entries(data, indices, starts, p), entries(data, indices, starts, q)
    z, u = entries(data, indices, starts, r), entries(data, indices, starts, s)
    a = b = c = d = 0.0
    n = min(min(x.size, y.size), min(z.size, u.size))
    if indices is None:
        for j in range(n):
            a += v[j] * x[j]
            b += v[j] * y[j]
            c += v[j] * z[j]
            d += v[j] * u[j]
    else:
        at_x, at_y = indices[starts[p] : starts[p + 1]], indices[starts[q] : starts[q + 1]]
        at_z, at_u = indices[starts[r] : starts[r + 1]], indices[starts[s] : starts[s + 1]]
        for j in range(n):
            a += v[at_x[j]] * x[j]
            b += v[at_y[j]] * y[j]
            c += v[at_z[j]] * z[j]
            d += v[at_u[j]] * u[j]
    out[0] = rest_of_product(data, indices, starts, p, v, n, a)
    out[1] = rest_of_product(data, indices, starts, q, v, n, b)
    out[2] = rest_of_product(data, indices, starts, r, v, n, c)
    out[3] = rest_of_product(data, indices, starts, s, v, n, d)


@kernel(portable=True, inlined=True)
def products_of_four(data, indices, starts, row, v, k, out):
    """Fill out[k : k + 4] with v[:, k : k + 4]ᵀ x of one row: four sums side by side, each in its own order."""
    a = b = c = d = 0.0
    if indices is None:
        x = data[row]
        for j in range(x.size):
            a += v[j, k] * x[j]
            b += v[j, k + 1] * x[j]
            c += v[j, k + 2] * x[j]
            d += v[j, k + 3] * x[j]
    else:
        x, at = data[0, starts[row] : starts[row + 1]], indices[starts[row] : starts[row + 1]]
        for j in range(x.size):
            i = at[j]
            a += v[i, k] * x[j]
            b += v[i, k + 1] * x[j]
            c += v[i, k + 2] * x[j]
            d += v[i, k + 3] * x[j]
    out[k], out[k + 1], out[k + 2], out[k + 3] = a, b, c, d


@kernel(portable=True, inlined=True)
def products(data, indices, starts, order, t, ahead, v, out):
    """Fill ``out`` with vᵀx: for one problem, of ``ahead`` rows (1 or `AHEAD`) from place t; else of row t for all."""
    if v.shape[1] > 1:
        for k in range(0, v.shape[1], 4):
            products_of_four(data, indices, starts, order[t], v, k, out)
    elif ahead == 1:
        out[0] = rest_of_product(data, indices, starts, order[t], flattened(v), 0, 0.0)
    else:
        products_ahead(data, indices, starts, order, t, flattened(v), out)


@kernel(portable=True, inlined=True)
def is_wrong(margin, y, ties_wrong):
    """Return whether the margin y f(x) calls for an update; f(x) = 0 means -1, or with ``ties_wrong`` a mistake."""
    return margin < 0.0 or (margin == 0.0 and (ties_wrong or y > 0.0))


@kernel(portable=True, inlined=True)
def step_of(margin, y, weight, positive, negative, rule):
    """Return η y times the row's weight and that of its side, in the weights' dtype, if the row is wrong, else 0."""
    if not is_wrong(margin, y, rule.ties_wrong):
        return 0.0
    return rule.rate * y * np.float64((positive if y > 0.0 else negative) * weight)


@kernel(portable=True, inlined=True)
def add(data, indices, starts, row, k, factor, v, sums, steps):
    """Add factor · x to column k of v."""
    averaged = sums.shape[0] > 0
    x = entries(data, indices, starts, row)
    if indices is None:
        for j in range(x.size):
            before = v[j, k]
            v[j, k] = before + np.float64(x[j]) * factor
            if averaged:
                sums[j, k] -= steps * (np.float64(v[j, k]) - before)
    else:
        at = indices[starts[row] : starts[row + 1]]
        for j in range(x.size):
            before = v[at[j], k]
            v[at[j], k] = before + np.float64(x[j]) * factor
            if averaged:
                sums[at[j], k] -= steps * (np.float64(v[at[j], k]) - before)


@kernel(portable=True, inlined=True)
def take_norms(data, indices, starts, row, k, v, numbers):
    """Set the norms to those of the weights that a row touched, as scikit-learn does."""
    number, square, magnitude = v.dtype.type, 0.0, 0.0
    if indices is None:
        for j in range(data.shape[1]):
            square += v[j, k] * v[j, k]
            magnitude += abs(v[j, k])
    else:
        at = indices[starts[row] : starts[row + 1]]
        for j in range(at.size):
            square += v[at[j], k] * v[at[j], k]
            magnitude += abs(v[at[j], k])
    scale = number(numbers[SCALE, k])
    numbers[SQUARE, k] = number(square * (scale * scale))
    numbers[MAGNITUDE, k] = number(magnitude * scale)


@kernel(portable=True, inlined=True)
def pull_to_zero(v, pulled, sums, i, k, numbers):
    """Bring the L1 penalty of one weight up to date, never past zero."""
    pull, scale, before = numbers[PULL, k], numbers[SCALE, k], np.float64(v[i, k])
    if scale * before > 0.0:
        v[i, k] = max(0.0, before - (pull + pulled[i, k]) / scale)
    elif scale * before < 0.0:
        v[i, k] = min(0.0, before + (pull - pulled[i, k]) / scale)
    change = v[i, k] - before
    pulled[i, k] += scale * change
    if sums.shape[0] > 0:
        sums[i, k] -= numbers[STEPS, k] * change


@kernel(portable=True, inlined=True)
def truncate(data, indices, starts, row, k, v, pulled, sums, numbers):
    """Bring the L1 penalty of the weights of one row's features up to date, in column k."""
    if indices is None:
        for j in range(data.shape[1]):
            pull_to_zero(v, pulled, sums, j, k, numbers)
    else:
        at = indices[starts[row] : starts[row + 1]]
        for j in range(at.size):
            pull_to_zero(v, pulled, sums, at[j], k, numbers)


@kernel(portable=True, inlined=True)
def fold_scale(k, v, sums, numbers):
    """Multiply the scale into column k of v and set it to 1."""
    scale, steps = v.dtype.type(numbers[SCALE, k]), numbers[STEPS, k]
    for i in range(sums.shape[0]):
        sums[i, k] += steps * v[i, k]
    for i in range(v.shape[0]):
        v[i, k] *= scale
    numbers[STEPS, k] = 0.0
    numbers[SCALE, k] = 1.0


@kernel(portable=True, inlined=True)
def shrink(k, rule, v, sums, numbers):
    """Shrink w by the L2 penalty's part of one update, w ← max(0, 1 - (1 - l1_ratio) η α) w, in column k."""
    number = v.dtype.type
    by = number(max(0.0, 1.0 - ((1.0 - rule.l1_ratio) * rule.rate * rule.alpha)))
    numbers[SCALE, k] = number(numbers[SCALE, k]) * by
    numbers[SQUARE, k] = number(numbers[SQUARE, k]) * (by * by)
    numbers[MAGNITUDE, k] = number(numbers[MAGNITUDE, k]) * by
    if numbers[SCALE, k] < rule.smallest_scale:
        fold_scale(k, v, sums, numbers)


@kernel(portable=True, inlined=True)
def change(examples, row, k, step, rule, v, pulled, sums, numbers):
    """Update problem k after a row was predicted: penalty, then w ← w + step · x, then the averages and L1."""
    data, indices, starts, number = examples.data, examples.indices, examples.starts, v.dtype.type
    if rule.penalty >= L2:
        shrink(k, rule, v, sums, numbers)
    if step != 0.0:
        factor = np.float64(number(step) / number(numbers[SCALE, k]))
        add(data, indices, starts, row, k, factor, v, sums, numbers[STEPS, k])
        if rule.penalty != NO_PENALTY:
            take_norms(data, indices, starts, row, k, v, numbers)
        if rule.has_bias:
            numbers[BIAS, k] += step * rule.bias_share
            numbers[BIAS_SUM, k] -= numbers[COUNT, k] * (step * rule.bias_share)
    numbers[COUNT, k] += 1.0
    numbers[STEPS, k] += numbers[SCALE, k]
    if rule.penalty == L1 or rule.penalty == ELASTIC_NET:
        numbers[PULL, k] += rule.l1_ratio * rule.rate * rule.alpha
        truncate(data, indices, starts, row, k, v, pulled, sums, numbers)


@kernel(portable=True, inlined=True)
def objective_penalty(rule, square, magnitude):
    """Return α (½ (1 - l1_ratio) ‖w‖² + l1_ratio ‖w‖₁), the penalty in the objective of the stopping rule."""
    return rule.alpha * ((1.0 - rule.l1_ratio) * 0.5 * np.sqrt(square) ** 2 + rule.l1_ratio * magnitude)
