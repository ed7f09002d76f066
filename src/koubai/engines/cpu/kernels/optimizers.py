"""One update by each rule, compiled: the equations of `koubai.optimizers`, in one pass over memory.

Every kernel takes the mean-loss gradient ``g`` and adds the penalty's share l1 · sign(w) + l2 · w itself, so that θ is
read once. ``s`` holds the slots, one row each; ``h`` the rule's hyperparameters in their declared order; ``rate`` is α.
"""

import math

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.primitives import keep_apart

SGD, MOMENTUM, NESTEROV, ADAGRAD, ADADELTA, RMSPROP, ADAM, ADAMW, NADAM, AMSGRAD, LION = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
)

CODES = {
    "sgd": SGD,
    "momentum": MOMENTUM,
    "nesterov": NESTEROV,
    "adagrad": ADAGRAD,
    "adadelta": ADADELTA,
    "rmsprop": RMSPROP,
    "adam": ADAM,
    "adamw": ADAMW,
    "nadam": NADAM,
    "amsgrad": AMSGRAD,
    "lion": LION,
}
"""The number of each rule of `koubai.optimizers`."""


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


@kernel
def gradient_descent(theta, g, l1, l2, rate):
    """θ ← θ - α g."""
    zero = theta.dtype.type(0)
    for i in range(theta.size):
        theta[i] -= rate * penalised(g[i], theta[i], l1, l2, zero)


@kernel
def momentum(theta, g, v, l1, l2, rate, mu, nesterov):
    """v ← μ v - α g; θ ← θ + v, or with Nesterov's look ahead θ ← θ + μ v - α g."""
    zero = theta.dtype.type(0)
    for i in range(theta.size):
        step = rate * penalised(g[i], theta[i], l1, l2, zero)
        v[i] = mu * v[i] - step
        theta[i] += mu * v[i] - step if nesterov else v[i]


@kernel
def adagrad(theta, g, total, l1, l2, rate, epsilon):
    """s ← s + g²; θ ← θ - α g / (√s + ε)."""
    zero = theta.dtype.type(0)
    for i in range(theta.size):
        d = penalised(g[i], theta[i], l1, l2, zero)
        total[i] += d * d
        theta[i] -= rate * d / (math.sqrt(total[i]) + epsilon)


@kernel
def adadelta(theta, g, squares, updates, l1, l2, rate, rho, epsilon):
    """s ← ρ s + (1 - ρ) g²; Δ = √(x + ε) / √(s + ε) · g; x ← ρ x + (1 - ρ) Δ²; θ ← θ - α Δ."""
    zero = theta.dtype.type(0)
    rest = theta.dtype.type(1) - rho
    for i in range(theta.size):
        d = penalised(g[i], theta[i], l1, l2, zero)
        squares[i] = rho * squares[i] + rest * d * d
        change = math.sqrt(updates[i] + epsilon) / math.sqrt(squares[i] + epsilon) * d
        updates[i] = rho * updates[i] + rest * change * change
        theta[i] -= rate * change


@kernel
def rmsprop(theta, g, squares, l1, l2, rate, rho, epsilon):
    """s ← ρ s + (1 - ρ) g²; θ ← θ - α g / (√s + ε)."""
    zero = theta.dtype.type(0)
    rest = theta.dtype.type(1) - rho
    for i in range(theta.size):
        d = penalised(g[i], theta[i], l1, l2, zero)
        squares[i] = rho * squares[i] + rest * d * d
        theta[i] -= rate * d / (math.sqrt(squares[i]) + epsilon)


@kernel
def adam(theta, g, m, v, l1, l2, rate, beta_1, beta_2, epsilon, shrink, m_scale, g_scale, v_scale):
    """m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; θ ← shrink · θ - α m̂ / (√v̂ + ε).

    m̂ = m · m_scale + g · g_scale and v̂ = v · v_scale: Adam and AdamW have g_scale = 0, Nadam has not.
    """
    zero = theta.dtype.type(0)
    one = theta.dtype.type(1)
    rest_1, rest_2 = one - beta_1, one - beta_2
    for i in range(theta.size):
        d = penalised(g[i], theta[i], l1, l2, zero)
        m[i] = beta_1 * m[i] + rest_1 * d
        v[i] = beta_2 * v[i] + rest_2 * d * d
        theta[i] = shrink * theta[i] - rate * (m[i] * m_scale + d * g_scale) / (math.sqrt(v[i] * v_scale) + epsilon)


