"""Linear separability of classes: decided by a linear program, or as observed in training."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack, issparse
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_X_y

from koubai.core.arrays import Array
from koubai.core.errors import DataError
from koubai.core.untyped import MaybeSparse

REMEDIES = "The averaged and the pocket perceptron can handle this: set variant='averaged' or variant='pocket'."


def is_linearly_separable(X: object, y: object, *, fit_intercept: bool = True, zero_score: str = "wrong") -> bool:
    """Return whether every class can be separated from all others by a hyperplane, with f(x) > 0 only for its rows.

    For each class a linear program (SciPy's HiGHS) seeks w and b with wᵀx + b >= 1 on the rows of the class and <= -1
    on the others; these exist exactly if the class is linearly separable from the rest. The time grows quickly with the
    number of rows: some seconds for a few thousand.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        The rows.
    y : array-like of shape (n_samples,)
        Their classes; with two classes there is one hyperplane.
    fit_intercept : bool
        Whether there is a bias b.
    zero_score : {"wrong", "negative"}
        Whether f(x) = 0 is wrong for both sides, or means "not this class" (the lecture's rule). Without a bias this
        can make a difference: the other rows then need only wᵀx <= 0.

    Raises
    ------
    DataError
        If there is only one class, or the linear program finds no answer.

    Examples
    --------
    >>> is_linearly_separable([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])
    True
    >>> is_linearly_separable([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
    False
    """
    rows, labels = check_X_y(X, y, accept_sparse="csr", dtype=np.float64)
    check_classification_targets(labels)
    classes, codes = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise DataError(
            who="is_linearly_separable",
            parameter="y",
            required="hold at least two classes",
            got=f"1 class, {classes[0]}",
            remedy="Add rows of another.",
        )
    asked = range(1, 2) if len(classes) == 2 else range(len(classes))
    rest = 0.0 if zero_score == "negative" and not fit_intercept else 1.0
    return all(_has_hyperplane(rows, codes == k, fit_intercept, rest) for k in asked)


def _has_hyperplane(X: MaybeSparse, positive: npt.NDArray[np.bool_], fit_intercept: bool, rest: float) -> bool:
    """Return whether there is a w (and b) with f(x) >= 1 on the positive rows and f(x) <= -rest on the others."""
    from scipy.optimize import linprog

    largest = np.maximum(
        np.asarray(abs(X).max(axis=0).todense() if issparse(X) else abs(X).max(axis=0)).ravel(), 1e-300
    )
    y = np.where(positive, 1.0, -1.0)[:, np.newaxis]
    scaled = csr_array(X).multiply(1 / largest) if issparse(X) else X / largest
    if fit_intercept:
        ones = np.ones((X.shape[0], 1))
        scaled = hstack([scaled, ones]) if issparse(X) else np.hstack([scaled, ones])
    rows = csr_array(scaled).multiply(-y) if issparse(X) else scaled * -y
    bound = np.where(positive, -1.0, -rest)
    found = linprog(np.zeros(rows.shape[1]), A_ub=rows, b_ub=bound, bounds=(None, None), method="highs")
    if found.status not in (0, 2):
        raise DataError(
            who="is_linearly_separable",
            what=(
                f"the linear program must come to an answer; got: {found.message} Scale the features, "
                "or take fewer rows."
            ),
        )
    return bool(found.status == 0)


def describe(mistakes: Array, separated: npt.NDArray[np.bool_], classes: Array) -> str:
    """Return a sentence or two on what training showed about the data.

    Parameters
    ----------
    mistakes : (n_passes,)
        Mistakes in each pass, all problems together.
    separated : (K,)
        Which problems had weights that classified every row correctly.
    classes : (n_classes,)
        The labels; with two of them there is one problem.
    """
    alone = len(classes) == 2
    if separated.all():
        what = "The data are linearly separable" if alone else "Each class is linearly separable from the rest"
        return f"{what}: there were weights that were right on every row."
    told = f"in {len(mistakes)} pass{'es' if len(mistakes) > 1 else ''} over the rows no weights were right on all"
    if alone:
        what = "The data are not linearly separable as far as seen"
    else:
        names = [str(name) for name in classes[~separated]]
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        what = f"{'Class' if len(names) == 1 else 'Classes'} {shown} "
        what += f"{'is' if len(names) == 1 else 'are'} not linearly separable from the rest as far as seen"
    return f"{what}: {told}; the last made {int(mistakes[-1])} mistake{'s' if mistakes[-1] != 1 else ''}. {REMEDIES}"
