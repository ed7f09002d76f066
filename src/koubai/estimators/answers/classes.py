"""What all classifiers have in common: classes in training, and predictions of them."""

from typing import Self

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels
from sklearn.utils.validation import validate_data

from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError
from koubai.core.language import worded
from koubai.core.losses import LOSSES
from koubai.core.sparse import check_rows
from koubai.core.untyped import ScikitLearn
from koubai.engines.protocol import Inputs
from koubai.estimators.base import BaseNetwork, stochastic_only
from koubai.estimators.data import FLOATS
from koubai.estimators.given.parameters import checks_parameters, only_if
from koubai.estimators.labels import HasLabels, Labels
from koubai.estimators.scores import AccuracyTally, Tally


def _gives_probabilities(estimator: "Classifies") -> bool:
    if estimator._reading().signed:
        raise AttributeError(
            f"predict_proba is only available for losses on probabilities. {estimator.loss} looks at margins."
        )
    return True


def _gives_margins(estimator: "Classifies") -> bool:
    if not estimator._reading().signed:
        signed = " and ".join(sorted(name for name, kind in LOSSES.items() if kind.signed))
        raise AttributeError(f"decision_function is only available for the losses {signed}.")
    return True


class Classifies(ClassifierMixin, HasLabels, BaseNetwork):  # type: ignore[misc]  # scikit-learn has no types
    """The part of an estimator that learns and predicts classes and labels."""

    @stochastic_only
    @checks_parameters
    def partial_fit(self, X: object, y: object, sample_weight: object = None, classes: object = None) -> Self:
        """Train for one epoch on these rows, continuing from the last call.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            The classes.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows, >= 0.
        classes : array-like, optional
            All classes that may ever occur; required in the first call.

        Returns
        -------
        self

        Raises
        ------
        ParameterError
            With ``early_stopping`` or ``class_weight="balanced"``, which need all the data.
        """
        if _check_partial_fit_first_call(self, classes):
            self._label_binarizer = LabelBinarizer()
            self._label_binarizer.fit(y if type_of_target(y).startswith("multilabel") else classes)
        return self._partial_fit(X, y, sample_weight)

    def weights_of_classes(self, counts: Array) -> Array | None:
        """Return the class weights for the given class sizes, (n_classes,), or None without ``class_weight``.

        Parameters
        ----------
        counts : array of shape (n_classes,)
            Training rows of each class, in the order of ``classes_``.
        """
        if self.class_weight is None:
            return None
        if isinstance(self.class_weight, str):  # "balanced": n / (n_classes · count)
            return np.asarray(counts.sum() / (len(counts) * np.maximum(counts, 1)))
        return np.asarray(compute_sample_weight(self.class_weight, self.classes_))

    def predict(self, X: object) -> Labels:
        """Return the predicted classes, (n_samples,), or labels, (n_samples, n_labels).

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The inputs.
        """
        return self._labels_of(self._outputs(X))

    @only_if(_gives_probabilities)
    def predict_proba(self, X: object) -> Array:
        """Return the probability of each class, in the order of ``classes_``, (n_samples, n_classes).

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The inputs.
        """
        outputs = self._outputs(X)
        if self.n_outputs_ == 1:
            return np.hstack([1 - outputs, outputs])
        if self.out_activation_ == "logistic" and self._reading().one_of_many and not self._output_by_hand:
            return np.asarray(outputs / outputs.sum(axis=1, keepdims=True))
        return outputs

    @only_if(_gives_probabilities)
    def predict_log_proba(self, X: object) -> Array:
        """Return the logarithm of ``predict_proba``, (n_samples, n_classes).

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The inputs.
        """
        probabilities: Array = self.predict_proba(X)
        return np.log(probabilities, out=probabilities)

    @only_if(_gives_margins)
    def decision_function(self, X: object) -> Array:
        """Return the outputs of a margin loss: (n_samples,) for two classes, else (n_samples, n_outputs).

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The inputs.
        """
        outputs = self._outputs(X)
        return outputs.ravel() if self.n_outputs_ == 1 else outputs

    def _check_loss(self) -> None:
        self._ending_for(True)

    def _validated(self, X: object, y: object, *, incremental: bool, reset: bool) -> tuple[Inputs, Array, Labels]:
        check_rows(type(self).__name__, X)
        rows, labels = validate_data(
            self,
            self._as_rows(X, reset),
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=FLOATS,
            order="C",
            reset=reset,
        )
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = column_or_1d(labels, warn=True)
        self._refuse_several_classes(labels)
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._label_binarizer = LabelBinarizer().fit(labels)
            self.classes_ = self._label_binarizer.classes_
        elif self.warm_start or self._places(labels) is None:
            self._check_classes(unique_labels(labels))
        inputs = self._prepared(csr_array(rows) if issparse(rows) else rows, reset)
        return inputs, self._coded(labels, rows.dtype), labels

    def _refuse_several_classes(self, y: Labels) -> None:
        """Raise DataError for several columns of classes, since a network has a single loss over one of them."""
        if getattr(y, "ndim", 1) == 2 and not issparse(y) and type_of_target(y) == "multiclass-multioutput":
            who = type(self).__name__
            raise DataError(
                who=who,
                parameter="y",
                required=worded("core.must.classes_column_labels_several"),
                got=f"{y.shape[1]} columns of classes (multiclass-multioutput)",
                remedy=f"Train one network for each: sklearn.multioutput.MultiOutputClassifier({who}()).",
            )

    def _class_weights(self, y: object, incremental: bool) -> Array | None:
        if self.class_weight is None:
            return None
        if incremental and self.class_weight == "balanced":
            raise ParameterError(
                who=type(self).__name__,
                parameter="class_weight",
                required="be a dict or None in partial_fit, which does not see all rows",
                got="'balanced'",
                remedy="Compute the weights with sklearn.utils.class_weight.compute_class_weight.",
            )
        weights = np.asarray(compute_sample_weight(self.class_weight, y), dtype=np.float64)
        wrong = ~(np.isfinite(weights) & (weights >= 0))
        if wrong.any():
            raise ParameterError(
                who=type(self).__name__,
                parameter="class_weight",
                required="contain only finite weights >= 0",
                got=f"{weights[wrong][0]:g}",
                remedy="Try 'balanced'.",
            )
        return weights

    def _new_tally(self, in_pieces: bool) -> Tally:
        ending = self._ending()
        return AccuracyTally(ending.threshold, ending.one_of_many, in_pieces)

    def __sklearn_tags__(self) -> ScikitLearn:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
