"""What the record of a network's estimator must hold, in words that need no scikit-learn to be read."""

from collections.abc import Mapping

from koubai.core.layers import LayerKind
from koubai.core.network import Network
from koubai.core.schema import (
    FLOATS,
    Description,
    Fields,
    Kind,
    Later,
    Listed,
    Maybe,
    Named,
    Real,
    Scalar,
    Tensor,
    Text,
    Truth,
    Whole,
)
from koubai.estimators.kept import recording
from koubai.training.history import TENSORS

LOSS = Maybe(Real(finite=False))

FITTED: Mapping[str, Kind] = {
    "n_features_in_": Whole(1),
    "feature_names_in_": Later(recording.Names()),
    "n_iter_": Later(Whole(), 0),
    "t_": Later(Whole(), 0),
    "loss_": Later(LOSS),
    "best_loss_": Later(LOSS),
    "validation_scores_": Later(Maybe(Listed(Real(finite=False)))),
    "best_validation_score_": Later(LOSS),
    "validation_losses_": Later(Maybe(Listed(Real(finite=False)))),
    "_no_improvement_count": Later(Whole()),
    "target_range_": Later(Listed(Listed(Real(), 2, 2))),
    "image_shape_": Later(Listed(Whole(1), 3, 3)),
    "pixel_mean_": Later(Listed(Real())),
    "pixel_scale_": Later(Listed(Real(above=0))),
    "target_mean_": Later(Listed(Real())),
    "target_scale_": Later(Listed(Real(above=0))),
}
"""Fitted attributes stored unchanged in a record."""

SPEC = Named(Scalar())
"""An activation, a loss or another named kind with its parameters, which it checks itself."""

DESCRIPTION = Description(
    Fields(
        {
            "network": Fields({"layers": Listed(LayerKind(), 1), "loss": SPEC}),
            "fitted": Fields(
                recording.encoded(FITTED),
                (recording.NAMES_FIT,),
            ),
            "stopped": Text(longest=100),
        }
    ),
    {"theta": Tensor(FLOATS, ("n_parameters",)), **TENSORS},
    lambda record: {"n_parameters": Network.from_spec(record["network"]).n_parameters},
)
"""Required contents of a network's record and arrays; `Storable` adds more for each estimator."""

LABELS = Fields(
    {"classes": recording.Labels(), "kind": Text(("binary", "multiclass", "multilabel-indicator")), "sparse": Truth()}
)
"""Required contents of a record on the class labels."""
