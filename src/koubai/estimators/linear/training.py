"""A run of the compiled kernels, from a perceptron's parameters and data."""

from time import perf_counter

import numpy as np
import numpy.typing as npt
from joblib import effective_n_jobs
from scipy.sparse import csr_array, issparse
from sklearn.utils import compute_class_weight

from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError, ShapeError
from koubai.core.randomness import seed_from
from koubai.core.untyped import MaybeSparse
from koubai.engines.cpu.perceptron import train
from koubai.engines.cpu.perceptron_records import LabelledRows, LearningRule, Outcome, Pass, PassPlan, Problems, Weights
from koubai.estimators.linear.copies import dense
from koubai.estimators.linear.parameters import LinearModel
from koubai.estimators.splitting import splitters


def rule_of(estimator: LinearModel, sparse: bool) -> LearningRule:
    """Return the learning rule described by the parameters."""
    return LearningRule(
        learning_rate=estimator.eta0,
        penalty=estimator.penalty,
        alpha=estimator.alpha,
        l1_ratio=estimator.l1_ratio,
        fit_bias=estimator.fit_intercept,
        bias_share=estimator.sparse_intercept_decay if sparse else 1.0,
        ties_wrong=estimator.zero_score == "wrong",
        variant=estimator.variant,
    )


def pass_plan_of(estimator: LinearModel, rng: np.random.RandomState, max_passes: int, first_pass: int) -> PassPlan:
    """Return the length and order of training described by the parameters."""
    return PassPlan(
        max_passes=max_passes,
        order=estimator.order or ("shuffled" if estimator.shuffle else "in order"),
        seed=seed_from(rng),
        first_pass=first_pass,
        tolerance=None if estimator.early_stopping else estimator.tol,
        patience=estimator.n_iter_no_change,
        until_separated=estimator.stop_when_separated,
    )


def problems_of(estimator: LinearModel, y: Array, dtype: npt.DTypeLike) -> Problems:
    """Return the two-class problems: one for two classes, else each class against the rest, with class weights.

    As in scikit-learn, the rows of "the rest" have the weight 1 when there are more than two classes.
    """
    if estimator.class_weight is None:
        weights = np.ones(len(estimator.classes_), dtype)
    else:
        weights = compute_class_weight(estimator.class_weight, classes=estimator.classes_, y=y).astype(dtype)
    if len(weights) == 2:
        return Problems(np.array([1]), weights[1:], weights[:1])
    return Problems(np.arange(len(weights)), weights, np.ones_like(weights))


def start_weights(
    name: str,
    dtype: npt.DTypeLike,
    shape: tuple[int, int],
    coef: MaybeSparse,
    intercept: npt.ArrayLike | None,
    rng: np.random.RandomState,
    init: str,
    fit_intercept: bool,
) -> Weights:
    """Return the weights to start from: those given, else zeros or, by ``init``, random.

    Parameters
    ----------
    name : str
        The estimator's name, for messages.
    shape : (n_problems, n_features)
        The shape of ``coef_``.
    coef, intercept : array-like or None
        The given weights, in the shapes of ``coef_`` and ``intercept_``.

    Raises
    ------
    ShapeError
        If the given weights do not match the data.
    """
    draw = rng.uniform if init == "random" else (lambda low, high, size: np.zeros(size))
    k, m = shape
    if coef is None:
        coef = draw(-1.0, 1.0, (k, m))
    else:
        coef = np.asarray(coef.toarray() if issparse(coef) else coef, dtype)
        if coef.shape != shape and not (k == 1 and coef.shape == (m,)):
            raise ShapeError(
                who=name,
                parameter="coef_init",
                required=f"have shape (n_problems, n_features) = {shape}",
                got=str(coef.shape),
                remedy="Give one row for two classes, else one for each class.",
            )
    if intercept is None:
        intercept = draw(-1.0, 1.0, (k,)) if fit_intercept else np.zeros(k)
    else:
        intercept = np.asarray(intercept, dtype)
        if intercept.shape != (k,) and not (k == 1 and intercept.shape == ()):
            raise ShapeError(
                who=name,
                parameter="intercept_init",
                required=f"have shape (n_problems,) = {(k,)}",
                got=str(intercept.shape),
                remedy="Give one number for two classes, else one for each class.",
            )
    matrix = np.array(coef.reshape(shape).T, dtype, order="C")
    return Weights(matrix, intercept.reshape(k).astype(np.float64))


def weights_to_continue(estimator: LinearModel, dtype: npt.DTypeLike) -> Weights:
    """Return the weights from which ``partial_fit`` continues: the variant's, or ``coef_`` and ``intercept_`` as set.

    Raises
    ------
    ParameterError
        If those were set by hand beside a variant's own, which they contradict.
    """
    state: Weights | None = getattr(estimator, "_running", None)
    if state is None or estimator.variant == "plain" or state.kind() != estimator.variant:
        coef = dense(estimator.coef_)
        return Weights(np.array(coef.T, dtype, order="C"), np.array(estimator.intercept_, np.float64))
    coef, intercept = state.result()
    if not np.array_equal(coef.T, dense(estimator.coef_)) or not np.array_equal(
        np.asarray(intercept, coef.dtype), estimator.intercept_
    ):
        raise ParameterError(
            who=type(estimator).__name__,
            parameter="coef_ and intercept_",
            required=f"stay as they are where variant={estimator.variant!r} goes on",
            got="others, set by hand",
            remedy="Set variant='plain', or call fit with coef_init and intercept_init.",
        )
    return state.copy(dtype)


