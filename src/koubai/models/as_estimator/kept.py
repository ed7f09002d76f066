"""What the record of a table's estimator holds in a model file, and the estimator that it describes."""

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.schema import Description, Fields, Listed, Maybe, Record, Scalar, Text, Truth, Whole, consistent
from koubai.core.untyped import ScikitLearn
from koubai.models.as_estimator.labels import Labels
from koubai.models.as_estimator.vocabulary import OF_NETWORK, OF_TABLE

if TYPE_CHECKING:
    from koubai.models.table_model import TableModel

Estimator = TypeVar("Estimator")

DESCRIPTION = Description(
    Fields(
        {
            "model": Fields({}),
            "estimator": Fields(
                {
                    "names": Maybe(Listed(Text(), 1, different=True)),
                    "n_features": Whole(1),
                    "target_name": Text(),
                    "given": Listed(Text(), different=True),
                }
            ),
        }
    )
)
"""Required contents; those of the model are checked where it is made."""

KINDS = {"b": np.bool_, "i": np.int64, "u": np.uint64, "f": np.float64, "U": np.str_, "O": object}
LABELS = Fields({"classes": Listed(Scalar(), 2, different=True), "kind": Text(tuple(KINDS)), "same": Truth()})
"""The classes of a classifier, and what kind of array they are."""


def consistent_estimator(kind: type[Estimator], model: "TableModel", own: Record) -> Estimator:
    """Return the estimator of a class that a model and its own record describe.

    Raises
    ------
    ModelFileError
        If they do not fit together.
    """

    def make() -> Estimator:
        learned = model.estimator_.get_params()
        network = {name: learned[name] for name in own["given"] if name in OF_NETWORK}
        model.network = dict(network)
        given = {name: getattr(model, name) for name in OF_TABLE} | network
        known = kind().get_params()  # type: ignore[attr-defined]  # an estimator of scikit-learn's kind
        found: ScikitLearn = kind(**{name: value for name, value in given.items() if name in known})
        found.model_, found.n_features_in_ = model, int(own["n_features"])
        found.target_name_ = str(own["target_name"])
        if own["names"] is not None:
            found.feature_names_in_ = np.asarray(own["names"], dtype=object)
        if found.target_name_ != model.target_.name or model.target_.task != found._task:
            raise ValueError("the target of another model")
        found._learned_from(own)
        return found

    return consistent(kind.__name__, make)


def labels_of(own: Record, in_model: Array) -> Labels:
    """Return the labels in a classifier's record; raise ValueError if they are not those of its model."""
    read = LABELS.read(own.get("labels"), "labels")
    classes: Array = np.array(read["classes"], dtype=KINDS[str(read["kind"])])
    labels = Labels(classes, classes) if read["same"] else Labels.of(classes)
    if len(labels.classes) != len(in_model) or sorted(labels.in_table.tolist()) != sorted(in_model.tolist()):
        raise ValueError("classes of another model")
    return labels


def record_of(labels: Labels) -> Record:
    """Return labels as plain data; `labels_of` reads them back."""
    same = labels.in_table is labels.classes
    return {"labels": {"classes": labels.classes.tolist(), "kind": labels.classes.dtype.kind, "same": same}}
