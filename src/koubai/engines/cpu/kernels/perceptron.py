"""The perceptron's passes over the rows: the order, the sweep, and when a problem stops.

The averaged variant is Freund and Schapire 1999, "Large margin classification using the perceptron algorithm", section
2; the pocket variant is in `koubai.engines.cpu.kernels.perceptron_pocket`.
"""

import numpy as np

from koubai.core.randomness import SHUFFLE
from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.perceptron_pocket import offer, ratchet, weigh_wrong
from koubai.engines.cpu.kernels.perceptron_records import (
    AHEAD,
    BEST,
    BIAS,
    BIAS_SUM,
    CHANGED,
    CLASS,
    COUNT,
    DRAWN,
    IN_ORDER,
    L2,
    LOSS,
    MAGNITUDE,
    MISTAKES,
    NEGATIVE,
    NO_PENALTY,
    OBJECTIVE,
    OVERFLOW,
    POCKET,
    POCKET_BIAS,
    POCKET_WRONG,
    POSITIVE,
    RUN,
    SCALE,
    SEPARATED,
    SHUFFLED,
    SQUARE,
    STALE,
    STEPS,
    WRONG,
)
from koubai.engines.cpu.kernels.perceptron_rule import (
    add,
    change,
    objective_penalty,
    products,
    rest_of_product,
    step_of,
)
from koubai.engines.cpu.kernels.randomness import fold, shuffle, word
from koubai.engines.cpu.kernels.views import flattened


