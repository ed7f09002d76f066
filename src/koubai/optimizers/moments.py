"""What Adam and its relatives share: running averages of the gradient and of its square."""

from dataclasses import dataclass

from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.core.formulas.tree import Quantity
from koubai.core.scalars import like
from koubai.optimizers.protocol import Optimizer, RuleSteps, Values, after


def averages(g: float, slots: Values, beta_1: float, beta_2: float) -> tuple[float, float]:
    """Return m and v of one parameter after this gradient, for kernels."""
    one = like(1.0, g)
    return beta_1 * slots[0] + (one - beta_1) * g, beta_2 * slots[1] + (one - beta_2) * g * g


@dataclass(frozen=True, slots=True)
class MomentRule(Optimizer):
    """A rule that remembers m ← β₁ m + (1 - β₁) g and v ← β₂ v + (1 - β₂) g² in its first two slots.

    Parameters
    ----------
    beta_1, beta_2 : float
        β₁ and β₂, in [0, 1), dimensionless: how much of m and of v is kept at each update.
    epsilon : float
        ε > 0, in units of g: keeps a parameter without gradient from 0 / 0.

    Raises
    ------
    ParameterError
        If β₁ or β₂ lies outside [0, 1) or ε is not > 0.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        check_real(self, "beta_1", "beta_2", at_least=0, below=1)
        check_real(self, "epsilon", above=0)

    def moments(self, gradient: Array, slots: Array) -> tuple[Array, Array]:
        """Return m and v after this gradient."""
        m = self.beta_1 * slots[0] + (1 - self.beta_1) * gradient
        v = self.beta_2 * slots[1] + (1 - self.beta_2) * gradient * gradient
        return m, v

    def explained_moments(self, steps: RuleSteps) -> tuple[Quantity, Quantity, Quantity, Quantity]:
        """Add the steps that compute m and v; return them with β₁ and β₂."""
        beta_1, beta_2 = steps.parameter("β", self.beta_1, (1,)), steps.parameter("β", self.beta_2, (2,))
        m = steps.define("mean", after("m"), beta_1 * steps.slot("m", 0) + (1 - beta_1) * steps.g)
        v = steps.define("mean_squares", after("v"), beta_2 * steps.slot("v", 1) + (1 - beta_2) * steps.g**2)
        return m, v, beta_1, beta_2
