"""Methods that export an estimator."""

import os
from importlib import import_module
from typing import Self

from sklearn.base import BaseEstimator

from koubai.core import entries
from koubai.core.errors import ParameterTypeError
from koubai.core.untyped import ScikitLearn

TWINS = {
    "MLPClassifier": "sklearn.neural_network",
    "MLPRegressor": "sklearn.neural_network",
    "Perceptron": "sklearn.linear_model",
}
"""Where scikit-learn has an estimator of the same name."""


class Exportable(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Adds ``to_onnx``, ``to_sklearn`` and ``from_sklearn`` to an estimator."""

    def to_onnx(self, path: str | os.PathLike[str] | None = None) -> bytes:
        """Return the fitted model as the content of an ONNX file, and write it if a path is given.

        The input ``X`` is (rows, features) in the precision of the parameters; outputs are ``prediction``, and
        ``probabilities`` or ``scores`` of classes. `koubai.export.export` writes other targets.

        Parameters
        ----------
        path : path, optional
            A file to write, atomically.

        Raises
        ------
        ParameterError
            If the package onnx is not installed.
        UndefinedError
            If the model has a layer or an activation that cannot be described.
        """
        return entries.to_onnx(self, path)

    def to_sklearn(self) -> ScikitLearn:
        """Return scikit-learn's own estimator with the same weights, for tools that know its classes.

        Its predictions are those of ``engine="reference"`` bit for bit, for inputs in the precision of the weights, and
        those of the compiled engine but for rounding. Parameters that scikit-learn does not have are left out.

        Raises
        ------
        ParameterError
            If the model has something that scikit-learn's cannot have.
        NotFittedError
            If it is not fitted.
        """
        from koubai.estimators.offers import twins

        kind = _twin(type(self))
        return twins.perceptron_to_sklearn(self, kind) if hasattr(self, "coef_") else twins.to_sklearn(self, kind)

    @classmethod
    def from_sklearn(cls, estimator: ScikitLearn, *, engine: str = "reference") -> Self:
        """Return this kind of estimator with the weights of scikit-learn's, for all that koubai adds.

        Parameters
        ----------
        estimator : sklearn.neural_network.MLPClassifier, MLPRegressor or sklearn.linear_model.Perceptron
            The fitted estimator of the same name.
        engine : str
            ``"reference"`` predicts the same bit for bit; ``"cpu"`` faster, and the same but for rounding.

        Raises
        ------
        ParameterTypeError
            If it is another estimator.
        """
        from koubai.estimators.offers import twins

        found: Self = twins.from_sklearn(cls, estimator, _twin(cls), engine)
        return found


def _twin(kind: type[object]) -> type[ScikitLearn]:
    """Return scikit-learn's class of the same name.

    Raises
    ------
    ParameterTypeError
        If there is none.
    """
    for each in kind.__mro__:
        if each.__name__ in TWINS:
            return getattr(import_module(TWINS[each.__name__]), each.__name__)
    raise ParameterTypeError(
        who=kind.__name__,
        what=f"the model must be one of {', '.join(TWINS)} to have a counterpart in scikit-learn; got {kind.__name__}.",
        remedy="Export it as ONNX, which takes any network.",
    )
