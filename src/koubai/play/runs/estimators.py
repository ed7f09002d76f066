"""An estimator as the starting point of a playground, and as what comes of one: its network, and how it trains."""

from dataclasses import replace
from typing import TypeAlias

import numpy as np

from koubai.core.activations import ACTIVATIONS
from koubai.core.errors import ParameterError
from koubai.core.losses import get_loss
from koubai.core.schema import Record
from koubai.engines.protocol import Patience
from koubai.estimators.classifier import MLPClassifier
from koubai.estimators.convolution.classifier import ConvClassifier
from koubai.estimators.given import training_choices as choices
from koubai.estimators.perceptron import Perceptron
from koubai.estimators.regressor import MLPRegressor
from koubai.optimizers.adam import Adam
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.schedules import Constant, Schedule
from koubai.play.datasets import CLASSES
from koubai.play.runs.experiment import Experiment, Moment
from koubai.play.runs.recipe import Recipe
from koubai.play.settings import ENDLESS, MOST_LAYERS, Settings
from koubai.training.history import History
from koubai.training.run import Run

Network: TypeAlias = MLPClassifier | MLPRegressor
Playable: TypeAlias = Network | Perceptron
"""Estimators that a playground can start from."""

WIDEST = 128
"""Maximum number of nodes in a layer that can be drawn."""

NEUTRAL = {"early_stopping": False, "class_weight": None, "n_starts": 1}
"""Parameters that the playground ignores, with their neutral values."""
PERCEPTRON_NEUTRAL = {"penalty": None, "fit_intercept": True, "variant": "plain", "order": None, "init": "zeros"}
LOG_LOSS = {"cross_entropy": "log_loss", "binary_cross_entropy": "log_loss"}
"""Losses of classes by the names that estimators have for them."""


def settings_of(estimator: Playable, n_rows: int | None = None) -> Settings:
    """Return the settings equivalent to an estimator's parameters.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor or Perceptron
    n_rows : int, optional
        Number of training rows, if known.

    Raises
    ------
    ParameterError
        If the network is too large to draw, or has an activation unknown to the page.

    Examples
    --------
    >>> from koubai import MLPClassifier
    >>> found = settings_of(MLPClassifier((8, 4), activation="tanh", learning_rate_init=0.01, random_state=3))
    >>> found.hidden, found.activations, found.optimizer, found.learning_rate, found.seed
    ((8, 4), ('tanh', 'tanh'), 'adam', 0.01, 3)
    """
    if isinstance(estimator, Perceptron):
        return Settings(
            dataset="gauss", mode="perceptron", learning_rate=float(estimator.eta0), seed=_seed(estimator.random_state)
        )
    sizes = choices.hidden_sizes(estimator)
    _check_drawn(estimator, sizes)
    rule, schedule = _rule(estimator), _course(estimator).name
    rows = 10**9 if n_rows is None else n_rows
    batch = 200 if estimator.batch_size == "auto" else int(estimator.batch_size)
    settings = Settings(
        dataset="plane" if isinstance(estimator, MLPRegressor) else "circle",
        hidden=tuple(sizes),
        activations=tuple(_activation_names(estimator, len(sizes))),
        dropout=tuple(float(rate) for rate in choices.one_for_each_layer(estimator, "dropout", len(sizes))),
        loss=get_loss(estimator.loss, f"{choices.name_of(estimator)}: loss").name,
        optimizer=rule.name,
        learning_rate=choices.base_learning_rate(estimator, rule),
        schedule=schedule,
        l1=float(estimator.l1),
        l2=float(estimator.alpha),
        batch_size=min(batch, rows),
        init=estimator.init,
        seed=_seed(estimator.random_state),
    )
    if schedule == "constant":
        return settings
    return replace(settings, stop_at=estimator.max_iter if estimator.epochs is None else estimator.epochs)


def recipe_of(estimator: Playable) -> Recipe | None:
    """Return how an estimator trains; None for the perceptron, whose rule is built in."""
    if isinstance(estimator, Perceptron):
        return None
    return Recipe(_rule(estimator), _course(estimator), bool(estimator.shuffle), float(estimator.clip_norm or 0.0))


