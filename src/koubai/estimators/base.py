"""The common base of all estimators of networks: from validated data through training to fitted attributes."""

from abc import abstractmethod
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from koubai.core.arrays import Array
from koubai.core.errors import DivergenceError, ParameterError
from koubai.core.language import worded
from koubai.core.network import Network
from koubai.core.randomness import seed_from
from koubai.core.warning import warn_caller
from koubai.engines.protocol import Engine, Inputs, Patience, Plan, Rows, State
from koubai.estimators.data import TakesData
from koubai.estimators.given import training_choices as choices
from koubai.estimators.given.outputs import SPELLINGS, Ending
from koubai.estimators.given.parameters import check_parameters, checks_parameters, only_if
from koubai.estimators.offers.explaining import Explainable
from koubai.estimators.offers.exporting import Exportable
from koubai.estimators.offers.hidden import ShowsHidden
from koubai.estimators.offers.tracking import tracked
from koubai.estimators.scores import ScoresValidation, Tally
from koubai.estimators.starts import Fitting, Start, Trial, draw_starts, try_starts
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.schedules import Schedule
from koubai.training.checkpoints import CheckpointFile, identity
from koubai.training.executors import using
from koubai.training.history import History
from koubai.training.loop import TrainingCourse, next_rates, train
from koubai.training.run import Run, RunningOptimizer
from koubai.training.sources import InMemory, Source

NO_ROWS_TO_HOLD_OUT = (
    "Set it to False: each call sees other rows, of which none could be held out for good. Score rows of your own "
    "after each call, and stop when that no longer improves."
)