@kernel
def fill_order(passes, epoch, members, order):
    """Fill ``order`` with the row numbers of one pass over the members, which are given in ascending order."""
    n = members.size
    key = fold(fold(np.uint64(passes.seed), SHUFFLE), epoch)
    if passes.order == SHUFFLED:
        shuffle(key, order)
    for t in range(n):
        if passes.order == IN_ORDER:
            order[t] = t
        elif passes.order == DRAWN:
            order[t] = np.int64(((word(key, t) >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))
    if members[n - 1] != n - 1:
        for t in range(n):
            order[t] = members[order[t]]


@kernel(portable=True, inlined=True)
def sweep(examples, order, in_turn, rule, model, tally):
    """Take the rows once in the given order; add up losses, objectives and updates of each problem, (3, K).

    A single problem scores several rows ahead, so that their loads from distant memory overlap. Rows that come
    ``in_turn`` are prefetched anyway, and scores ahead would only be lost with each change.
    """
    v, numbers = model.weights, model.numbers
    number, n_problems = v.dtype.type, numbers.shape[1]
    out = model.room
    ahead, scored = AHEAD if v.shape[1] == 1 and not in_turn else 1, 0
    in_pocket, penalised = rule.variant == POCKET, rule.penalty != NO_PENALTY
    for t in range(order.size):
        row = order[t]
        if t >= scored:
            products(examples.data, examples.indices, examples.starts, order, t, ahead, v, out)
            scored = t + ahead
        label, weight = examples.labels[row], examples.weights[row]
        for k in range(n_problems):
            score = number(out[k + ahead - (scored - t)] * numbers[SCALE, k]) + numbers[BIAS, k]
            y = 1.0 if label == numbers[CLASS, k] else -1.0
            margin = score * y
            if margin <= 0.0:
                tally[LOSS, k] -= margin
                tally[OBJECTIVE, k] -= margin
            if penalised:
                tally[OBJECTIVE, k] += objective_penalty(rule, numbers[SQUARE, k], numbers[MAGNITUDE, k])
            step = step_of(margin, y, weight, number(numbers[POSITIVE, k]), number(numbers[NEGATIVE, k]), rule)
            if step != 0.0:
                tally[MISTAKES, k] += 1.0
                if in_pocket:
                    offer(k, model)
                    numbers[RUN, k] = 0.0
                    numbers[CHANGED, k] = 1.0
            else:
                numbers[RUN, k] += weight
            if step != 0.0 or penalised:
                change(examples, row, k, step, rule, v, model.pulled, model.sums, numbers)
                if ahead > 1 and (step != 0.0 or rule.penalty != L2 or numbers[SCALE, k] == 1.0):
                    scored = t + 1  # v has changed: rows scored ahead must be scored again
            else:
                numbers[COUNT, k] += 1.0
                numbers[STEPS, k] += numbers[SCALE, k]


@kernel(portable=True, inlined=True)
def sweep_in_turn(examples, order, rule, model, tally):
    """Same as `sweep` for a single problem without penalty, whose numbers stay in registers."""
    numbers, v, sums = model.numbers, model.weights, model.sums
    number, column = v.dtype.type, flattened(v)
    positive, negative, class_ = number(numbers[POSITIVE, 0]), number(numbers[NEGATIVE, 0]), numbers[CLASS, 0]
    bias, count, run = numbers[BIAS, 0], numbers[COUNT, 0], numbers[RUN, 0]
    loss, mistakes = 0.0, 0.0
    for t in range(order.size):
        row = order[t]
        weight = examples.weights[row]
        y = 1.0 if examples.labels[row] == class_ else -1.0
        score = number(rest_of_product(examples.data, examples.indices, examples.starts, row, column, 0, 0.0)) + bias
        margin = score * y
        if margin <= 0.0:
            loss -= margin
        step = step_of(margin, y, weight, positive, negative, rule)
        if step != 0.0:
            mistakes += 1.0
            if rule.variant == POCKET:
                numbers[BIAS, 0], numbers[RUN, 0] = bias, run
                offer(0, model)
                numbers[CHANGED, 0] = 1.0
            run = 0.0
            factor = np.float64(number(step))
            add(examples.data, examples.indices, examples.starts, row, 0, factor, v, sums, numbers[STEPS, 0] + t)
            if rule.has_bias:
                bias += step * rule.bias_share
                numbers[BIAS_SUM, 0] -= (count + t) * (step * rule.bias_share)
        else:
            run += weight
    numbers[BIAS, 0], numbers[RUN, 0] = bias, run
    numbers[COUNT, 0] += order.size
    numbers[STEPS, 0] += order.size
    tally[LOSS, 0], tally[OBJECTIVE, 0], tally[MISTAKES, 0] = loss, loss, mistakes


@kernel(portable=True, inlined=True)
def is_finite(v, numbers):
    """Return whether all weights and biases are finite."""
    for i in range(v.shape[0]):
        for k in range(v.shape[1]):
            if not np.isfinite(v[i, k]):
                return False
    for k in range(numbers.shape[1]):  # noqa: SIM110 - numba compiles no generator
        if not np.isfinite(numbers[BIAS, k]):
            return False
    return True


@kernel(portable=True, inlined=True)
def note_separated(examples, members, passes, rule, v, numbers, tally, out):
    """Note which problems are separated, that is, one set of weights was right on all rows."""
    same_weights = rule.penalty == NO_PENALTY and passes.order != DRAWN
    unsure = False
    for k in range(numbers.shape[1]):
        if tally[MISTAKES, k] == 0.0 and numbers[SEPARATED, k] == 0.0:
            if same_weights:
                numbers[SEPARATED, k] = 1.0
            else:
                unsure = True
    if unsure:
        weigh_wrong(examples, members, rule, v, SCALE, BIAS, numbers, out)
        for k in range(numbers.shape[1]):
            if numbers[WRONG, k] == 0.0:
                numbers[SEPARATED, k] = 1.0


@kernel(portable=True, inlined=True)
def should_stop(k, objective, mistakes, passes, rule, numbers):
    """Return whether problem k is done: its objective has stopped falling, or its weights are known to separate."""
    if objective > numbers[BEST, k] - passes.tolerance and passes.tolerance > -np.inf:
        numbers[STALE, k] += 1.0
    else:
        numbers[STALE, k] = 0.0
    if objective < numbers[BEST, k]:
        numbers[BEST, k] = objective
    if passes.until_separated:
        return numbers[SEPARATED, k] == 1.0 and (mistakes == 0.0 or rule.variant == POCKET)
    return numbers[STALE, k] >= passes.patience


@kernel(portable=True, inlined=True)
def stand_still(n_rows, numbers, before, tally):
    """Stand in for a pass whose rows are all known to be right: count them, and repeat the previous pass's tally."""
    for k in range(numbers.shape[1]):
        numbers[COUNT, k] += n_rows
        numbers[STEPS, k] += n_rows * numbers[SCALE, k]
        for what in range(tally.shape[0]):
            tally[what, k] = before[what, k]


@kernel(entry=True, portable=True)
def run(examples, members, passes, rule, model, tallies, order, stopped):
    """Run passes until a problem stops; return how many were run, or `OVERFLOW` minus the passes before one.

    ``tallies`` (n_passes, 3, K) starts at zero; ``stopped`` (K,) is filled with which problems stopped.
    """
    n_rows, settled, numbers = members.size, False, model.numbers
    if rule.variant == POCKET and np.isnan(numbers[POCKET_WRONG, 0]):  # the pocket's weights have not been judged yet
        weigh_wrong(examples, members, rule, model.pocket, -1, POCKET_BIAS, numbers, model.room)
        for k in range(numbers.shape[1]):
            numbers[POCKET_WRONG, k] = numbers[WRONG, k]
    for epoch in range(passes.n_passes):
        tally = tallies[epoch]
        if settled:
            stand_still(n_rows, numbers, tallies[epoch - 1], tally)
        else:
            fill_order(passes, passes.first + epoch, members, order)
            in_turn = passes.order == IN_ORDER
            if in_turn and model.weights.shape[1] == 1 and rule.penalty == NO_PENALTY:
                sweep_in_turn(examples, order, rule, model, tally)
            else:
                sweep(examples, order, in_turn, rule, model, tally)
            if not is_finite(model.weights, numbers):
                return OVERFLOW - epoch
            if rule.variant == POCKET:
                ratchet(examples, members, rule, model)
            note_separated(examples, members, passes, rule, model.weights, numbers, tally, model.room)
            settled = rule.penalty == NO_PENALTY and passes.order != DRAWN
        done = False
        for k in range(numbers.shape[1]):
            settled = settled and tally[MISTAKES, k] == 0.0
            stopped[k] = should_stop(k, tally[OBJECTIVE, k] / n_rows, tally[MISTAKES, k], passes, rule, numbers)
            done = done or stopped[k]
        if done:
            return epoch + 1
    return passes.n_passes
