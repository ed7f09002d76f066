"""Optimizers by name."""

from collections.abc import Mapping
from typing import Any

from koubai.core.errors import Parameter
from koubai.core.registry import resolve
from koubai.optimizers.adadelta import Adadelta
from koubai.optimizers.adagrad import Adagrad
from koubai.optimizers.adam import Adam
from koubai.optimizers.adamw import AdamW
from koubai.optimizers.amsgrad import AMSGrad
from koubai.optimizers.lion import Lion
from koubai.optimizers.momentum import Momentum
from koubai.optimizers.nadam import Nadam
from koubai.optimizers.nesterov import Nesterov
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.rmsprop import RMSprop
from koubai.optimizers.sgd import SGD

OPTIMIZERS: Mapping[str, type[Optimizer]] = {
    kind.name: kind for kind in (SGD, Momentum, Nesterov, Adagrad, Adadelta, RMSprop, Adam, AdamW, Nadam, AMSGrad, Lion)
}
"""Every optimizer by name."""

ALIASES: Mapping[str, str] = {"gradient_descent": "sgd", "steepest_descent": "sgd", "nag": "nesterov"}
"""Other names in use."""


def get_optimizer(given: "str | Optimizer | Mapping[str, Any]", who: str | Parameter = "optimizer") -> Optimizer:
    """Return the optimizer that a name, an instance, or a stored ``spec()`` stands for.

    Raises
    ------
    ParameterError
        If no optimizer has that name, it lacks a named parameter, or a parameter is out of range.
    ParameterTypeError
        If ``given`` is none of the three.

    Examples
    --------
    >>> get_optimizer("nag")
    Nesterov(momentum=0.9)
    >>> get_optimizer({"name": "adam", "beta_1": 0.5})
    Adam(beta_1=0.5, beta_2=0.999, epsilon=1e-08)
    """
    return resolve(given, Optimizer, OPTIMIZERS, ALIASES, who, "optimizer")
