"""The common base of MLPClassifier and MLPRegressor: from validated data through training to fitted attributes."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from koubai.core.arrays import Array
from koubai.core.data_start import DATA, DRAWN, with_unit_variance
from koubai.core.errors import DivergenceError, ParameterError
from koubai.core.network import Network
from koubai.core.randomness import seed_from
from koubai.core.warning import warn_caller
from koubai.engines.protocol import Engine, Inputs, Patience, Plan, Rows, State
from koubai.estimators.blocks import FitsSources
from koubai.estimators.data import TakesData
from koubai.estimators.explaining import Explainable
from koubai.estimators.given import training_choices as choices
from koubai.estimators.given.architecture import check_architecture, make_network
from koubai.estimators.given.outputs import SPELLINGS, Ending
from koubai.estimators.given.parameters import check_parameters, checks_parameters, only_if
from koubai.estimators.playing import Playable
from koubai.estimators.scores import LossTally, Tally, scorer
from koubai.estimators.starts import Start, draw_starts, try_starts
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.schedules import Schedule
from koubai.training.checkpoints import CheckpointFile, identity
from koubai.training.history import History
from koubai.training.loop import TrainingCourse, next_rates, train
from koubai.training.quasi_newton import QuasiNewtonCourse, train_lbfgs
from koubai.training.run import Run, RunningOptimizer
from koubai.training.sources import InMemory, Source


class BaseMLP(Explainable, FitsSources, Playable, TakesData):
    """Multilayer perceptron in scikit-learn's conventions; use `MLPClassifier` or `MLPRegressor`."""

    _parameter_constraints: ClassVar[dict[str, Any]] = choices.CONSTRAINTS

    @abstractmethod
    def _ending(self) -> Ending:
        """Return the network's output activation, loss and target coding."""

    @abstractmethod
    def _new_tally(self) -> Tally:
        """Return an empty tally of validation scores."""

    @abstractmethod
    def _check_loss(self) -> None:
        """Raise ParameterError if ``loss`` is not one for this task."""

    def _validate_params(self) -> None:
        check_parameters(self)

    def check_choices(self) -> None:
        """Check all parameters as far as possible without data, so that mistakes are found before any data are read.

        Raises
        ------
        ParameterError
            For the first parameter that is not allowed.
        """
        check_parameters(self)
        n_hidden = len(choices.hidden_sizes(self))
        check_architecture(self, n_hidden)
        choices.check_dropout(self, n_hidden)
        self._check_loss()
        choices.chosen_callbacks(self)
        if choices.uses_lbfgs(self):
            choices.check_lbfgs(self)
        else:
            choices.chosen_optimizer(self)
            choices.chosen_schedule(self)
            choices.chosen_shares(self)

    @checks_parameters
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, validation_data: Any = None) -> Self:
        """Train on rows X with targets y.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets: class labels or numbers.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows, >= 0; a row of weight 0 counts as absent.
        validation_data : tuple (X, y) or (X, y, sample_weight), optional
            Rows to score after each epoch; with ``early_stopping`` they replace rows held out of X.

        Returns
        -------
        self

        Raises
        ------
        ParameterError
            If a parameter is out of range.
        DivergenceError
            If the loss or the parameters become NaN or infinite.
        """
        self._remember(X, y)
        return self._fit(X, y, sample_weight, validation_data, incremental=False)

    def _check_solver(self) -> bool:
        if choices.uses_lbfgs(self):
            raise AttributeError("partial_fit is only available for stochastic optimizers. lbfgs is not stochastic.")
        return True

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        if self.early_stopping:
            raise ParameterError(
                who=choices.name_of(self),
                what="partial_fit does not support early_stopping=True; got early_stopping=True.",
                remedy="Set it to False.",
            )
        return self._fit(X, y, sample_weight, None, incremental=True)

    def _fit(self, X: Any, y: Any, sample_weight: Any, validation_data: Any, *, incremental: bool) -> Self:
        fresh = not self._has_parameters() or (not self.warm_start and not incremental)
        sizes = choices.hidden_sizes(self)
        inputs, targets, y = self._validated(X, y, incremental=incremental, reset=fresh)
        rows = self._weighted(inputs, targets, y, sample_weight, incremental)
        network = self._make_network(sizes, inputs.shape[1], targets.shape[1])
        rng = check_random_state(self.random_state)
        theta = self._initial(network, rng, inputs.dtype, inputs) if fresh else self._theta_for(network, inputs.dtype)
        self._describe(network)
        if fresh:
            self.t_, self.history_ = 0, History()
            self._output_by_hand = False
        elif not hasattr(self, "t_"):  # the initial weights were set by hand
            self.t_, self.history_ = 0, History()
        if choices.uses_lbfgs(self):
            self._train_lbfgs(network, theta, rows)
        else:
            self._train(network, theta, rows, validation_data, rng, fresh=fresh, incremental=incremental)
        return self

    def _make_network(self, sizes: list[int], n_features: int, n_outputs: int) -> Network:
        return make_network(self, sizes, n_features, n_outputs, self._ending())

    def _theta_for(self, network: Network, dtype: Any) -> Array:
        """Return the θ from which training continues, in the data's dtype."""
        had = self._theta()
        if self.network_.sizes != network.sizes or [*map(type, self.network_.layers)] != [*map(type, network.layers)]:
            raise ParameterError(
                who=choices.name_of(self),
                what=(
                    f"the network must keep its layers of {self.network_.sizes} nodes when training "
                    f"continues; got {network.sizes}."
                ),
                remedy="Set warm_start=False, or make a new estimator.",
            )
        if self._output_by_hand:
            usual = network.layers[-1].activation.name
            raise ParameterError(
                who=choices.name_of(self),
                parameter="out_activation_",
                required=f"be {SPELLINGS.get(usual, usual)!r} when training continues",
                got=f"{self.out_activation_!r}, set by hand",
                remedy="Reset it, or make a new estimator.",
            )
        return np.array(had, dtype)

    def _initial(self, network: Network, rng: Any, dtype: Any, inputs: Inputs) -> Array:
        """Return the initial θ, with ``init="data"`` from the inputs."""
        if self.init == DATA:
            return with_unit_variance(network, network.initial(rng, DRAWN, dtype), inputs)
        return network.initial(rng, self.init, dtype, choices.activation_for_init(self))

    def _describe(self, network: Network) -> None:
        self.network_ = network
        self.n_layers_ = len(network.sizes)
        self.n_outputs_ = network.n_outputs
        name = network.layers[-1].activation.name
        self.out_activation_ = SPELLINGS.get(name, name)

    def _train(
        self,
        network: Network,
        theta: Array,
        rows: Rows,
        validation_data: Any,
        rng: Any,
        *,
        fresh: bool,
        incremental: bool,
    ) -> None:
        n_starts = self.n_starts if fresh and not incremental else 1
        parts = self._split(rows, validation_data, rng, hold_out=self.early_stopping or n_starts > 1)
        validation = None if parts.validation is None else InMemory(parts.validation)
        self._train_on(
            network,
            theta,
            InMemory(parts.rows),
            validation,
            rng,
            fresh=fresh,
            incremental=incremental,
            n_starts=n_starts,
        )

    def _train_on(
        self,
        network: Network,
        theta: Array,
        source: Source,
        validation: Source | None,
        rng: Any,
        *,
        fresh: bool,
        incremental: bool = False,
        n_starts: int = 1,
    ) -> None:
        """Train on the rows of a source, several starts only on rows in memory."""
        optimizer, schedule = choices.chosen_optimizer(self), choices.chosen_schedule(self)
        rate = choices.base_learning_rate(self, optimizer)
        run, seed = self._start(theta, optimizer, rate, rng, fresh=fresh, incremental=incremental)
        plan = choices.make_plan(self, network, optimizer, source.n_rows, seed)
        engine = choices.chosen_engine(self)
        if n_starts > 1:
            assert isinstance(source, InMemory)
            assert validation is not None
            draw = partial(self._initial, network, rng, theta.dtype, source.data.inputs)
            starts = draw_starts(Start(theta, seed), n_starts, draw, rng)
            start = self._best_start(engine, plan, starts, source.data, validation)
            run.state.theta, seed = start.theta, start.seed
            plan = replace(plan, seed=seed)
        shares = choices.chosen_shares(self)
        by_loss = {"validated": "by loss"} if self._by_loss() else {}
        checkpoint = choices.chosen_checkpoint(
            self, lambda: identity(plan, schedule, rate, source.digest(), shares) | by_loss
        )
        if checkpoint is not None:
            run = checkpoint.load(run) or run
        course = self._course(engine, network, schedule, validation, checkpoint, incremental=incremental)
        try:
            train(engine, plan, run, source, course)
        except DivergenceError as error:
            raise DivergenceError(
                f"{error} Solver produced non-finite parameter weights. The input data may contain large values and "
                f"need to be preprocessed.",
                who=error.who,
                what=error.what,
                remedy=error.remedy,
            ) from None
        rates = next_rates(plan, run, course, source.n_rows, 1)
        self._optimizer = RunningOptimizer(run, seed, float(rates[0, 0]))
        self._keep(run)
        if run.history.stopped == "epochs" and not incremental and self.epochs is None:
            warn_caller(
                f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization hasn't "
                f"converged yet.",
                ConvergenceWarning,
            )

    def _course(
        self,
        engine: Engine,
        network: Network,
        schedule: Schedule,
        validation: Source | None,
        checkpoint: CheckpointFile | None,
        *,
        incremental: bool,
    ) -> TrainingCourse:
        """Return how training goes."""
        asked = self.max_iter if self.epochs is None else self.epochs
        return TrainingCourse(
            epochs=1 if incremental else asked,
            schedule=schedule,
            total_epochs=asked,
            **choices.chosen_shares(self),
            score=None if validation is None else self._score_on(engine, network, validation),
            score_is_loss=self._by_loss(),
            stop_on_score=bool(self.early_stopping),
            callbacks=choices.chosen_callbacks(self),
            verbose=bool(self.verbose),
            progress=self.progress,
            checkpoint=checkpoint,
            who=choices.name_of(self),
        )

    def _score_on(self, engine: Engine, network: Network, validation: Source) -> Callable[[Array], float]:
        """Return the function that scores θ on the validation rows."""
        new_tally = (lambda: LossTally(network.loss)) if self._by_loss() else self._new_tally
        return scorer(engine, network, validation, new_tally)

    def _by_loss(self) -> bool:
        return bool(self.validation_metric == "loss")

    def _best_start(self, engine: Engine, plan: Plan, starts: list[Start], rows: Rows, validation: Source) -> Start:
        """Return the start whose training reaches the best validation score."""
        epochs = self.max_iter if self.epochs is None else self.epochs
        steps = plan.steps_per_epoch(rows.n_rows)
        rates = choices.chosen_schedule(self).rates(
            choices.base_learning_rate(self, plan.optimizer),
            0,
            epochs * steps,
            steps,
            epochs * steps,
            n_rows=rows.n_rows,
        )
        self.start_scores_ = try_starts(
            engine,
            plan,
            starts,
            rows,
            rates.reshape(epochs, steps),
            choices.share_schedules(self).of(0, (epochs, steps), steps, epochs * steps, rows.n_rows),
            Patience(self._tolerance(), float(self.n_iter_no_change)),
            self._score_on(engine, plan.network, validation),
            progress=self.progress,
            who=choices.name_of(self),
        )
        return starts[int(self.start_scores_.argmax())]

    def _tolerance(self) -> float:
        """Return the decrease in loss that counts as an improvement."""
        return float(self.tol)

    def _start(
        self, theta: Array, optimizer: Optimizer, rate: float, rng: Any, *, fresh: bool, incremental: bool
    ) -> tuple[Run, int]:
        """Return the run to continue, and the seed of its shuffles and dropout masks."""
        limit = float(self.n_iter_no_change)
        going_on: RunningOptimizer | None = getattr(self, "_optimizer", None) if incremental and not fresh else None
        if going_on is not None and going_on.run.state.slots.shape[0] == optimizer.n_slots:
            run, seed = going_on.run, going_on.seed
            run.state.theta = theta
            run.state.slots = np.require(run.state.slots, theta.dtype, ["C", "W", "E"])  # loaded slots may be read-only
            run.patience.tolerance, run.patience.limit = self._tolerance(), limit
            run.done, run.best_theta = 0, None
            return run, seed
        patience = Patience(float(self.tol) if self.early_stopping else self._tolerance(), limit)
        run = Run(State(theta, optimizer.init(theta)), patience, rate, self.history_, rows_seen=int(self.t_))
        best_score = None if fresh else getattr(self, "best_validation_score_", None)
        if self.early_stopping and best_score is not None:
            run.best_score, run.best_theta, patience.best = best_score, theta.copy(), -best_score
        elif not fresh:
            best_loss = getattr(self, "best_loss_", None)
            patience.best = np.inf if best_loss is None else best_loss
        if not fresh:
            patience.count = getattr(self, "_no_improvement_count", 0)
        return run, seed_from(rng)

    def _keep(self, run: Run) -> None:
        """Set the fitted attributes from a run."""
        history = self.history_ = run.history
        self.t_ = run.rows_seen + run.unfinished.rows
        self.n_iter_ = run.done
        self.loss_curve_ = history.losses
        self.loss_ = history.losses[-1] if history else np.nan
        self._no_improvement_count = run.patience.count
        self.best_loss_ = None if self.early_stopping else run.patience.best
        self.validation_scores_ = self.best_validation_score_ = None
        if history and history[-1].validation_score is not None:
            self.validation_scores_ = [score for score in history.validation_scores if score is not None]
            finite = [score for score in self.validation_scores_ if np.isfinite(score)]
            self.best_validation_score_ = max(finite, default=-np.inf)
        self._set_theta(run.theta)

    def _train_lbfgs(self, network: Network, theta: Array, rows: Rows) -> None:
        choices.check_lbfgs(self)
        course = QuasiNewtonCourse(
            self.max_iter if self.epochs is None else self.epochs,
            self.max_fun,
            self.tol,
            choices.chosen_callbacks(self),
            bool(self.verbose),
            self.progress,
        )
        found = train_lbfgs(
            choices.chosen_engine(self), network, theta, rows, choices.chosen_penalty(self), course, self.history_
        )
        self.n_iter_, self.loss_ = found.n_iterations, found.loss
        self.loss_curve_ = self.history_.losses
        self._set_theta(found.theta)
        if found.complaint and self.epochs is None:
            warn_caller(
                f"lbfgs failed to converge after {found.n_iterations} iteration(s): {found.complaint}. "
                f"Increase max_iter or max_fun, or scale the data.",
                ConvergenceWarning,
            )

    def _outputs(self, X: Any) -> Array:
        """Return the network's outputs for X, (n_samples, n_outputs)."""
        self._check_has_parameters()
        theta = self._theta()
        return choices.chosen_engine(self).forward(self.network_, theta, self._inputs(X, theta.dtype))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


stochastic_only = only_if(lambda estimator: estimator._check_solver())
"""Hides ``partial_fit`` from estimators that train by L-BFGS."""
