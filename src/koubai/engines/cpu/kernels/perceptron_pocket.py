"""The pocket: the weights that were wrong on the fewest rows so far.

It follows Gallant 1990, "Perceptron-based learning algorithms", the variant with ratchet. Gallant counts all rows each
time a run of right answers is longer than the pocket's. Here the weights with the longest run of a pass, if it is more
than half as long as the longest before, are counted once, at the end of the pass: one more walk over the rows per pass,
few copies of the weights, and still the pocket never gets worse.
"""

import numpy as np

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.perceptron_records import (
    BIAS,
    CANDIDATE_BIAS,
    CHANGED,
    CLASS,
    IS_NEW,
    LONGEST,
    NEGATIVE,
    POCKET_BIAS,
    POCKET_WRONG,
    POSITIVE,
    RUN,
    SCALE,
    SEPARATED,
    WRONG,
)
from koubai.engines.cpu.kernels.perceptron_rule import products, rest_of_product, step_of
from koubai.engines.cpu.kernels.views import flattened


@kernel(portable=True, inlined=True)
def offer(k, model):
    """Make the weights of problem k the candidate of this pass, unless others were right for longer.

    Return whether they are now the candidate.
    """
    numbers = model.numbers
    if numbers[CHANGED, k] == 0.0 or numbers[RUN, k] <= numbers[LONGEST, k]:
        return False
    for i in range(model.weights.shape[0]):
        model.candidate[i, k] = model.weights[i, k] * numbers[SCALE, k]
    numbers[CANDIDATE_BIAS, k] = numbers[BIAS, k]
    numbers[LONGEST, k] = numbers[RUN, k]
    numbers[IS_NEW, k] = 1.0
    return True


@kernel(portable=True, inlined=True)
def weight_wrong(examples, members, rule, v, scale, bias, numbers):
    """Return the summed weight of the rows that a single problem's weights v, (m,), are wrong on.

    What is the same for all rows stays in registers. Once the sum reaches the pocket's, the weights are known to be no
    better, and the rest is not counted.
    """
    number = v.dtype.type
    positive, negative, label = number(numbers[POSITIVE, 0]), number(numbers[NEGATIVE, 0]), numbers[CLASS, 0]
    factor, summand, enough = 1.0 if scale < 0 else numbers[scale, 0], numbers[bias, 0], numbers[POCKET_WRONG, 0]
    total, nothing = 0.0, not np.any(v)
    for t in range(members.size):
        row = members[t]
        product = 0.0 if nothing else rest_of_product(examples.data, examples.indices, examples.starts, row, v, 0, 0.0)
        y = 1.0 if examples.labels[row] == label else -1.0
        margin = (number(product * factor) + summand) * y
        step = step_of(margin, y, examples.weights[row], positive, negative, rule)
        if step != 0.0:
            total += abs(step)
            if total >= enough:  # never if that is NaN, that is, not known yet
                return total
    return total


@kernel(portable=True, inlined=True)
def weigh_wrong(examples, members, rule, v, scale, bias, numbers, out):
    """Fill numbers[WRONG] with the summed weights of the rows that the weights v get wrong.

    ``scale`` and ``bias`` are the rows of ``numbers`` that belong to v; a ``scale`` of -1 means the factor 1. ``out``
    is work space.
    """
    number, n_problems = v.dtype.type, numbers.shape[1]
    if v.shape[1] == 1:
        numbers[WRONG, 0] = weight_wrong(examples, members, rule, flattened(v), scale, bias, numbers)
        return
    for k in range(n_problems):
        numbers[WRONG, k] = 0.0
    for t in range(members.size):
        row = members[t]
        products(examples.data, examples.indices, examples.starts, members, t, 1, v, out)
        for k in range(n_problems):
            product = out[k] if scale < 0 else out[k] * numbers[scale, k]
            y = 1.0 if examples.labels[row] == numbers[CLASS, k] else -1.0
            margin = (number(product) + numbers[bias, k]) * y
            positive, negative = number(numbers[POSITIVE, k]), number(numbers[NEGATIVE, k])
            numbers[WRONG, k] += abs(step_of(margin, y, examples.weights[row], positive, negative, rule))


@kernel(portable=True, inlined=True)
def ratchet(examples, members, rule, model):
    """Put the candidate of this pass into the pocket if it gets fewer rows wrong (by weight) than the pocket."""
    numbers, any_new = model.numbers, False
    for k in range(numbers.shape[1]):
        if offer(k, model):
            numbers[CHANGED, k] = 0.0
        numbers[LONGEST, k] *= 0.5
        any_new = any_new or numbers[IS_NEW, k] == 1.0
    if not any_new:
        return
    weigh_wrong(examples, members, rule, model.candidate, -1, CANDIDATE_BIAS, numbers, model.room)
    for k in range(numbers.shape[1]):
        if numbers[IS_NEW, k] == 1.0 and numbers[WRONG, k] < numbers[POCKET_WRONG, k]:
            numbers[POCKET_WRONG, k] = numbers[WRONG, k]
            numbers[POCKET_BIAS, k] = numbers[CANDIDATE_BIAS, k]
            for i in range(model.pocket.shape[0]):
                model.pocket[i, k] = model.candidate[i, k]
            if numbers[WRONG, k] == 0.0:
                numbers[SEPARATED, k] = 1.0
        numbers[IS_NEW, k] = 0.0