def left_aside(estimator: Playable) -> list[str]:
    """Return the names of parameters that request something the playground does not have."""
    found = [name for name, neutral in NEUTRAL.items() if getattr(estimator, name, neutral) != neutral]
    if isinstance(estimator, Perceptron):
        return found + [name for name, neutral in PERCEPTRON_NEUTRAL.items() if getattr(estimator, name) != neutral]
    if choices.uses_lbfgs(estimator):
        found.append("L-BFGS (Adam takes its place)")
    elif choices.chosen_schedule(estimator).name in ENDLESS:
        found.append("the adaptive schedule (the learning rate stays constant)")
    return found


def _rule(estimator: Network) -> Optimizer:
    return Adam() if choices.uses_lbfgs(estimator) else choices.chosen_optimizer(estimator)


def _course(estimator: Network) -> Schedule:
    course = Constant() if choices.uses_lbfgs(estimator) else choices.chosen_schedule(estimator)
    return Constant() if course.name in ENDLESS else course


def _seed(random_state: int | np.random.RandomState | None) -> int:
    """Return the seed for a ``random_state``; a generator is read without advancing it."""
    if random_state is None:
        return int(np.random.default_rng().integers(2**31))
    if isinstance(random_state, np.random.RandomState):
        twin = np.random.RandomState()
        twin.set_state(random_state.get_state())
        return int(twin.randint(2**31 - 1))
    return int(random_state)


def _check_drawn(estimator: Network, sizes: list[int]) -> None:
    who = f"{choices.name_of(estimator)}: play"
    if len(sizes) > MOST_LAYERS:
        raise ParameterError(f"{who} can draw at most {MOST_LAYERS} hidden layers; got {len(sizes)}. Try fewer.")
    if max(sizes, default=0) > WIDEST:
        raise ParameterError(
            f"{who} can draw layers of at most {WIDEST} nodes; got {max(sizes)}. Try smaller hidden_layer_sizes."
        )


def _activation_names(estimator: Network, n_hidden: int) -> list[str]:
    names = [activation.name for activation in choices.hidden_activations(estimator, n_hidden)]
    for name in names:
        if name not in ACTIVATIONS or name == "softmax":
            known = ", ".join(known for known in ACTIVATIONS if known != "softmax")
            raise ParameterError(
                f"{choices.name_of(estimator)}: activation must be one of {known} in the playground; got {name!r}."
            )
    return names


def parameters_of(experiment: Experiment) -> Record:
    """Return the parameters that make an estimator train as the playground does."""
    settings, plan, name = experiment.settings, experiment.plan, experiment.ending.loss.name
    rows = 1 if plan.penalty.per_row else plan.batch_size  # an estimator's penalty is divided by the batch size
    found: dict[str, object] = {
        "hidden_layer_sizes": settings.hidden,
        "activation": list(settings.activations) or "relu",
        "optimizer": settings.optimizer if experiment.data.recipe is None else plan.optimizer,
        "learning_rate_init": settings.learning_rate,
        "schedule": settings.schedule
        if experiment.data.recipe is None
        else experiment.data.recipe.schedule(settings.schedule),
        "alpha": settings.l2 * rows,
        "l1": settings.l1 * rows,
        "batch_size": plan.batch_size,
        "shuffle": plan.shuffle,
        "clip_norm": plan.clip_norm or None,
        "dropout": list(settings.dropout) or 0.0,
        "init": settings.init,
        "loss": LOG_LOSS.get(name, name) if experiment.data.task == CLASSES else name,
        "random_state": settings.seed,
    }
    if experiment.is_perceptron:
        found |= {"hidden_layer_sizes": (), "activation": "relu", "optimizer": "sgd", "dropout": 0.0, "schedule": None}
    return found


def take_moment(model: MLPClassifier | MLPRegressor | ConvClassifier, experiment: Experiment, moment: Moment) -> None:
    """Give an estimator that knows its rows the network at a moment, as if it had just been trained."""
    model._describe(experiment.network)
    history, rate = History(), experiment.settings.learning_rate
    history.extend([experiment.losses(moment.state.theta)[0]], [rate], 0.0, None)
    model._keep(Run(moment.state.copy(), Patience(0.0, np.inf), rate, history, done=moment.state.epoch))