@kernel
def amsgrad(theta, g, m, v, top, l1, l2, rate, beta_1, beta_2, epsilon, m_scale, v_scale):
    """As Adam, with the largest v so far in the place of v."""
    zero = theta.dtype.type(0)
    one = theta.dtype.type(1)
    rest_1, rest_2 = one - beta_1, one - beta_2
    for i in range(theta.size):
        d = penalised(g[i], theta[i], l1, l2, zero)
        m[i] = beta_1 * m[i] + rest_1 * d
        v[i] = beta_2 * v[i] + rest_2 * d * d
        top[i] = v[i] if v[i] > top[i] else top[i]
        theta[i] -= rate * (m[i] * m_scale) / (math.sqrt(top[i] * v_scale) + epsilon)


@kernel
def lion(theta, g, m, l1, l2, rate, beta_1, beta_2, shrink):
    """θ ← shrink · θ - α sign(β₁ m + (1 - β₁) g); m ← β₂ m + (1 - β₂) g."""
    zero = theta.dtype.type(0)
    one = theta.dtype.type(1)
    rest_1, rest_2 = one - beta_1, one - beta_2
    for i in range(theta.size):
        d = penalised(g[i], theta[i], l1, l2, zero)
        c = beta_1 * m[i] + rest_1 * d
        theta[i] = shrink * theta[i] - (rate if c > zero else (-rate if c < zero else c))
        m[i] = beta_2 * m[i] + rest_2 * d


@kernel
def update(code, theta, g, slots, start, stop, l1, l2, rate, powers, h):
    """Make an update of θ[start:stop] by the rule with this number; ``powers`` are h[0]ᵗ and h[1]ᵗ, t counted from 1.

    The rules get slices and count from 0: with any other start the compiler must reckon with negative indices, which
    count from the end in Python, and makes no vector code.
    """
    keep_apart()
    number = theta.dtype.type
    a = number(rate)
    theta, g = theta[start:stop], g[start:stop]
    if code == SGD:
        gradient_descent(theta, g, l1, l2, a)
    elif code in (MOMENTUM, NESTEROV):
        momentum(theta, g, slots[0, start:stop], l1, l2, a, number(h[0]), code == NESTEROV)
    elif code == ADAGRAD:
        adagrad(theta, g, slots[0, start:stop], l1, l2, a, number(h[0]))
    elif code == ADADELTA:
        adadelta(theta, g, slots[0, start:stop], slots[1, start:stop], l1, l2, a, number(h[0]), number(h[1]))
    elif code == RMSPROP:
        rmsprop(theta, g, slots[0, start:stop], l1, l2, a, number(h[0]), number(h[1]))
    elif code == LION:
        lion(theta, g, slots[0, start:stop], l1, l2, a, number(h[0]), number(h[1]), number(1 - rate * h[2]))
    else:
        b1, b2, epsilon = number(h[0]), number(h[1]), number(h[2])
        power_1, power_2 = powers
        m_scale, g_scale, shrink = 1 / (1 - power_1), 0.0, 1.0
        v_scale = number(1 / (1 - power_2))
        if code == NADAM:
            m_scale, g_scale = h[0] / (1 - power_1 * h[0]), (1 - h[0]) / (1 - power_1)
        if code == ADAMW:
            shrink = 1 - rate * h[3]
        if code == AMSGRAD:
            amsgrad(
                theta,
                g,
                slots[0, start:stop],
                slots[1, start:stop],
                slots[2, start:stop],
                l1,
                l2,
                a,
                b1,
                b2,
                epsilon,
                number(m_scale),
                v_scale,
            )
        else:
            scales = (number(shrink), number(m_scale), number(g_scale), v_scale)
            adam(theta, g, slots[0, start:stop], slots[1, start:stop], l1, l2, a, b1, b2, epsilon, *scales)
