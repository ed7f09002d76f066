"""Weights and related attributes set by hand: honoured as in scikit-learn, or refused in one sentence.

scikit-learn's networks use ``coefs_``, ``intercepts_``, ``n_layers_``, ``activation`` and ``out_activation_`` in every
prediction. Programs rely on that: they put weights loaded from elsewhere into a new estimator, prune hidden nodes,
truncate the network after a hidden layer, or read the output before softmax.
"""

from itertools import pairwise
from operator import is_
from typing import NamedTuple, Protocol

import numpy as np
from scipy.sparse import issparse

from koubai.core.activations import get_activation
from koubai.core.activations.base import Activation
from koubai.core.arrays import Array
from koubai.core.errors import ParameterError, ShapeError
from koubai.core.language import term, worded
from koubai.core.losses import Loss
from koubai.core.losses.half_squared_error import HalfSquaredError
from koubai.core.network import Dense, Network
from koubai.estimators.given import training_choices as choices
from koubai.estimators.given.outputs import Ending
from koubai.estimators.given.protocols import DenseParameters
from koubai.training.history import History

DESCRIBED = ("theta_", "network_", "activation", "out_activation_", "n_layers_", "n_features_in_")
"""Attributes, besides the weight arrays, that determine predictions."""


class Seen(NamedTuple):
    """The objects used in the last prediction.

    They are the weight arrays and the attributes `DESCRIBED` (with those of a class's own after them), all together and
    each for itself, the number of weight matrices, and the output activation.
    """

    objects: tuple[object, ...]
    arrays: list[Array]
    described: tuple[object, ...]
    n_matrices: int
    output: str | Activation

    def before(self, name: str) -> object:
        """Return an attribute's previous value."""
        return self.described[DESCRIBED.index(name)]

    def has(self, arrays: list[Array]) -> bool:
        """Return whether these are the same arrays."""
        return len(arrays) == len(self.arrays) and all(map(is_, arrays, self.arrays))


class SetByHand(DenseParameters, Protocol):
    """An estimator of networks whose attributes may be set."""

    network_: Network
    theta_: Array
    coefs_: list[Array]
    intercepts_: list[Array]
    n_features_in_: int
    history_: History
    _seen: Seen | None
    _own_arrays: bool
    _output_by_hand: bool

    def _take_in_labels(self) -> None: ...
    def _ending(self) -> Ending: ...
    def _describe(self, network: Network) -> None: ...
    def _set_theta(self, theta: Array) -> None: ...
    def _look(self) -> None: ...


def take_in(model: SetByHand) -> None:
    """Update an estimator's ``network_`` and ``theta_`` to match its attributes.

    Raises
    ------
    ShapeError
        If weight arrays do not match each other or the number of features.
    ParameterError
        If attributes are missing or contradict each other, or name a function that does not exist.
    """
    model._take_in_labels()
    _take_in_theta(model)
    seen = model._seen
    if seen is not None and not seen.n_matrices:
        _keep_other_layers(model, seen)
        return
    weights, biases = _layers(model, seen)
    output = getattr(model, "out_activation_", None)
    usual = model._ending().activation if seen is None else seen.output
    network = _network(model, weights, seen, usual if output is None else output)
    if output is not None and get_activation(output) != get_activation(usual):
        model._output_by_hand = get_activation(output).name != get_activation(model._ending().activation).name
    in_theta = seen is not None and not model._own_arrays and seen.has([*model.coefs_, *model.intercepts_])
    keeps_theta = in_theta and network.sizes == model.network_.sizes
    model._describe(network)
    if not hasattr(model, "n_features_in_"):
        model.n_features_in_ = network.n_features
    if not hasattr(model, "history_"):
        model.history_ = History()
    if not keeps_theta:
        model.theta_ = network.pack(weights, biases, np.result_type(np.float32, *weights, *biases))
        model.theta_.flags.writeable = False  # the arrays take precedence: a change of θ would be lost
        model._own_arrays = True
    model._look()


def _take_in_theta(model: SetByHand) -> None:
    """Adopt a θ that was replaced."""
    seen = model._seen
    if seen is None or model.theta_ is seen.before("theta_"):
        return
    if seen.n_matrices and not seen.has([*model.coefs_, *model.intercepts_]):
        raise ParameterError(
            who=choices.name_of(model),
            parameter="theta_",
            required="stay as it is where coefs_ or intercepts_ are replaced",
            got="new ones of both",
            remedy="Set one of them.",
        )
    theta = np.ascontiguousarray(model.theta_)
    model.network_.check_theta(theta)
    model._set_theta(theta if theta.dtype == np.float32 else theta.astype(np.float64, copy=False))


