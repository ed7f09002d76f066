"""The perceptron in scikit-learn's conventions."""

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.multiclass import _check_partial_fit_first_call, check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError
from koubai.core.sparse import check_rows
from koubai.core.untyped import MaybeSparse, ScikitLearn
from koubai.core.warning import warn_caller
from koubai.engines.cpu.perceptron_records import Weights
from koubai.engines.protocol import Inputs
from koubai.estimators.given.parameters import check_parameters, checks_parameters, keep_parameters
from koubai.estimators.linear.copies import KeepsWeights
from koubai.estimators.linear.parameters import CONSTRAINTS
from koubai.estimators.linear.separability import describe, is_linearly_separable
from koubai.estimators.offers.explaining import ExplainableWeights
from koubai.estimators.offers.exporting import Exportable
from koubai.estimators.offers.playing import Playable
from koubai.estimators.offers.tracking import tracked


class Perceptron(Exportable, ExplainableWeights, KeepsWeights, Playable, ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is not typed
    """Perceptron: a linear classifier that updates its weights only on mistakes.

    f(x) = wᵀx + b > 0 predicts the second class. Rows are processed one by one, and a misclassified row (x, y), y = ±1,
    changes w ← w + η y x and b ← b + η y (Rosenblatt 1958). With more than two classes there is one such problem for
    each class against the rest. Parameters up to ``warm_start`` are those of ``sklearn.linear_model.Perceptron``, with
    which it agrees to the last bit in float64 for the same order of rows.

    Parameters
    ----------
    penalty : {"l2", "l1", "elasticnet"}, optional
        The penalty on w; none by default.
    alpha : float
        Strength of the penalty, >= 0.
    l1_ratio : float
        Share of the L1 penalty in "elasticnet", in [0, 1].
    fit_intercept : bool
        Whether there is a bias b.
    max_iter : int
        Maximum number of passes over the rows in ``fit``, >= 1.
    tol : float or None
        Training stops once ``n_iter_no_change`` passes in a row have not brought the mean loss (with the penalty) below
        the best by at least this. None: run ``max_iter`` passes.
    shuffle : bool
        Whether to reshuffle the rows in each pass.
    verbose : int
        Whether to print a line for each pass and problem.
    eta0 : float
        The learning rate η > 0. Without penalty, and from zero weights, it scales w and b and changes no prediction.
    n_jobs : int or None
        Threads among which the classes are divided; None means 1, -1 all processors. The result is the same.
    random_state : int, RandomState or None
        Source of randomness for row orders, ``init="random"`` and held-out rows.
    early_stopping : bool
        Whether to stop by the accuracy on held-out rows instead of by the loss.
    validation_fraction : float
        Share of rows held out, in (0, 1).
    n_iter_no_change : int
        Passes without improvement before training stops, >= 1.
    class_weight : dict, "balanced" or None
        Factors on the updates of each class's rows. "balanced": n_samples / (n_classes · rows of the class).
    warm_start : bool
        Whether ``fit`` starts from the weights of the previous fit.
    variant : {"plain", "averaged", "pocket"}
        Which weights are returned: the final ones; their mean over all rows seen (Freund and Schapire 1999); or those
        that classified the most rows correctly (Gallant 1990, checked once per pass). The last two are remedies for
        data that are not linearly separable.
    order : {"shuffled", "in order", "random"} or None
        A new permutation in each pass, the rows in turn, or as many rows drawn at random with replacement. None:
        determined by ``shuffle``.
    init : {"zeros", "random"}
        Initial weights, unless passed to ``fit``: zeros, or uniform in [-1, 1).
    zero_score : {"wrong", "negative"}
        Whether f(x) = 0 triggers an update whatever the label (as in scikit-learn), or predicts the first class and
        triggers one only if that is wrong (as in the lecture).
    stop_when_separated : bool
        Whether each problem stops exactly when its weights classify every row correctly, ignoring ``tol``. If that
        never happens, a ConvergenceWarning is issued.
    sparse_intercept_decay : float
        The fraction of an update applied to b for sparse X, in (0, 1]. scikit-learn's is 0.01; with 1, sparse and dense
        X give the same result.

    Attributes
    ----------
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        The weights w of each problem.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        The biases b.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_iter_ : int
        Number of passes; with several problems, of the one that ran longest.
    t_ : float
        ``1 + n_iter_ * n_samples``, added up over calls of ``partial_fit``.
    mistakes_ : ndarray of shape (n_passes,)
        Number of updates in each pass of the last call, over all problems.
    separable_ : bool or None
        True if, for each problem, some weights classified every row correctly, so the data are linearly separable.
        Otherwise None: they appear not to be, and `is_linearly_separable` decides.
    separability_ : str
        The same in words, with the remedies.
    n_features_in_, feature_names_in_
        As elsewhere in scikit-learn.

    Examples
    --------
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], ["no", "no", "no", "yes"]
    >>> model = Perceptron(order="in order", stop_when_separated=True).fit(X, y)
    >>> model.coef_, model.intercept_, model.mistakes_.tolist()
    (array([[3., 2.]]), array([-4.]), [2, 3, 3, 2, 2, 3, 2, 1, 0])
    >>> model.separability_
    'The data are linearly separable: there were weights that were right on every row.'
    """

    _parameter_constraints: ClassVar[dict[str, object]] = CONSTRAINTS

    coef_: MaybeSparse
    intercept_: Array

    def __init__(
        self,
        *,
        penalty: str | None = None,
        alpha: float = 0.0001,
        l1_ratio: float = 0.15,
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float | None = 1e-3,
        shuffle: bool = True,
        verbose: int = 0,
        eta0: float = 1.0,
        n_jobs: int | None = None,
        random_state: object = 0,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        class_weight: object = None,
        warm_start: bool = False,
        variant: str = "plain",
        order: str | None = None,
        init: str = "zeros",
        zero_score: str = "wrong",
        stop_when_separated: bool = False,
        sparse_intercept_decay: float = 0.01,
    ) -> None:
        keep_parameters(self, locals())

    def _validate_params(self) -> None:
        check_parameters(self)

    @tracked
    @checks_parameters
    def fit(
        self,
        X: object,
        y: object,
        coef_init: MaybeSparse = None,
        intercept_init: npt.ArrayLike | None = None,
        sample_weight: object = None,
    ) -> Self:
        """Train on rows X with classes y.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows. float32 is kept; everything else is converted to float64.
        y : array-like of shape (n_samples,)
            Their classes.
        coef_init : array-like of the shape of ``coef_``, optional
            Weights to start from.
        intercept_init : array-like of the shape of ``intercept_``, optional
            Biases to start from.
        sample_weight : array-like of shape (n_samples,), optional
            Factors on the updates of each row.

        Returns
        -------
        self

        Raises
        ------
        ParameterError
            If a parameter is out of range.
        ShapeError
            If the initial weights do not match the data.
        DataError
            If there is only one class.
        DivergenceError
            If weights become NaN or infinite.
        """
        self._remember(X, y)
        if self.warm_start and hasattr(self, "coef_"):
            coef_init = self.coef_ if coef_init is None else coef_init
            intercept_init = self.intercept_ if intercept_init is None else intercept_init
        rows, labels = self._validated(X, y, reset=True)
        weights = self._row_weights(rows, sample_weight)
        self.classes_ = np.unique(labels)
        rng = check_random_state(self.random_state)
        state = self._start(rows, coef_init, intercept_init, rng)
        self.t_, self._n_passes = 1.0, 0
        self._train(rows, labels, weights, state, rng, self.max_iter)
        self._warn_if_unfinished()
        return self

    @checks_parameters
    def partial_fit(self, X: object, y: object, classes: object = None, sample_weight: object = None) -> Self:
        """Make one pass over these rows, continuing from the current weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows.
        y : array-like of shape (n_samples,)
            Their classes.
        classes : array-like of shape (n_classes,), optional
            All classes that may ever occur; required in the first call.
        sample_weight : array-like of shape (n_samples,), optional
            Factors on the updates of each row.

        Returns
        -------
        self

        Raises
        ------
        ParameterError
            With ``early_stopping`` or ``class_weight="balanced"``, which need all the data.
        """
        from koubai.estimators.linear.training import weights_to_continue

        first = not hasattr(self, "classes_")
        if first:
            self._refuse_what_needs_all_rows()
        rows, labels = self._validated(X, y, reset=first)
        _check_partial_fit_first_call(self, classes)
        weights = self._row_weights(rows, sample_weight)
        rng = check_random_state(self.random_state)
        if not hasattr(self, "t_"):  # the first call, or weights set by hand
            self.t_, self._n_passes = 1.0, 0
        first = first or not hasattr(self, "coef_")
        state = self._start(rows, None, None, rng) if first else weights_to_continue(self, rows.dtype)
        return self._train(rows, labels, weights, state, rng, 1)

    def _refuse_what_needs_all_rows(self) -> None:
        """Raise for parameters that require all rows."""
        if self.early_stopping:
            raise ParameterError(
                who=type(self).__name__,
                what="early_stopping should be False with partial_fit; got True.",
                remedy="Set it to False.",
            )
        if isinstance(self.class_weight, str):
            raise ParameterError(
                who=type(self).__name__,
                what="class_weight 'balanced' is not supported for partial_fit, which sees only a part of the rows.",
                remedy="Give the weights, from compute_class_weight('balanced', classes=classes, y=y).",
            )

    def _validated(self, X: object, y: object, *, reset: bool) -> tuple[MaybeSparse, Array]:
        check_rows(type(self).__name__, X)
        kinds = [np.float64, np.float32]
        rows, labels = validate_data(self, X, y, accept_sparse="csr", dtype=kinds, order="C", reset=reset)
        check_classification_targets(labels)
        return rows, labels

    def _row_weights(self, X: Inputs, sample_weight: object) -> Array:
        weights: Array = _check_sample_weight(
            sample_weight, X, dtype=X.dtype, allow_all_zero_weights=self.early_stopping
        )
        return weights

    def _start(
        self, X: Inputs, coef_init: MaybeSparse, intercept_init: npt.ArrayLike | None, rng: np.random.RandomState
    ) -> "Weights":
        """Return the initial weights."""
        from koubai.estimators.linear.training import start_weights

        n_classes = len(self.classes_)
        if n_classes < 2:
            raise DataError(
                who=type(self).__name__,
                what=f"The number of classes has to be greater than one; got {n_classes} class, {self.classes_[0]}.",
                remedy="Add rows of another.",
            )
        shape = (1 if n_classes == 2 else n_classes, X.shape[1])
        name = type(self).__name__
        return start_weights(name, X.dtype, shape, coef_init, intercept_init, rng, self.init, self.fit_intercept)

    def _train(
        self, X: Inputs, y: Array, weights: Array, state: "Weights", rng: np.random.RandomState, max_passes: int
    ) -> Self:
        """Run the passes and set the fitted attributes."""
        from koubai.estimators.linear.training import pass_plan_of, run

        plan = pass_plan_of(self, rng, max_passes, self._n_passes)
        outcome = run(self, X, y, weights, state, plan)
        coef, intercept = state.result()
        self.coef_ = np.ascontiguousarray(coef.T)
        self.intercept_ = np.array(intercept, X.dtype)
        self._running = None if self.variant == "plain" else state
        self.n_iter_ = int(outcome.passes.max())
        self.t_ += self.n_iter_ * X.shape[0]
        self._n_passes += self.n_iter_
        self.mistakes_ = outcome.mistakes.sum(axis=1)
        self.separable_ = True if outcome.separated.all() else None
        self.separability_ = describe(self.mistakes_, outcome.separated, self.classes_)
        return self

    def _warn_if_unfinished(self) -> None:
        """Warn if training ended only because ``max_iter`` was reached."""
        if self.n_iter_ < self.max_iter:
            return
        if self.stop_when_separated:
            if not self.separable_:
                warn_caller(self.separability_, ConvergenceWarning)
        elif self.tol is not None:
            warn_caller(
                "Maximum number of iteration reached before convergence. "
                "Consider increasing max_iter to improve the fit.",
                ConvergenceWarning,
            )

    def decision_function(self, X: object) -> Array:
        """Return f(x) = wᵀx + b of each row: (n_samples,) for two classes, else (n_samples, n_classes).

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows.
        """
        check_is_fitted(self)
        check_rows(type(self).__name__, X)
        X = validate_data(self, X, accept_sparse="csr", reset=False)
        scores: Array = safe_sparse_dot(X, self.coef_.T, dense_output=True) + self.intercept_
        return scores.ravel() if scores.shape[1] == 1 else scores

    def predict(self, X: object) -> Array:
        """Return the class of each row, (n_samples,): the second where f(x) > 0, or that with the largest f(x).

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows.
        """
        scores = self.decision_function(X)
        found = (scores > 0).astype(np.intp) if scores.ndim == 1 else scores.argmax(axis=1)
        labels: Array = self.classes_[found]
        return labels

    def is_linearly_separable(self, X: object, y: object) -> bool:
        """Return whether a perceptron with these parameters can classify every row correctly, by linear programming.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows.
        y : array-like of shape (n_samples,)
            Their classes.
        """
        return is_linearly_separable(X, y, fit_intercept=self.fit_intercept, zero_score=self.zero_score)

    def __sklearn_tags__(self) -> ScikitLearn:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
