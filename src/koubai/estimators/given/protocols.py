"""What functions ask of an estimator of networks: its parameters, as the constructor keeps them.

Values of parameters are those that scikit-learn's constraints allow (`training_choices.CONSTRAINTS`).
"""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Protocol

from koubai.core.activations.base import Activation
from koubai.core.arrays import Array
from koubai.engines.protocol import Engine
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.schedules import Schedule
from koubai.training.loop import Callbacks


class TrainingParameters(Protocol):
    """Parameters of every estimator of networks: how it is trained."""

    alpha: float
    l1: float
    clip_norm: float | None
    batch_size: int | str
    shuffle: bool
    random_state: object
    solver: str
    optimizer: str | Optimizer | Mapping[str, object] | None
    schedule: str | Schedule | Mapping[str, object] | None
    learning_rate: str
    learning_rate_init: float | None
    power_t: float
    momentum: float
    nesterovs_momentum: bool
    beta_1: float
    beta_2: float
    epsilon: float
    max_iter: int
    epochs: int | None
    rate_factors: Mapping[str, float] | None
    decay_factors: Mapping[str, float] | None
    engine: str | Engine
    n_jobs: int | None
    callbacks: Callbacks
    checkpoint: str | PathLike[str] | None
    checkpoint_every: float
    keep_checkpoint: bool

    def _usual_batch_size(self, n_rows: int) -> int:
        """Return the rows per update where ``batch_size`` is "auto"."""
        ...


class DenseParameters(TrainingParameters, Protocol):
    """Parameters of an estimator with hidden layers of nodes."""

    hidden_layer_sizes: int | Sequence[int] | Array
    activation: str | Activation | list[str | Activation] | tuple[str | Activation, ...]
    dropout: float | list[float] | tuple[float, ...]
    embedding: str | Mapping[str, object] | None
    scaling: bool
    parametrization: str
    learned_activation: bool
    init: str