def run(
    estimator: LinearModel, X: MaybeSparse, y: Array, sample_weight: Array, state: Weights, plan: PassPlan
) -> Outcome:
    """Train on validated data, modifying ``state`` in place."""
    codes = _codes(estimator, y)
    held_out = _held_out(estimator, codes, sample_weight)
    members = np.flatnonzero(~held_out)
    rows = LabelledRows(_kernel_inputs(X), codes, sample_weight, members)
    problems = problems_of(estimator, y, X.dtype)
    watcher = None
    if estimator.early_stopping or estimator.verbose:
        watcher = _Watcher(estimator, X, codes, sample_weight, held_out, problems, members.size)
    return train(
        rows, problems, rule_of(estimator, issparse(X)), plan, state, watcher, effective_n_jobs(estimator.n_jobs)
    )


def _codes(estimator: LinearModel, y: Array) -> Array:
    """Return the index of each row's class among the classes, (n,)."""
    classes = estimator.classes_
    codes = np.minimum(np.searchsorted(classes, y), len(classes) - 1).astype(np.int32)
    unknown = classes[codes] != y
    if unknown.any():
        raise DataError(
            who=type(estimator).__name__,
            what=f"classes should include all valid labels that can be in y; got {y[unknown][0]!r}.",
            remedy="Name all classes in the first call of partial_fit.",
        )
    return codes


def _kernel_inputs(X: MaybeSparse) -> Array | csr_array:
    """Return the inputs, CSR with both index arrays of one dtype, int32 if it is wide enough."""
    if not issparse(X):
        return np.asarray(X)
    fits = max(X.nnz, *X.shape) <= np.iinfo(np.int32).max
    kind = np.int32 if fits else np.int64
    return csr_array((X.data, X.indices.astype(kind, copy=False), X.indptr.astype(kind, copy=False)), shape=X.shape)


def _held_out(estimator: LinearModel, codes: Array, sample_weight: Array) -> npt.NDArray[np.bool_]:
    """Return which rows early stopping holds out of training, (n,), split as scikit-learn does."""
    held_out = np.zeros(codes.size, np.bool_)
    if not estimator.early_stopping:
        return held_out
    split = splitters().StratifiedShuffleSplit(
        test_size=estimator.validation_fraction, random_state=estimator.random_state
    )
    _, rows = next(split.split(np.zeros((codes.size, 1)), codes))
    held_out[rows] = True
    if not np.any(sample_weight[rows] > 0):
        raise DataError(
            what="The sample weights for validation set are all zero, consider using a different random state."
        )
    return held_out


class _Watcher:
    """Monitors each pass: stops problems whose validation score no longer improves, and prints if ``verbose``."""

    def __init__(
        self,
        estimator: LinearModel,
        X: MaybeSparse,
        codes: Array,
        sample_weight: Array,
        held_out: npt.NDArray[np.bool_],
        problems: Problems,
        n_rows: int,
    ) -> None:
        self.verbose, self.early_stopping = estimator.verbose, estimator.early_stopping
        self.tol = -np.inf if estimator.tol is None else estimator.tol
        self.patience, self.classes = estimator.n_iter_no_change, estimator.classes_
        self.n_rows, self.began, self.labels = n_rows, perf_counter(), problems.classes
        self.best = np.full(problems.classes.size, -np.inf)
        self.stale = np.zeros(problems.classes.size, np.int64)
        if self.early_stopping:
            self.inputs, self.weights = X[held_out], sample_weight[held_out]
            self.positive = codes[held_out][:, np.newaxis] == problems.classes

    def __call__(self, seen: Pass) -> npt.NDArray[np.bool_]:
        """Return which of the problems seen should stop."""
        stops = np.zeros(seen.problems.size, np.bool_)
        scores = None
        if self.early_stopping:
            scores = self._scores(seen)
            stops = self._note(seen.problems, scores)
        if self.verbose:
            self._print(seen, scores, stops)
        return stops

    def _scores(self, seen: Pass) -> Array:
        """Return the accuracy on the held-out rows, (k,).

        Like scikit-learn, this uses the weights before scaling, which with an L2 penalty favours the bias.
        """
        right = (self.inputs @ seen.raw + seen.biases > 0) == self.positive[:, seen.problems]
        return np.average(right, axis=0, weights=self.weights)

    def _note(self, problems: Array, scores: Array) -> npt.NDArray[np.bool_]:
        """Count the passes without a better score; return which problems have had too many."""
        poor = (scores < self.best[problems] + self.tol) & (self.tol > -np.inf)
        self.stale[problems] = np.where(poor, self.stale[problems] + 1, 0)
        self.best[problems] = np.maximum(self.best[problems], scores)
        return self.stale[problems] >= self.patience

    def _print(self, seen: Pass, scores: Array | None, stops: npt.NDArray[np.bool_]) -> None:
        print(f"-- Epoch {seen.number}")
        for i, problem in enumerate(seen.problems):
            name = "" if len(self.classes) == 2 else f"Class {self.classes[self.labels[problem]]}: "
            w = seen.raw[:, i] * seen.scales[i]
            score = "" if scores is None else f", Validation score: {scores[i]:f}"
            print(
                f"{name}Norm: {np.linalg.norm(w):.2f}, NNZs: {np.count_nonzero(w)}, Bias: {seen.biases[i]:.6f}, "
                f"T: {seen.number * self.n_rows}, Avg. loss: {seen.losses[i] / self.n_rows:f}, "
                f"Objective: {seen.objectives[i] / self.n_rows:f}, Mistakes: {int(seen.mistakes[i])}{score}"
            )
            if stops[i]:
                print(f"{name}Convergence after {seen.number} epochs took {perf_counter() - self.began:.2f} seconds")
        print(f"Total training time: {perf_counter() - self.began:.2f} seconds.")
