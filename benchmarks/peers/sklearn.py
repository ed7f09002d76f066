"""scikit-learn: MLPClassifier. Its BLAS has as many threads as the worker's environment says."""

import warnings
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.cases import Case
from benchmarks.data import Data
from benchmarks.peers.protocol import Array, make_network

warnings.simplefilter("ignore", ConvergenceWarning)  # all epochs run, as they should


def make_estimator(case: Case, shuffle: bool, seed: int = 0) -> MLPClassifier:
    """Return an estimator that does the work of a case: no penalty, and no stop before the last epoch."""
    return MLPClassifier(
        case.sizes[1:-1],
        activation={"sigmoid": "logistic"}.get(case.hidden, case.hidden),
        solver=case.optimizer,
        alpha=0.0,
        batch_size=case.batch,
        learning_rate_init=case.learning_rate,
        max_iter=case.epochs,
        shuffle=shuffle,
        random_state=seed,
        tol=0.0,
        n_iter_no_change=np.inf,
        momentum=0.0,
        nesterovs_momentum=False,
        epsilon=case.epsilon,
    )


def fitted(case: Case, shuffle: bool, seed: int, inputs: Array, labels: Array) -> MLPClassifier:
    """Return an estimator after its fit; runs in a process of its own where there are many networks."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    return make_estimator(case, shuffle, seed).fit(inputs, labels)


class EstimatorTrainer:
    """``MLPClassifier.fit``. Many networks are trained one after the other, or side by side in processes."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int, shuffle: bool) -> None:
        self.case, self.data, self.threads, self.shuffle = case, data, threads, shuffle
        self.estimators: list[MLPClassifier] = []

    def start(self) -> None:
        self.estimators = []

    def train(self) -> None:
        inputs, labels = self.data.inputs, self.data.labels
        if self.case.networks == 1 or self.threads == 1:
            self.estimators = [fitted(self.case, self.shuffle, s, inputs, labels) for s in range(self.case.networks)]
            return
        self.estimators = Parallel(n_jobs=self.threads)(
            delayed(fitted)(self.case, self.shuffle, s, inputs, labels) for s in range(self.case.networks)
        )

    def theta(self) -> Array:
        network = make_network(self.case)
        return np.stack([network.pack(e.coefs_, e.intercepts_, self.data.inputs.dtype) for e in self.estimators])


class EstimatorPredictor:
    """``MLPClassifier.predict_proba``."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int) -> None:
        self.estimator = make_estimator(case, shuffle=False)
        self.estimator.partial_fit(data.inputs[:1], data.labels[:1], classes=np.arange(case.sizes[-1]))
        self.inputs = data.inputs

    def predict(self) -> Any:
        return self.estimator.predict_proba(self.inputs)
