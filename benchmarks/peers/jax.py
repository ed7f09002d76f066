"""JAX: all epochs in one compiled call, a scan over epochs around a scan over batches, with donated buffers.

The orders of the rows are drawn by NumPy, inside the timed part, since JAX's own shuffle sorts and is slower.
The loss's value is not asked for, so XLA computes only its gradient.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.cases import ADAM, Case
from benchmarks.data import Data
from benchmarks.peers.protocol import Array, initial_thetas, layers_of

FUNCTIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}
each = jax.tree_util.tree_map


def logits(case: Case, parameters: Any, inputs: Any) -> Any:
    """Return the outputs before the last activation."""
    z = inputs
    for weights, biases in parameters[:-1]:
        z = FUNCTIONS[case.hidden](z @ weights + biases)
    weights, biases = parameters[-1]
    return z @ weights + biases


def mean_loss(case: Case, parameters: Any, inputs: Any, labels: Any) -> Any:
    """Return the cross-entropy, averaged over rows."""
    u = logits(case, parameters, inputs)
    if case.sizes[-1] == 1:
        return jnp.mean(jax.nn.softplus(u[:, 0]) - labels * u[:, 0])
    chosen = jnp.take_along_axis(jax.nn.log_softmax(u), labels[:, None], axis=1)
    return -jnp.mean(chosen)


def adam(case: Case, carry: Any, gradient: Any) -> Any:
    """One update by Adam."""
    parameters, m, v, t = carry
    b1, b2 = ADAM["beta_1"], ADAM["beta_2"]
    t = t + 1
    m = each(lambda m, g: b1 * m + (1 - b1) * g, m, gradient)
    v = each(lambda v, g: b2 * v + (1 - b2) * g * g, v, gradient)
    size, scale = case.learning_rate / (1 - b1**t), 1 / (1 - b2**t)
    parameters = each(lambda p, m, v: p - size * m / (jnp.sqrt(v * scale) + case.epsilon), parameters, m, v)
    return parameters, m, v, t


def sgd(case: Case, carry: Any, gradient: Any) -> Any:
    """One plain update."""
    parameters, m, v, t = carry
    return each(lambda p, g: p - case.learning_rate * g, parameters, gradient), m, v, t


def make_training(case: Case, inputs: Any, labels: Any) -> Any:
    """Return a function (carry, orders) → carry that runs all epochs of one network."""
    rule = adam if case.optimizer == "adam" else sgd
    full = case.rows // case.batch
    gradient_of = jax.grad(partial(mean_loss, case))

    def step(carry: Any, batch: Any) -> Any:
        return rule(case, carry, gradient_of(carry[0], *batch)), None

    def epoch(carry: Any, order: Any) -> Any:
        x, y = inputs[order], labels[order]
        end = full * case.batch
        batches = x[:end].reshape(full, case.batch, -1), y[:end].reshape(full, case.batch)
        carry, _ = lax.scan(step, carry, batches)
        if end < case.rows:
            carry, _ = step(carry, (x[end:], y[end:]))
        return carry, None

    return lambda carry, orders: lax.scan(epoch, carry, orders)[0]


class Trainer:
    """One network, or many through ``vmap``."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int, shuffle: bool) -> None:
        jax.config.update("jax_enable_x64", dtype == "float64")
        self.case, self.shuffle = case, shuffle
        self.initial = initial_thetas(case, dtype)
        labels = data.labels.astype(dtype if case.sizes[-1] == 1 else np.int32)
        one = make_training(case, jnp.asarray(data.inputs), jnp.asarray(labels))
        self.many = case.networks > 1
        self.run = jax.jit(jax.vmap(one) if self.many else one, donate_argnums=0)
        self.numbers = np.random.default_rng(0)

    def start(self) -> None:
        networks = [layers_of(self.case, theta) for theta in self.initial]
        parameters = each(lambda *parts: jnp.asarray(np.stack(parts)), *networks) if self.many else networks[0]
        count = jnp.zeros(self.case.networks if self.many else (), self.initial.dtype)
        parameters = each(jnp.array, parameters)
        memory = [each(jnp.zeros_like, parameters) for _ in range(2)]
        self.carry = jax.block_until_ready((parameters, *memory, count))

    def orders(self) -> Array:
        """Return the order of rows of each epoch, (epochs, n), for many networks (networks, epochs, n)."""
        shape = (self.case.networks, self.case.epochs, self.case.rows)
        orders = np.broadcast_to(np.arange(self.case.rows, dtype=np.int32), shape)
        if self.shuffle:
            orders = self.numbers.permuted(orders, axis=2)
        return orders if self.many else orders[0]

    def train(self) -> None:
        self.carry = jax.block_until_ready(self.run(self.carry, self.orders()))

    def theta(self) -> Array:
        flat = [np.asarray(p).reshape(self.case.networks, -1) for layer in self.carry[0] for p in layer]
        return np.concatenate(flat, axis=1)


class Predictor:
    """A compiled forward pass."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int) -> None:
        jax.config.update("jax_enable_x64", dtype == "float64")
        self.parameters = each(jnp.array, layers_of(case, initial_thetas(case, dtype)[0]))
        self.inputs = jnp.asarray(data.inputs)
        self.forward = jax.jit(lambda parameters, x: jax.nn.softmax(logits(case, parameters, x)))

    def predict(self) -> Any:
        return jax.block_until_ready(self.forward(self.parameters, self.inputs))
