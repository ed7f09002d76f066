"""Class labels: their encoding as targets, and the decoding of outputs."""

from collections.abc import Mapping
from copy import copy
from operator import attrgetter
from typing import ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import type_of_target, unique_labels

from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError, ShapeError
from koubai.core.language import term
from koubai.core.losses import Loss
from koubai.core.network import Network
from koubai.core.schema import Record
from koubai.core.untyped import ScikitLearn
from koubai.estimators.given.by_hand import DESCRIBED, Seen
from koubai.estimators.given.outputs import Ending, classification_ending, smoothed_ending
from koubai.estimators.kept.described import LABELS
from koubai.estimators.kept.recording import encode_array

Labels: TypeAlias = Array | csr_array
"""Classes (n_samples,), or labels (n_samples, n_labels), which may be sparse."""


class HasLabels:
    """The part of a classifier that handles its classes."""

    loss: str | Loss
    class_weight: Mapping[object, float] | str | None
    label_smoothing: float
    warm_start: bool
    n_outputs_: int
    network_: Network
    classes_: Array
    _label_binarizer: ScikitLearn
    _seen: Seen | None
    _described: ClassVar["attrgetter[tuple[object, ...]]"] = attrgetter(*DESCRIBED, "classes_", "_label_binarizer")

    def take_classes(self, classes: object) -> Array:
        """Set the classes for ``fit_source``; return the target of each, (n_classes, n_outputs).

        Parameters
        ----------
        classes : array-like of shape (n_classes,)
            All classes, at least two.
        """
        self._label_binarizer = LabelBinarizer().fit(classes)
        self.classes_ = self._label_binarizer.classes_
        return self._coded(self.classes_, np.float64)

    def _ending_for(self, one_of_many: bool) -> Ending:
        who = type(self).__name__
        return smoothed_ending(classification_ending(self.loss, one_of_many, who), self.label_smoothing, who)

    def _ending(self) -> Ending:
        return self._ending_for(self._label_binarizer.y_type_ == "multiclass")

    def _reading(self) -> Ending:
        """Return how to read the outputs: as trained, regardless of later changes to the parameters."""
        network = getattr(self, "network_", None)
        if network is None:
            return self._ending_for(True)
        return classification_ending(network.loss, self._is_one_of_many(), type(self).__name__)

    def _is_one_of_many(self) -> bool:
        return bool(self._label_binarizer.y_type_ == "multiclass")

    def _labels_of(self, outputs: Array) -> Labels:
        """Return the classes, (n_samples,), or labels, (n_samples, n_labels), for the outputs."""
        if self._is_one_of_many():
            self._check_number(outputs.shape[1], len(self.classes_))
            return self.classes_[outputs.argmax(axis=1)]
        threshold = self._reading().threshold
        if self._is_multilabel():
            self._check_number(outputs.shape[1], len(self.classes_))
        else:
            self._check_number(outputs.shape[1], 1)
            outputs = outputs.ravel()
            if len(self.classes_) == 2:
                return self.classes_[(outputs > threshold).astype(np.intp)]
        return self._label_binarizer.inverse_transform(outputs, threshold=threshold)

    def decoded_targets(self, targets: Array) -> Labels:
        """Return the classes or labels that targets encode; the inverse of ``coded_targets``."""
        return self._labels_of(targets)

    def _check_number(self, n_outputs: int, wanted: int) -> None:
        if n_outputs != wanted:
            raise ShapeError(
                who=type(self).__name__,
                what=(
                    f"predict must have {wanted} outputs for the {len(self.classes_)} classes; "
                    f"got {n_outputs}, set by hand."
                ),
                remedy="Take the outputs themselves from predict_proba.",
            )

    def _take_in_labels(self) -> None:
        """Synchronise ``classes_`` and the label binarizer if one of them was set by hand."""
        binarizer, classes = getattr(self, "_label_binarizer", None), getattr(self, "classes_", None)
        who, seen = type(self).__name__, self._seen
        if binarizer is None and classes is None:
            raise ParameterError(
                who=who,
                parameter="classes_",
                required="be set where coefs_ is",
                got=term("none"),
                remedy="Set all labels, sorted.",
            )
        if binarizer is None:
            self._label_binarizer = LabelBinarizer().fit(np.asarray(classes))
        known = self._label_binarizer.classes_
        if classes is None:
            self.classes_ = known
        elif classes is not known and not (len(classes) == len(known) and np.all(np.asarray(classes) == known)):
            self._settle(seen, np.asarray(classes), known)

    def _settle(self, seen: Seen | None, classes: Array, known: Array) -> None:
        """Adopt whichever of ``classes_`` and the label binarizer is new."""
        old_classes, old_binarizer = (None, None) if seen is None else seen.described[len(DESCRIBED) :]
        if len(classes) == len(known) and self._label_binarizer is old_binarizer:
            self._label_binarizer = copy(self._label_binarizer)
            self._label_binarizer.classes_ = self.classes_ = classes
        elif len(classes) == len(known) and self.classes_ is old_classes:
            self.classes_ = known
        else:
            raise ParameterError(
                who=type(self).__name__,
                parameter="classes_ and _label_binarizer.classes_",
                required="be the same labels",
                got=f"{classes} and {known}",
                remedy="Set both.",
            )

    def _check_classes(self, classes: Array) -> None:
        if self.warm_start and set(classes) != set(self.classes_):
            raise ParameterError(
                what=(
                    "warm_start can only be used where `y` has the same classes as in the previous "
                    f"call to fit. Previously got {self.classes_}, `y` has {classes}"
                )
            )
        self._check_no_other(classes)

    def _check_no_other(self, classes: Array) -> None:
        if len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ParameterError(
                what=(
                    f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {classes}."
                )
            )

    def _known(self, y: object) -> Labels:
        labels = check_array(y, accept_sparse="csr", ensure_2d=False, dtype=None, input_name="y")
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = column_or_1d(labels, warn=True)
        kind = type_of_target(labels)
        if kind.startswith("multilabel") != self._is_multilabel():
            raise DataError(
                who=type(self).__name__,
                parameter="validation_data",
                required=f"have a y of the same kind as in training, {self._label_binarizer.y_type_}",
                got=kind,
                remedy="Give the same kind of labels.",
            )
        self._check_no_other(unique_labels(labels))
        return labels

    def _places(self, y: Labels) -> Array | None:
        """Return the index of each label among the classes, or None if scikit-learn must handle them.

        This is the case for several labels per row, or labels that are unknown or of another kind. scikit-learn's own
        method takes longer than an epoch on the small blocks given to ``partial_fit``.
        """
        classes = np.asarray(self.classes_)
        plain = type(y) is np.ndarray and y.ndim == 1 and y.dtype.kind == classes.dtype.kind and y.dtype.kind in "biuU"
        if not plain or not len(classes) or self._is_multilabel():
            return None
        places = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
        return places if (classes[places] == y).all() else None

    def _coded(self, y: Labels, dtype: npt.DTypeLike) -> Array:
        places = self._places(y)
        if places is None:
            coded = self._label_binarizer.transform(y).astype(dtype)
        elif len(self.classes_) <= 2:
            coded = places[:, np.newaxis].astype(dtype)
        else:
            coded = np.zeros((len(y), len(self.classes_)), dtype)
            coded[np.arange(len(y)), places] = 1
        return np.ascontiguousarray(2 * coded - 1 if self._ending().signed else coded)

    def _strata(self, targets: Array) -> Array | None:
        return targets > self._ending().threshold if targets.shape[1] == 1 else None

    def _own_record(self) -> Record:
        binarizer = self._label_binarizer
        return {
            "labels": {
                "classes": encode_array(self.classes_),
                "kind": binarizer.y_type_,
                "sparse": bool(binarizer.sparse_input_),
            }
        }

    def _take_own_record(self, record: Record) -> None:
        labels = LABELS.read(record.get("labels"), "labels")
        binarizer = self._label_binarizer = LabelBinarizer()
        binarizer.classes_ = self.classes_ = labels["classes"]
        binarizer.y_type_, binarizer.sparse_input_ = labels["kind"], labels["sparse"]
        n_classes = len(self.classes_)
        if self.n_outputs_ != (n_classes if n_classes > 2 or self._is_multilabel() else 1):
            raise ValueError(f"{n_classes} classes for a network of {self.n_outputs_} outputs")
        if not self._is_multilabel() and (labels["kind"] == "binary") != (n_classes <= 2):
            raise ValueError(f"{n_classes} classes of kind {labels['kind']}")
        if self.class_weight is not None and not self._is_multilabel():
            compute_class_weight(self.class_weight, classes=self.classes_, y=self.classes_)

    def _is_multilabel(self) -> bool:
        return bool(self._label_binarizer.y_type_.startswith("multilabel"))
