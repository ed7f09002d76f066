"""Activation functions φ, each with its derivative φ' beside it.

Every class takes a pre-activation ``u`` of shape (n_rows, n_nodes) and gives the activation ``z = φ(u)`` of the
same shape and dtype. ``derivative(u, z)`` is φ'(u) element by element; ``pull_back(u, z, g)`` turns ∂E/∂z into
∂E/∂u, which is ``g · φ'(u)`` for every activation but softmax, whose outputs depend on each other.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import erf, expit

from koubai.core.checks import check_real
from koubai.core.registry import resolve

Array = npt.NDArray[Any]

SQRT_2 = 1.4142135623730951
SQRT_2_PI = 2.5066282746310002


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation function φ: values, derivative, and the range that its values lie in."""

    name: ClassVar[str]
    lower: ClassVar[float] = -np.inf
    upper: ClassVar[float] = np.inf

    def value(self, u: Array) -> Array:
        """Return z = φ(u)."""
        raise NotImplementedError

    def derivative(self, u: Array, z: Array) -> Array:
        """Return φ'(u), given z = φ(u) so that nothing is computed twice."""
        raise NotImplementedError

    def pull_back(self, u: Array, z: Array, g: Array) -> Array:
        """Return ∂E/∂u from g = ∂E/∂z: the chain rule through φ."""
        return g * self.derivative(u, z)

    def spec(self) -> dict[str, Any]:
        """Return the name and the parameters, as plain data for a model file."""
        return {"name": self.name, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Identity(Activation):
    """φ(u) = u, φ'(u) = 1: the output of regression (lecture slide 33)."""

    name: ClassVar[str] = "identity"

    def value(self, u: Array) -> Array:
        """Return u."""
        return u.copy()

    def derivative(self, u: Array, z: Array) -> Array:
        """Return 1."""
        return np.ones_like(u)


@dataclass(frozen=True, slots=True)
class Step(Activation):
    """φ(u) = 1 if u > 0 else 0; φ'(u) = 0: the perceptron's output, without a useful derivative (slides 26, 32)."""

    name: ClassVar[str] = "step"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1.0

    def value(self, u: Array) -> Array:
        """Return 1 where u > 0, else 0."""
        return np.heaviside(u, u.dtype.type(0))  # unlike a comparison, keeps NaN

    def derivative(self, u: Array, z: Array) -> Array:
        """Return 0, also at the jump where no derivative exists."""
        return np.zeros_like(u)


@dataclass(frozen=True, slots=True)
class Sigmoid(Activation):
    """φ(u) = 1 / (1 + exp(-u)), φ' = z (1 - z): a probability (slide 34; its range is (0, 1))."""

    name: ClassVar[str] = "sigmoid"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1.0

    def value(self, u: Array) -> Array:
        """Return 1 / (1 + exp(-u)) without overflow."""
        return np.asarray(expit(u))

    def derivative(self, u: Array, z: Array) -> Array:
        """Return z (1 - z)."""
        return z * (1 - z)


@dataclass(frozen=True, slots=True)
class Tanh(Activation):
    """φ(u) = tanh(u), φ' = 1 - z²."""

    name: ClassVar[str] = "tanh"
    lower: ClassVar[float] = -1.0
    upper: ClassVar[float] = 1.0

    def value(self, u: Array) -> Array:
        """Return tanh(u)."""
        return np.tanh(u)

    def derivative(self, u: Array, z: Array) -> Array:
        """Return 1 - z²."""
        return 1 - z * z


@dataclass(frozen=True, slots=True)
class ReLU(Activation):
    """φ(u) = max(0, u), φ' = 1 for u > 0, else 0 (slide 36; 0 at 0 by convention)."""

    name: ClassVar[str] = "relu"
    lower: ClassVar[float] = 0.0

    def value(self, u: Array) -> Array:
        """Return max(0, u)."""
        return np.maximum(u, 0)

    def derivative(self, u: Array, z: Array) -> Array:
        """Return 1 where u > 0, else 0."""
        return (u > 0).astype(u.dtype)


@dataclass(frozen=True, slots=True)
class LeakyReLU(Activation):
    """φ(u) = u for u > 0, else slope · u (Maas, Hannun and Ng 2013)."""

    name: ClassVar[str] = "leaky_relu"
    slope: float = 0.01

    def __post_init__(self) -> None:
        check_real(self, "slope")

    def value(self, u: Array) -> Array:
        """Return u where u > 0, else slope · u."""
        return np.where(u > 0, u, u * u.dtype.type(self.slope))

    def derivative(self, u: Array, z: Array) -> Array:
        """Return 1 where u > 0, else the slope."""
        return np.where(u > 0, u.dtype.type(1), u.dtype.type(self.slope))


@dataclass(frozen=True, slots=True)
class ELU(Activation):
    """φ(u) = u for u > 0, else scale · (exp(u) - 1) (Clevert, Unterthiner and Hochreiter 2016, equation 16)."""

    name: ClassVar[str] = "elu"
    scale: float = 1.0

    def __post_init__(self) -> None:
        check_real(self, "scale", at_least=0)

    def value(self, u: Array) -> Array:
        """Return u where u > 0, else scale · (exp(u) - 1)."""
        return np.where(u > 0, u, u.dtype.type(self.scale) * np.expm1(np.minimum(u, 0)))

    def derivative(self, u: Array, z: Array) -> Array:
        """Return 1 where u > 0, else scale · exp(u)."""
        return np.where(u > 0, u.dtype.type(1), u.dtype.type(self.scale) * np.exp(np.minimum(u, 0)))


@dataclass(frozen=True, slots=True)
class GELU(Activation):
    """φ(u) = u Φ(u) with the normal distribution function Φ, exact form (Hendrycks and Gimpel 2016)."""

    name: ClassVar[str] = "gelu"
    lower: ClassVar[float] = -0.17

    def value(self, u: Array) -> Array:
        """Return u Φ(u), Φ(u) = (1 + erf(u / √2)) / 2."""
        half, root = u.dtype.type(0.5), u.dtype.type(SQRT_2)
        return np.asarray(u * (half * (1 + erf(u / root))))

    def derivative(self, u: Array, z: Array) -> Array:
        """Return Φ(u) + u φ(u), φ being the normal density."""
        half, root, norm = u.dtype.type(0.5), u.dtype.type(SQRT_2), u.dtype.type(SQRT_2_PI)
        density = np.exp(-half * np.minimum(np.abs(u), 100) ** 2) / norm
        return np.asarray(half * (1 + erf(u / root)) + u * density)


@dataclass(frozen=True, slots=True)
class SiLU(Activation):
    """φ(u) = u σ(u), also called swish (Elfwing, Uchibe and Doya 2018)."""

    name: ClassVar[str] = "silu"
    lower: ClassVar[float] = -0.28

    def value(self, u: Array) -> Array:
        """Return u σ(u)."""
        return np.asarray(u * expit(u))

    def derivative(self, u: Array, z: Array) -> Array:
        """Return σ(u) (1 + u (1 - σ(u)))."""
        s = expit(u)
        return np.asarray(s * (1 + u * (1 - s)))


@dataclass(frozen=True, slots=True)
class Softplus(Activation):
    """φ(u) = log(1 + exp(u)), φ' = σ(u) (Dugas and others 2001)."""

    name: ClassVar[str] = "softplus"
    lower: ClassVar[float] = 0.0

    def value(self, u: Array) -> Array:
        """Return max(u, 0) + log(1 + exp(-|u|)): the same number, without overflow."""
        return np.asarray(np.maximum(u, 0) + np.log1p(np.exp(-np.abs(u))))

    def derivative(self, u: Array, z: Array) -> Array:
        """Return σ(u)."""
        return np.asarray(expit(u))


@dataclass(frozen=True, slots=True)
class Exponential(Activation):
    """φ(u) = exp(u), φ' = z: the output of Poisson regression (the inverse of its log link)."""

    name: ClassVar[str] = "exponential"
    lower: ClassVar[float] = 0.0

    def value(self, u: Array) -> Array:
        """Return exp(u); an overflow is left to be seen as infinity."""
        with np.errstate(over="ignore"):
            return np.exp(u)

    def derivative(self, u: Array, z: Array) -> Array:
        """Return z."""
        return z.copy()


@dataclass(frozen=True, slots=True)
class Softmax(Activation):
    """φ(u)_k = exp(u_k) / Σ_j exp(u_j) over the nodes of a row (slide 35)."""

    name: ClassVar[str] = "softmax"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1.0

    def value(self, u: Array) -> Array:
        """Return exp(u_k - max u) / Σ_j exp(u_j - max u): the same number, without overflow."""
        e = np.exp(u - u.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))

    def derivative(self, u: Array, z: Array) -> Array:
        """Return the diagonal ∂z_k/∂u_k = z_k (1 - z_k) alone; ``pull_back`` has the whole Jacobian."""
        return z * (1 - z)

    def pull_back(self, u: Array, z: Array, g: Array) -> Array:
        """Return z_k (g_k - Σ_j g_j z_j), from ∂z_j/∂u_k = z_j ([j = k] - z_k)."""
        return np.asarray(z * (g - (g * z).sum(axis=1, keepdims=True)))


ACTIVATIONS: Mapping[str, type[Activation]] = {
    kind.name: kind
    for kind in (
        Identity,
        Step,
        Sigmoid,
        Tanh,
        ReLU,
        LeakyReLU,
        ELU,
        GELU,
        SiLU,
        Softplus,
        Exponential,
        Softmax,
    )
}
"""Every activation by name."""

ALIASES: Mapping[str, str] = {"logistic": "sigmoid", "linear": "identity", "swish": "silu", "exp": "exponential"}
"""Other names in use: scikit-learn's and Keras's."""


def get_activation(given: "str | Activation | Mapping[str, Any]", who: str = "activation") -> Activation:
    """Return the activation that a name, an instance, or a stored ``spec()`` stands for.

    Raises
    ------
    ParameterError
        If no activation has that name, or it lacks a named parameter.
    ParameterTypeError
        If ``given`` is none of the three.

    Examples
    --------
    >>> get_activation("relu")
    ReLU()
    >>> get_activation({"name": "leaky_relu", "slope": 0.2})
    LeakyReLU(slope=0.2)
    """
    return resolve(given, Activation, ACTIVATIONS, ALIASES, who, "activation")