def _keep_other_layers(model: SetByHand, seen: Seen) -> None:
    """Accept new labels; refuse other changes, since scikit-learn's attributes describe dense layers only.

    Raises
    ------
    ParameterError
        If an attribute was set.
    """
    for name in DESCRIBED:
        if name not in ("theta_", "network_") and getattr(model, name, None) is not seen.before(name):
            raise ParameterError(
                who=choices.name_of(model),
                parameter=name,
                required="stay as fit left it in a network with layers that are not dense",
                got=repr(getattr(model, name, None)),
                remedy="Set it back, or fit a new estimator.",
            )
    model._look()


def _layers(model: SetByHand, seen: Seen | None) -> tuple[list[Array], list[Array]]:
    """Return the weights and biases of the layers that ``n_layers_`` counts, after checking that they fit together."""
    who = choices.name_of(model)
    if not hasattr(model, "intercepts_"):
        raise ParameterError(
            who=who,
            parameter="intercepts_",
            required="be set where coefs_ is",
            got=term("none"),
            remedy="Set the biases of each layer.",
        )
    given = len(model.coefs_)
    n_layers = getattr(model, "n_layers_", given + 1)
    unnoticed = seen is not None and n_layers == seen.before("n_layers_") and given != seen.n_matrices
    if not 2 <= n_layers <= given + 1 or (unnoticed and n_layers != given + 1):
        raise ParameterError(
            who=who,
            parameter="n_layers_",
            required=f"be {given + 1} with {given} weight matrices in coefs_, or less to leave the last ones out",
            got=str(n_layers),
            remedy="Set n_layers_ too.",
        )
    weights = [_numbers(model, "coefs_", index, 2) for index in range(n_layers - 1)]
    if len(model.intercepts_) < n_layers - 1:
        raise ShapeError(
            who=who,
            parameter="intercepts_",
            required=f"hold a vector for each of the {n_layers - 1} layers with weights",
            got=str(len(model.intercepts_)),
            remedy="Add the missing ones.",
        )
    biases = [_numbers(model, "intercepts_", index, 1) for index in range(n_layers - 1)]
    rows = getattr(model, "n_features_in_", len(weights[0]))
    if len(weights[0]) != rows:
        raise ShapeError(
            who=who,
            parameter="coefs_[0]",
            required=f"have n_features_in_ = {rows} rows",
            got=worded("core.got.shape", shape=weights[0].shape),
            remedy="Set n_features_in_ too.",
        )
    for index, (before, after) in enumerate(pairwise(weights), start=1):
        if len(after) != before.shape[1]:
            raise ShapeError(
                who=who,
                parameter=f"coefs_[{index}]",
                required=f"have as many rows as coefs_[{index - 1}] has columns, {before.shape[1]}",
                got=worded("core.got.shape", shape=after.shape),
                remedy="Change both.",
            )
    for index, (matrix, vector) in enumerate(zip(weights, biases, strict=True)):
        if vector.shape != matrix.shape[1:]:
            raise ShapeError(
                who=who,
                parameter=f"intercepts_[{index}]",
                required=f"have shape {matrix.shape[1:]}, a number for each column of coefs_[{index}]",
                got=str(vector.shape),
                remedy="Change both.",
            )
    return weights, biases


def _numbers(model: object, name: str, index: int, n_axes: int) -> Array:
    """Return one of the weight arrays as an array of numbers."""
    given = getattr(model, name)[index]
    array = np.asarray(given.toarray() if issparse(given) else given)
    if array.ndim != n_axes or array.dtype.kind not in "fiub" or not array.size:
        raise ShapeError(
            who=choices.name_of(model),
            parameter=f"{name}[{index}]",
            required=f"be an array of numbers with {n_axes} axes",
            got=f"shape {array.shape} of dtype {array.dtype}",
        )
    return array


def _network(model: SetByHand, weights: list[Array], seen: Seen | None, output: str | Activation) -> Network:
    """Return the network described by the weights and the names of the activations."""
    n_hidden = len(weights) - 1
    old: Network | None = getattr(model, "network_", None)
    as_before = old is not None and seen is not None and model.activation is seen.before("activation")
    if old is not None and as_before and n_hidden < len(old.layers):
        hidden: list[Activation] = [layer.activation for layer in old.layers[:n_hidden]]
        dropout = [layer.dropout for layer in old.layers[:n_hidden]]
    else:
        hidden = choices.hidden_activations(model, n_hidden)
        dropout = choices.one_for_each_layer(model, "dropout", n_hidden)
    last = get_activation(output, f"{choices.name_of(model)}: out_activation_")
    layers = tuple(
        Dense(matrix.shape[0], matrix.shape[1], activation, dropout=float(rate))
        for matrix, activation, rate in zip(weights, [*hidden, last], [*dropout, 0.0], strict=True)
    )
    network = Network(layers, _loss(model, old, last))
    return old if old is not None and old == network else network


def _loss(model: SetByHand, old: Network | None, last: Activation) -> Loss:
    """Return the loss for the output: the estimator's, or one defined for any numbers where that is undefined."""
    losses = [model._ending().loss, *([] if old is None else [old.loss])]
    return next((loss for loss in losses if loss.accepts(last)), HalfSquaredError())
