"""Factors on the learning rate and the weight decay by group of parameters, and an update that heeds them.

A layer's kind says which group each of its blocks is in (`koubai.core.layers.base.GROUPS`): a rule on vectors knows
nothing of layers, so it is applied block by block, with the block's own rate and decay.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.layers.base import GROUPS, Block
from koubai.core.network import Network
from koubai.optimizers.protocol import Optimizer


@dataclass(frozen=True, slots=True)
class Factors:
    """Factors on α and on the weight decay λ by group of parameters; a group not named has the factor 1.

    Parameters
    ----------
    rates, decays : mapping of str to float
        Factors >= 0, dimensionless, by the name of a group: ``{"biases": 0.1, "scales": 6}``. λ's factor comes on top
        of α's, since rules decay by α λ.

    Raises
    ------
    ParameterError
        If there is no such group, or a factor is not a finite number >= 0.

    Examples
    --------
    >>> Factors({"biases": 0.1}, {"biases": 0}).of(Block("biases", (3,), "biases"))
    (0.1, 0.0)
    """

    rates: Mapping[str, float] = field(default_factory=dict)
    decays: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("rates", "decays"):
            object.__setattr__(self, name, checked_factors(getattr(self, name), f"Factors: {name}"))

    @property
    def are_one(self) -> bool:
        """Whether no group differs from the others."""
        return all(factor == 1 for given in (self.rates, self.decays) for factor in given.values())

    def of(self, block: Block) -> tuple[float, float]:
        """Return the factors on α and on λ of a block of parameters."""
        return self.rates.get(block.group, 1.0), self.decays.get(block.group, 1.0)

    def spec(self) -> dict[str, dict[str, float]]:
        """Return both as plain data for a checkpoint."""
        return {"rates": dict(self.rates), "decays": dict(self.decays)}


def checked_factors(given: Any, who: str) -> dict[str, float]:
    """Return factors by group as plain numbers; None stands for none.

    Raises
    ------
    ParameterError
        If it is no mapping, there is no such group, or a factor is not a finite number >= 0.
    """
    if given is not None and not isinstance(given, Mapping):
        raise ParameterError(
            f"{who} must be a mapping from groups of parameters to factors; got {given!r}. Try {{'biases': 0.1}}."
        )
    for group, factor in (given or {}).items():
        if group not in GROUPS:
            raise ParameterError(
                f"{who} must name groups of parameters, which are {', '.join(GROUPS)}; got {group!r}. "
                f"Try {{'biases': 0.1}}."
            )
        number = isinstance(factor, Real) and not isinstance(factor, bool | np.bool_)
        if not number or not 0 <= float(factor) < np.inf:
            raise ParameterError(f"{who} must be finite numbers >= 0; got {factor!r} for {group}. Try 0.1.")
    return {str(group): float(factor) for group, factor in (given or {}).items()}


def check_decays(rule: Optimizer, factors: Factors, varies: bool, who: str) -> None:
    """Raise ParameterError if a weight decay is asked to differ or to change that the rule does not have."""
    if rule.decay or not (varies or factors.decays):
        return
    what = "decay_schedule" if varies else "decay_factors"
    raise ParameterError(
        f"{who}: {what} must be left out with an optimizer without weight decay; got the optimizer {rule.name}. "
        f"Try the optimizer adamw."
    )


def step_by_groups(
    network: Network,
    factors: Factors,
    rule: Optimizer,
    theta: Array,
    gradient: Array,
    slots: Array,
    t: int,
    learning_rate: float,
    decay: float = 1.0,
) -> tuple[Array, Array]:
    """Return θ and the slots after update ``t``, each block of θ with its group's rate and decay.

    Parameters
    ----------
    decay : float
        The factor on λ of this update, for all groups.
    """
    if factors.are_one:
        return rule.with_decay(decay).step(theta, gradient, slots, t, learning_rate)
    after, slots_after = theta.copy(), slots.copy()
    for block, start, stop in (span for spans in network.spans for span in spans):
        of_rate, of_decay = factors.of(block)
        own, part = rule.with_decay(decay * of_decay), slice(start, stop)
        after[part], slots_after[:, part] = own.step(
            theta[part], gradient[part], slots[:, part], t, learning_rate * of_rate
        )
    return after, slots_after