class BaseNetwork(Explainable, Exportable, ShowsHidden, ScoresValidation, TakesData):
    """A network in scikit-learn's conventions; subclasses define its layers."""

    _parameter_constraints: ClassVar[dict[str, object]] = choices.CONSTRAINTS

    @abstractmethod
    def _ending(self) -> Ending:
        """Return the network's output activation, loss and target coding."""

    @abstractmethod
    def _new_tally(self, in_pieces: bool) -> Tally:
        """Return an empty tally of validation scores, of rows that may come in pieces."""

    @abstractmethod
    def _check_loss(self) -> None:
        """Raise ParameterError if ``loss`` is not one for this task."""

    @abstractmethod
    def _check_layers(self) -> None:
        """Raise ParameterError if the parameters describe no layers, as far as that is known without data."""

    @abstractmethod
    def _make_network(self, n_features: int, n_outputs: int) -> Network:
        """Return the network for so many inputs and outputs."""

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
        self._check_layers()
        self._check_loss()
        choices.chosen_callbacks(self)
        self._check_metric()
        self._check_rule()

    def _check_rule(self) -> None:
        """Raise ParameterError if there is no such optimizer, or a schedule that does not go with it."""
        choices.chosen_optimizer(self)
        self._schedule()
        choices.chosen_shares(self)

    @tracked
    @checks_parameters
    def fit(
        self,
        X: object,
        y: object,
        sample_weight: object = None,
        *,
        validation_data: object = None,
        executor: Executor | None = None,
    ) -> Self:
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
        executor : concurrent.futures.Executor, optional
            Workers that try the ``n_starts`` sets of initial values: a pool of processes, Dask's
            ``client.get_executor()``, mpi4py's or loky's. The result does not depend on it.

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
        with using(self, executor):
            return self._fit(X, y, sample_weight, validation_data, incremental=False)

    def _remember(self, X: object, y: object) -> None:
        """Remember the training data for later use."""

    def _check_solver(self) -> bool:
        """Raise AttributeError if ``partial_fit`` is not available."""
        return True

    def _partial_fit(self, X: object, y: object, sample_weight: object) -> Self:
        if self.early_stopping:
            raise ParameterError(
                who=choices.name_of(self),
                what="partial_fit does not support early_stopping=True; got early_stopping=True.",
                remedy=NO_ROWS_TO_HOLD_OUT,
            )
        return self._fit(X, y, sample_weight, None, incremental=True)

    def _fit(self, X: object, y: object, sample_weight: object, validation_data: object, *, incremental: bool) -> Self:
        self._check_metric()
        fresh = not self._has_parameters() or (not self.warm_start and not incremental)
        self._check_layers()
        inputs, targets, y = self._validated(X, y, incremental=incremental, reset=fresh)
        rows = self._weighted(inputs, targets, y, sample_weight, incremental)
        network = self._make_network(inputs.shape[1], targets.shape[1])
        rng = check_random_state(self.random_state)
        theta = self._initial(network, rng, inputs.dtype, inputs) if fresh else self._theta_for(network, inputs.dtype)
        self._describe(network)
        if fresh:
            self.t_, self.history_ = 0, History()
            self._output_by_hand = False
        elif not hasattr(self, "t_"):  # the initial weights were set by hand
            self.t_, self.history_ = 0, History()
        self._train(Fitting(network, theta, rng, fresh, incremental), rows, validation_data)
        return self

    def _theta_for(self, network: Network, dtype: npt.DTypeLike) -> Array:
        """Return the θ from which training continues, in the data's dtype."""
        had = self._theta()
        if self.network_.sizes != network.sizes or [*map(type, self.network_.layers)] != [*map(type, network.layers)]:
            raise ParameterError(
                who=choices.name_of(self),
                what=(
                    worded(
                        "estimators.error.network_keep_layers_nodes_when",
                        sizes=self.network_.sizes,
                        sizes_2=network.sizes,
                    )
                ),
                remedy=worded("core.remedy.set_warm_start_false_make"),
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

    def _initial(self, network: Network, rng: np.random.RandomState, dtype: npt.DTypeLike, inputs: Inputs) -> Array:
        """Return the initial θ."""
        return network.initial(rng, self.init, dtype)

    def _describe(self, network: Network) -> None:
        self.network_ = network
        self.n_layers_ = len(network.sizes)
        self.n_outputs_ = network.n_outputs
        name = network.layers[-1].activation.name
        self.out_activation_ = SPELLINGS.get(name, name)

    def _train(self, fitting: Fitting, rows: Rows, validation_data: object) -> None:
        n_starts = self.n_starts if fitting.fresh and not fitting.incremental else 1
        parts = self._split(rows, validation_data, fitting.rng, hold_out=self.early_stopping or n_starts > 1)
        validation = None if parts.validation is None else self._source(parts.validation)
        self._train_on(fitting, self._source(parts.rows, training=True), validation, n_starts)

    def _source(self, rows: Rows, *, training: bool = False) -> Source:
        """Return the source of rows in memory, to train on or to score."""
        return InMemory(rows)

    def _schedule(self, *, incremental: bool = False) -> Schedule:
        """Return the schedule of the learning rate, in ``partial_fit`` if incremental."""
        return choices.chosen_schedule(self)

    def _usual_batch_size(self, n_rows: int) -> int:
        """Return the default number of rows per update."""
        return min(200, n_rows)

    def _rate(self, optimizer: Optimizer, *, incremental: bool = False) -> float:
        """Return the learning rate before any schedule, in ``partial_fit`` if incremental."""
        return choices.base_learning_rate(self, optimizer)

    def _asked_epochs(self, n_rows: int) -> int:
        """Return the maximum number of epochs for this many rows."""
        return int(self.max_iter if self.epochs is None else self.epochs)

    def _train_on(self, fitting: Fitting, source: Source, validation: Source | None, n_starts: int = 1) -> None:
        """Train on the rows of a source, several starts only on rows in memory."""
        incremental = fitting.incremental
        optimizer, schedule = choices.chosen_optimizer(self), self._schedule(incremental=incremental)
        rate = self._rate(optimizer, incremental=incremental)
        run, seed = self._start(fitting, optimizer, rate)
        plan = choices.make_plan(self, fitting.network, optimizer, source.n_rows, seed)
        engine = choices.chosen_engine(self)
        if n_starts > 1:
            start = self._best_start(fitting, engine, plan, n_starts, source, validation)
            run.state.theta, seed = start.theta, start.seed
            plan = replace(plan, seed=seed)
        shares = choices.chosen_shares(self)
        checkpoint = choices.chosen_checkpoint(
            self, lambda: identity(plan, schedule, rate, source.digest(), shares) | self._validated_by()
        )
        asked = self._asked_epochs(source.n_rows)
        if checkpoint is not None:
            found = checkpoint.load(run)
            if found is not None:
                run = found
                warn_caller(checkpoint.said_of(run, 1 if incremental else asked))
        course = self._course(asked, fitting, engine, schedule, validation, checkpoint)
        try:
            train(engine, plan, run, source, course)
        except DivergenceError as error:
            raise DivergenceError(
                worded("estimators.error.diverged", error=error),
                who=error.who,
                what=error.what,
                remedy=error.remedy,
            ) from None
        rates = next_rates(plan, run, course, source.n_rows, 1)
        self._optimizer = RunningOptimizer(run, seed, float(rates[0, 0]))
        self._keep(run)
        out_of_iterations = run.history.stopped == "epochs" and not incremental and self.epochs is None
        if out_of_iterations and not choices.is_laid_over_the_run(schedule):
            warn_caller(
                f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization hasn't "
                f"converged yet.",
                ConvergenceWarning,
            )

    def _course(
        self,
        asked: int,
        fitting: Fitting,
        engine: Engine,
        schedule: Schedule,
        validation: Source | None,
        checkpoint: CheckpointFile | None,
    ) -> TrainingCourse:
        """Return the course of training over this many epochs."""
        return TrainingCourse(
            epochs=1 if fitting.incremental else asked,
            schedule=schedule,
            total_epochs=asked,
            **choices.chosen_shares(self),
            score=None if validation is None else self._score_on(engine, fitting.network, validation),
            score_is_loss=self._by_loss(),
            stop_on_score=bool(self.early_stopping),
            callbacks=choices.chosen_callbacks(self),
            verbose=bool(self.verbose),
            progress=self.progress,
            checkpoint=checkpoint,
            who=choices.name_of(self),
        )

    def _best_start(
        self, fitting: Fitting, engine: Engine, plan: Plan, n_starts: int, source: Source, validation: Source | None
    ) -> Start:
        """Return the start whose training reaches the best validation score."""
        assert isinstance(source, InMemory)
        assert validation is not None
        rows, theta, rng = source.data, fitting.theta, fitting.rng
        draw = partial(self._initial, fitting.network, rng, theta.dtype, rows.inputs)
        starts = draw_starts(Start(theta, plan.seed), n_starts, draw, rng)
        epochs = self._asked_epochs(rows.n_rows)
        steps = plan.steps_per_epoch(rows.n_rows)
        rates = self._schedule().rates(
            choices.base_learning_rate(self, plan.optimizer),
            0,
            epochs * steps,
            steps,
            epochs * steps,
            n_rows=rows.n_rows,
        )
        trial = Trial(
            rates.reshape(epochs, steps),
            choices.share_schedules(self).of(0, (epochs, steps), steps, epochs * steps, rows.n_rows),
            Patience(self._tolerance(), self._patience()),
            self._score_on(engine, plan.network, validation),
        )
        who = choices.name_of(self)
        self.start_scores_ = try_starts(engine, plan, starts, rows, trial, progress=self.progress, who=who)
        return starts[int(self.start_scores_.argmax())]

    def _tolerance(self) -> float:
        """Return the decrease in loss that counts as an improvement."""
        return float(self.tol)

    def _patience(self, *, incremental: bool = False) -> float:
        """Return the epochs without improvement after which training ends.

        The training loss says nothing of a schedule that is laid over the whole run: it stands still where the rate is
        highest, and falls with the rate.
        """
        over_the_run = choices.is_laid_over_the_run(self._schedule(incremental=incremental))
        return np.inf if over_the_run and not self.early_stopping else float(self.n_iter_no_change)

    def _start(self, fitting: Fitting, optimizer: Optimizer, rate: float) -> tuple[Run, int]:
        """Return the run to continue, and the seed of its shuffles and dropout masks."""
        theta, fresh, limit = fitting.theta, fitting.fresh, self._patience(incremental=fitting.incremental)
        goes_on = fitting.incremental and not fresh
        going_on: RunningOptimizer | None = getattr(self, "_optimizer", None) if goes_on else None
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
        return run, seed_from(fitting.rng)

    def _keep(self, run: Run) -> None:
        """Set the fitted attributes from a run."""
        history = self.history_ = run.history
        self.t_ = run.rows_seen + run.unfinished.rows
        self.n_iter_ = run.done
        self.loss_curve_ = history.losses
        self.loss_ = history.losses[-1] if history else np.nan
        self._no_improvement_count = run.patience.count
        self.best_loss_ = None if self.early_stopping else run.patience.best
        self.validation_scores_ = self.best_validation_score_ = self.validation_losses_ = None
        if history and history[-1].validation_score is not None:
            self.validation_scores_ = [score for score in history.validation_scores if score is not None]
            self.validation_losses_ = [loss for loss in history.validation_losses if loss is not None]
            finite = [score for score in self.validation_scores_ if np.isfinite(score)]
            self.best_validation_score_ = max(finite, default=-np.inf)
        self._set_theta(run.theta)

    def _outputs(self, X: object) -> Array:
        """Return the network's outputs for X, (n_samples, n_outputs)."""
        self._check_has_parameters()
        theta = self._theta()
        engine = choices.predicting_engine(self)
        return engine.forward(self.network_, theta, self._inputs(X, theta.dtype))


def _is_stochastic(estimator: BaseNetwork) -> bool:
    return estimator._check_solver()


stochastic_only = only_if(_is_stochastic)
"""Hides ``partial_fit`` from estimators that train by L-BFGS."""
