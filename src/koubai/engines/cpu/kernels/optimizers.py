"""One update by each rule, compiled: loops around the kernels that optimizers define (`koubai.optimizers`).

An update is a single pass over memory: every kernel takes the mean-loss gradient ``g`` and adds the penalty's part
l1 · sign(w) + l2 · w itself, so that θ is read once. ``slots`` holds the rule's state, one row each; ``h`` its
hyperparameters in declared order; ``rate`` is α, ``decay`` the share of the rule's weight decay that applies.
"""

from dataclasses import fields

from koubai.engines.cpu.codes import MOST_HYPERPARAMETERS, OPTIMIZER_CODES
from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.kinds import choice, compiled, tuple_of, unchanged
from koubai.engines.cpu.kernels.primitives import keep_apart
from koubai.optimizers.registry import OPTIMIZERS
from koubai.optimizers.sgd import SGD

KINDS = [OPTIMIZERS[name] for name in OPTIMIZER_CODES]
MOST_POWERS = max(kind.kernel.n_powers for kind in KINDS if kind.kernel)
"""Number of hyperparameters h for which hᵗ is available."""
PLAIN = SGD.code
"""The rule that can be fused with a matrix product."""


@kernel
def penalised(g, w, l1, l2, zero):
    """Return g + l1 · sign(w) + l2 · w; ``zero`` is 0 in the precision of w."""
    return g + l2 * w + (l1 if w > zero else (-l1 if w < zero else zero))


@kernel
def penalty_value(theta, l1, l2):
    """Return Σ l1 |w| + ½ l2 w² over these weights, float64."""
    absolute = 0.0
    squares = 0.0
    if l1 != 0:
        for i in range(theta.size):
            absolute += abs(theta[i])
    if l2 != 0:
        for i in range(theta.size):
            squares += theta[i] * theta[i]
    return l1 * absolute + 0.5 * l2 * squares


def power(k):
    """Return the kernel that computes hᵗ of hyperparameter k."""

    @kernel
    def raised(given):
        h, t = given
        return h[k] ** t

    return raised


def power_after(k):
    """Return the kernel that computes hᵗ⁺¹ of hyperparameter k from hᵗ."""

    @kernel
    def raised(given):
        powers, h = given
        return powers[k] * h[k]

    return raised


powers_of = tuple_of(MOST_POWERS, power)
"""(h, t) → the powers passed to rules."""
next_powers = tuple_of(MOST_POWERS, power_after)
"""(powers, h) → the powers of the next update."""


def slot(k):
    """Return the kernel that returns a part of slot k."""

    @kernel(within=True)
    def part(given):
        slots, start, stop = given
        return slots[k, start:stop]

    return part


def remembered(k):
    """Return the kernel that returns parameter i's number in slot k."""

    @kernel
    def number(given):
        slots, i = given
        return slots[k][i]

    return number


def in_precision(k):
    """Return the kernel that returns constant k in the precision of θ."""

    @kernel
    def converted(given):
        constants, theta = given
        return theta.dtype.type(constants[k])

    return converted


def hyperparameter_of(kind):
    """Return a factory of kernels for a rule's hyperparameters; of the weight decay, the share that applies."""

    def hyperparameter(k):
        if [field.name for field in fields(kind)][k : k + 1] == [kind.decay]:

            @kernel
            def decayed(given):
                h, decay = given
                return h[k] * decay

            return decayed

        @kernel
        def plain(given):
            h, _ = given
            return h[k]

        return plain

    return hyperparameter


def remember(n):
    """Return the kernel that sets parameter i's numbers in n slots."""
    if n == 0:
        return unchanged
    before, last = remember(n - 1), n - 1

    @kernel
    def put(given):
        slots, i, new = given
        before(given)
        slots[last][i] = new[last]

    return put


def loop_of(kind):
    """Return the kernel that updates θ[start:stop] by a rule.

    It counts from 0 over slices: with any other start, the compiler must allow for negative indices, which in Python
    count from the end, and does not vectorise.
    """
    update, constants = compiled(kind.kernel.update), compiled(kind.kernel.constants)
    hyperparameters = (0.5,) * MOST_HYPERPARAMETERS
    n_constants = len(kind.kernel.constants(0.5, hyperparameters[:MOST_POWERS], hyperparameters))
    converted, all_of = tuple_of(n_constants, in_precision), tuple_of(MOST_HYPERPARAMETERS, hyperparameter_of(kind))
    parts, memory, put = tuple_of(kind.n_slots, slot), tuple_of(kind.n_slots, remembered), remember(kind.n_slots)

    @kernel
    def loop(theta, g, slots, start, stop, l1, l2, rate, decay, powers, h):
        c = converted((constants(rate, powers, all_of((h, decay))), theta))
        w, d, own = theta[start:stop], g[start:stop], parts((slots, start, stop))
        zero = theta.dtype.type(0)
        for i in range(w.size):
            w[i], new = update(w[i], penalised(d[i], w[i], l1, l2, zero), memory((own, i)), c)
            put((own, i, new))

    return loop


update_by_code = choice([(kind.code, loop_of(kind)) for kind in KINDS])
plain_update = compiled(SGD.kernel.update)  # type: ignore[union-attr]


@kernel
def update(code, theta, g, slots, start, stop, l1, l2, rate, decay, powers, h):
    """Update θ[start:stop] by the rule with this code; ``powers`` are those of the update's number, counted from 1."""
    keep_apart()
    update_by_code(code, (theta, g, slots, start, stop, l1, l2, rate, decay, powers, h))


@kernel
def gradient_descent(theta, g, rate):
    """Update θ by the plain rule, without a penalty."""
    for i in range(theta.size):
        theta[i], _ = plain_update(theta[i], g[i], (), (rate,))
