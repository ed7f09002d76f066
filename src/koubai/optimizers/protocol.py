"""The interface of an optimizer: a pure rule (θ, gradient, slots, t, α) → (θ', slots').

The slots are the rule's state (a velocity, running averages): a matrix of shape (n_slots, n_parameters), zero at
the start. ``t`` counts updates from 1. The learning rate α comes from outside at every update, so that a schedule can
change it. Rules are written for one vector θ and work for any shape that broadcasts, so a descent in the plane and a
network with a million parameters use the same code.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, NamedTuple, Protocol, Self, TypeAlias

import numpy as np

from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula, Quantity, Symbol

Values: TypeAlias = tuple[float, ...]
"""Numbers passed to and from kernels: slots of one parameter, hyperparameters in declared order, constants."""


class Kernel(NamedTuple):
    """A rule for the compiled engine.

    ``update(w, g, slots, c)`` returns one parameter's new value and its new slots. ``constants(rate, powers, h)`` is
    called once per update for c: everything that is the same for all parameters, from α, the hyperparameters h, and hᵗ
    of the first ``n_powers`` of them. It computes in float64; ``update`` receives c in the precision of θ.

    They use only the functions of `koubai.core.scalars`, arithmetic, comparisons, and functions restricted likewise.
    """

    update: Callable[..., Any]
    constants: Callable[..., Any]
    n_powers: int = 0


class RuleSteps(Protocol):
    """The building blocks of an explanation of one weight's update: quantities with their numbers, step by step."""

    w: Quantity
    g: Quantity
    rate: Quantity
    time: Quantity

    def parameter(self, letter: str, value: float, lower: tuple[int, ...] = ()) -> Quantity:
        """Return a hyperparameter of the rule."""
        ...

    def slot(self, letter: str, index: int) -> Quantity:
        """Return a slot of the rule for this weight, from before the update."""
        ...

    def define(self, key: str, subject: Symbol, formula: Formula) -> Quantity:
        """Add the step that computes a quantity, under the text ``explain.update.<key>``; return the quantity."""
        ...

    def move(self, formula: Formula | None) -> None:
        """Add the last step: the weight's new value; without a formula, just its number."""
        ...


def after(letter: str) -> Symbol:
    """Return the symbol of a slot after the update."""
    return Symbol(letter, prime=True)


@dataclass(frozen=True, slots=True)
class Optimizer:
    """A gradient method. Subclasses are frozen records of hyperparameters, with the rule in ``step``.

    ``n_slots`` is the number of vectors like θ that the rule stores; ``default_learning_rate`` is the α of the paper or
    of common practice.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    """Aliases."""
    code: ClassVar[int] = -1
    """Its code in the compiled engine and its position in lists; -1 if it is not compiled."""
    n_slots: ClassVar[int] = 0
    default_learning_rate: ClassVar[float] = 1e-3
    parts_of_limit: ClassVar[int] = 20
    """α for a first look at a function is `stability_limit` divided by this."""
    share_of_width: ClassVar[float] = 0.02
    """The same if there is no such limit, as a share of the width of the window."""
    decay: ClassVar[str] = ""
    """The hyperparameter that is the weight decay λ, if the rule has one."""
    needs_no_rate: ClassVar[bool] = False
    """Whether steps are in the parameters' own units, so that the default α suits any function."""
    kernel: ClassVar[Kernel | None] = None

    def init(self, theta: Array) -> Array:
        """Return the slots before the first update: zeros, (n_slots, *theta.shape)."""
        return np.zeros((self.n_slots, *theta.shape), dtype=theta.dtype)

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ and the slots after update ``t`` (counted from 1); the arguments are not modified."""
        raise NotImplementedError

    def with_decay(self, factor: float) -> Self:
        """Return the rule with its weight decay λ times ``factor``; a rule without λ is returned unchanged."""
        if factor == 1 or not self.decay:
            return self
        changed: dict[str, Any] = {self.decay: factor * getattr(self, self.decay)}
        return replace(self, **changed)

    def explain(self, steps: RuleSteps) -> None:
        """Show the update of one weight, step by step; a rule that defines nothing is shown by its result."""
        steps.move(None)

    def stability_limit(self, curvature: float) -> float | None:
        """Return the α above which the rule diverges on a quadratic of curvature λ > 0; None if no limit."""
        return None

    def spec(self) -> dict[str, Any]:
        """Return the name and the hyperparameters, as plain data for a checkpoint."""
        return {"name": self.name, **asdict(self)}
