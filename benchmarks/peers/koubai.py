"""koubai: the compiled engine called directly, and the estimator that people use."""

from typing import Any

import numpy as np

from benchmarks.cases import Case
from benchmarks.data import Data
from benchmarks.peers.protocol import Array, initial_thetas, make_network
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.protocol import Engine, Plan, Population, Rows, State
from koubai.engines.reference import ReferenceEngine
from koubai.estimators.classifier import MLPClassifier
from koubai.optimizers.adam import Adam
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.sgd import SGD


def make_rule(case: Case) -> Optimizer:
    """Return a case's optimizer."""
    return Adam(epsilon=case.epsilon) if case.optimizer == "adam" else SGD()


class EngineTrainer:
    """``CPUEngine.run``."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int, shuffle: bool) -> None:
        self.case, self.threads = case, threads
        self.plan = Plan(make_network(case), make_rule(case), batch_size=case.batch, shuffle=shuffle)
        self.rows = Rows(data.inputs, data.targets)
        self.rates = np.full((case.epochs, case.steps_per_epoch), case.learning_rate)
        self.initial = initial_thetas(case, dtype)
        self.engine: Engine = CPUEngine(most_threads=threads)

    def start(self) -> None:
        self.states = [State(theta.copy(), self.plan.optimizer.init(theta)) for theta in self.initial]

    def train(self) -> None:
        for state in self.states:
            self.engine.run(self.plan, state, self.rows, self.rates)

    def theta(self) -> Array:
        return np.stack([state.theta for state in self.states])


class PopulationTrainer:
    """``CPUEngine.run_population``: the networks are shared out over threads, each trained by one."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int, shuffle: bool) -> None:
        rule = make_rule(case)
        self.case, self.rule = case, rule
        self.plan = Plan(make_network(case), rule, batch_size=case.batch, shuffle=shuffle)
        self.rows = Rows(data.inputs, data.targets)
        self.rates = np.full((case.epochs, case.steps_per_epoch), case.learning_rate)
        self.initial = np.stack(initial_thetas(case, dtype))
        self.engine = CPUEngine(most_threads=threads)

    def start(self) -> None:
        n = self.case.networks
        self.population = Population(self.initial.copy(), [self.rule] * n, np.zeros(n, np.uint64), np.ones(n))

    def train(self) -> None:
        self.engine.run_population(self.plan, self.population, self.rows, self.rates)

    def theta(self) -> Array:
        return self.population.thetas


class ReferenceTrainer(EngineTrainer):
    """The readable engine, which all results are checked against."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int, shuffle: bool) -> None:
        super().__init__(case, data, dtype, threads, shuffle)
        self.engine = ReferenceEngine()


def make_estimator(case: Case, threads: int, shuffle: bool) -> MLPClassifier:
    """Return an estimator that does the work of a case: no penalty, and no stop before the last epoch."""
    return MLPClassifier(
        case.sizes[1:-1],
        activation={"sigmoid": "logistic"}.get(case.hidden, case.hidden),
        solver=case.optimizer,
        alpha=0.0,
        batch_size=case.batch,
        learning_rate_init=case.learning_rate,
        epochs=case.epochs,
        shuffle=shuffle,
        random_state=0,
        tol=0.0,
        n_iter_no_change=np.inf,
        momentum=0.0,
        nesterovs_momentum=False,
        epsilon=case.epsilon,
        n_jobs=threads,
    )


class EstimatorTrainer:
    """``MLPClassifier.fit``, all checks of the input included."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int, shuffle: bool) -> None:
        self.case, self.data, self.threads, self.shuffle = case, data, threads, shuffle

    def start(self) -> None:
        self.estimator = make_estimator(self.case, self.threads, self.shuffle)

    def train(self) -> None:
        self.estimator.fit(self.data.inputs, self.data.labels)

    def theta(self) -> Array:
        return self.estimator.theta_[np.newaxis]


class EnginePredictor:
    """``CPUEngine.forward``."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int) -> None:
        self.network, self.inputs = make_network(case), data.inputs
        self.theta_ = initial_thetas(case, dtype)[0]
        self.engine = CPUEngine(most_threads=threads)

    def predict(self) -> Any:
        return self.engine.forward(self.network, self.theta_, self.inputs)


class EstimatorPredictor:
    """``MLPClassifier.predict_proba``, all checks of the input included."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int) -> None:
        self.estimator = make_estimator(case, threads, shuffle=False)
        self.estimator.partial_fit(data.inputs[:1], data.labels[:1], classes=np.arange(case.sizes[-1]))
        self.inputs = data.inputs

    def predict(self) -> Any:
        return self.estimator.predict_proba(self.inputs)
