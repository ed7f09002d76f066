"""Losses E, each with its derivative beside it.

A loss looks at one row: the outputs z = φ(u) of the last layer and the target y, both of shape (n_rows, n_outputs);
``rows`` gives one number a row, summed over the outputs. The loss of a set of rows is the weighted mean of them.
``delta`` gives δ^(L) = ∂E/∂u of each row, fused with the output's activation where that is simpler and stable
(sigmoid or softmax with cross-entropy: δ = z - y; lecture slides 57-58).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import xlogy

from koubai.core.activations.base import Activation
from koubai.core.activations.exponential import Exponential
from koubai.core.activations.sigmoid import Sigmoid
from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.core.errors import UndefinedError
from koubai.core.logarithms import log_complement, log_value, over, pull_back_log, pull_back_log_complement
from koubai.core.registry import resolve


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss E of outputs z against targets y: value per row and derivative."""

    name: ClassVar[str]
    lower: ClassVar[float] = -np.inf
    """The outputs must lie in [lower, upper]: an activation with a wider range cannot stand before this loss."""
    upper: ClassVar[float] = np.inf
    fused: ClassVar[type[Activation] | None] = None
    """The activation with which δ^(L) is simply z - y."""
    unit: ClassVar[str] = "dimensionless"

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return E of each row, shape (n_rows,)."""
        raise NotImplementedError

    def gradient(self, z: Array, y: Array) -> Array:
        """Return ∂E/∂z of each row, shape (n_rows, n_outputs)."""
        raise NotImplementedError

    def curvature(self, z: Array, y: Array) -> Array:
        """Return ∂²E/∂z² of each output, shape (n_rows, n_outputs); outputs add up, so there are no mixed derivatives.

        Raises
        ------
        UndefinedError
            If the loss does not say it.
        """
        raise UndefinedError(
            f"{self.name} must define curvature(z, y) for what rests on curvature, such as the Hessian; it has none. "
            f"Add it to {type(self).__name__}."
        )

    def delta(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return δ^(L) = ∂E/∂u of each row, shape (n_rows, n_outputs)."""
        if self.fused is not None and isinstance(activation, self.fused):
            return z - y
        return self.delta_by_chain_rule(activation, u, z, y)

    def delta_by_chain_rule(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return ∂E/∂z taken back through φ; losses of log z go through log φ instead, which does not vanish."""
        return activation.pull_back(u, z, self.gradient(z, y))

    def accepts(self, activation: Activation) -> bool:
        """Return whether the loss is defined on every value that the activation takes."""
        return self.lower <= activation.lower and activation.upper <= self.upper

    def spec(self) -> dict[str, Any]:
        """Return the name and the parameters, as plain data for a model file."""
        return {"name": self.name, **asdict(self)}


@dataclass(frozen=True, slots=True)
class HalfSquaredError(Loss):
    """E = ½ Σ_k (z_k - y_k)², ∂E/∂z_k = z_k - y_k (slide 50). Unit: squared target units."""

    name: ClassVar[str] = "half_squared_error"
    unit: ClassVar[str] = "squared target units"

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return ½ ‖z - y‖² of each row."""
        d = z - y
        return np.asarray(0.5 * (d * d).sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        """Return z - y."""
        return z - y

    def curvature(self, z: Array, y: Array) -> Array:
        """Return 1."""
        return np.ones_like(z)


@dataclass(frozen=True, slots=True)
class CrossEntropy(Loss):
    """E = -Σ_k y_k log z_k for one-hot or soft targets y (slide 51). Unit: nats.

    Behind softmax it is -Σ_k y_k log softmax(u)_k, computed by log-sum-exp, and δ_k = z_k Σ_j y_j - y_k,
    which is z_k - y_k for targets that add up to one.
    """

    name: ClassVar[str] = "cross_entropy"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1.0
    unit: ClassVar[str] = "nats"

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return -Σ_k y_k log z_k of each row; 0 log 0 counts as 0."""
        return np.asarray(0 - (y * log_value(activation, u, z)).sum(axis=1))  # 0, not -0, for a sure and right output

    def gradient(self, z: Array, y: Array) -> Array:
        """Return -y_k / z_k, and 0 where z_k has fallen below the smallest normal number."""
        return -over(y, z)

    def curvature(self, z: Array, y: Array) -> Array:
        """Return y_k / z_k²."""
        return _quotient(y, z * z)

    def delta_by_chain_rule(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return z_k Σ_j y_j - y_k behind softmax, else -y_k φ'(u_k) / φ(u_k)."""
        return pull_back_log(activation, u, z, -y)


@dataclass(frozen=True, slots=True)
class BinaryCrossEntropy(Loss):
    """E = -Σ_k [y_k log z_k + (1 - y_k) log(1 - z_k)], each output its own yes or no. Unit: nats.

    Behind the sigmoid, log z = log σ(u) and log(1 - z) = log σ(-u) are computed from u, and δ_k = z_k - y_k.
    """

    name: ClassVar[str] = "binary_cross_entropy"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1.0
    fused: ClassVar[type[Activation] | None] = Sigmoid
    unit: ClassVar[str] = "nats"

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return -Σ_k [y_k log z_k + (1 - y_k) log(1 - z_k)] of each row."""
        terms = y * log_value(activation, u, z) + (1 - y) * log_complement(activation, u, z)
        return np.asarray(0 - terms.sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        """Return (1 - y_k) / (1 - z_k) - y_k / z_k; a term whose denominator has vanished counts as 0."""
        return over(1 - y, 1 - z) - over(y, z)

    def curvature(self, z: Array, y: Array) -> Array:
        """Return y_k / z_k² + (1 - y_k) / (1 - z_k)²."""
        return _quotient(y, z * z) + _quotient(1 - y, (1 - z) * (1 - z))

    def delta_by_chain_rule(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return the chain rule through log z and log(1 - z)."""
        yes = pull_back_log(activation, u, z, -y)
        return yes + pull_back_log_complement(activation, u, z, y - 1)


@dataclass(frozen=True, slots=True)
class PerceptronLoss(Loss):
    """E = Σ_k max(0, -y_k z_k) for targets y_k = ±1 (slide 17). A correctly classified row costs nothing."""

    name: ClassVar[str] = "perceptron"

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return Σ_k max(0, -y_k z_k) of each row."""
        return np.asarray(np.maximum(0, -y * z).sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        """Return -y_k where y_k z_k <= 0, else 0.

        At z = 0 the loss has no derivative; -y is taken there, since the learning rule counts f(x) = 0 as a mistake
        for a positive row (slide 18) and as none for a negative one.
        """
        wrong = np.where(y > 0, y * z <= 0, y * z < 0)
        return np.where(wrong, -y, 0 * y)

    def curvature(self, z: Array, y: Array) -> Array:
        """Return 0, also at the kink."""
        return np.zeros_like(z)


@dataclass(frozen=True, slots=True)
class Hinge(Loss):
    """E = Σ_k max(0, 1 - y_k z_k) for targets y_k = ±1 (Cortes and Vapnik 1995)."""

    name: ClassVar[str] = "hinge"

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return Σ_k max(0, 1 - y_k z_k) of each row."""
        return np.asarray(np.maximum(0, 1 - y * z).sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        """Return -y_k where y_k z_k < 1, else 0 (also at the kink)."""
        return np.where(y * z < 1, -y, 0 * y)

    def curvature(self, z: Array, y: Array) -> Array:
        """Return 0, also at the kink."""
        return np.zeros_like(z)


@dataclass(frozen=True, slots=True)
class Huber(Loss):
    """E = Σ_k ½ d² for |d| <= threshold, else threshold (|d| - ½ threshold), d = z_k - y_k (Huber 1964)."""

    name: ClassVar[str] = "huber"
    unit: ClassVar[str] = "squared target units"
    threshold: float = 1.0

    def __post_init__(self) -> None:
        check_real(self, "threshold", above=0)

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return the Huber loss of each row."""
        t = z.dtype.type(self.threshold)
        a = np.abs(z - y)
        near = np.minimum(a, t)
        return np.asarray((near * (a - near / 2)).sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        """Return z_k - y_k, cut to [-threshold, threshold]."""
        t = z.dtype.type(self.threshold)
        return np.clip(z - y, -t, t)

    def curvature(self, z: Array, y: Array) -> Array:
        """Return 1 for |d| < threshold, else 0."""
        return (np.abs(z - y) < self.threshold).astype(z.dtype)


@dataclass(frozen=True, slots=True)
class Poisson(Loss):
    """E = Σ_k [z_k - y_k + y_k log(y_k / z_k)], half the Poisson deviance of counts y_k >= 0 around means z_k > 0.

    Behind exp, log z = u, and δ_k = z_k - y_k. Unit: nats.
    """

    name: ClassVar[str] = "poisson"
    lower: ClassVar[float] = 0.0
    fused: ClassVar[type[Activation] | None] = Exponential
    unit: ClassVar[str] = "nats"

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return Σ_k [z_k - y_k + y_k log(y_k / z_k)] of each row."""
        return np.asarray((z - y + xlogy(y, y) - y * log_value(activation, u, z)).sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        """Return 1 - y_k / z_k; where z_k has vanished, 1."""
        return 1 - over(y, z)

    def curvature(self, z: Array, y: Array) -> Array:
        """Return y_k / z_k²."""
        return _quotient(y, z * z)

    def delta_by_chain_rule(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return the chain rule through z and log z."""
        return activation.pull_back(u, z, np.ones_like(z)) + pull_back_log(activation, u, z, -y)


def _quotient(above: Array, below: Array) -> Array:
    """Return above / below, and 0 where ``above`` is 0; what overflows is left to be seen as infinity."""
    with np.errstate(all="ignore"):
        return np.where(above == 0, 0, above / below)


LOSSES: Mapping[str, type[Loss]] = {
    kind.name: kind
    for kind in (HalfSquaredError, CrossEntropy, BinaryCrossEntropy, PerceptronLoss, Hinge, Huber, Poisson)
}
"""Every loss by name."""

ALIASES: Mapping[str, str] = {
    "squared_error": "half_squared_error",
    "mse": "half_squared_error",
    "log_loss": "cross_entropy",
}
"""Other names in use, scikit-learn's among them."""


def get_loss(given: "str | Loss | Mapping[str, Any]", who: str = "loss") -> Loss:
    """Return the loss that a name, an instance, or a stored ``spec()`` stands for.

    Raises
    ------
    ParameterError
        If no loss has that name, or it lacks a named parameter.
    ParameterTypeError
        If ``given`` is none of the three.

    Examples
    --------
    >>> get_loss("huber")
    Huber(threshold=1.0)
    """
    return resolve(given, Loss, LOSSES, ALIASES, who, "loss")
