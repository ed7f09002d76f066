"""The network of an estimator, from its parameters: dense layers, and what may stand before and between them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from koubai.core.activations import get_activation
from koubai.core.activations.softmax import Softmax
from koubai.core.arguments import WHOLE
from koubai.core.errors import KoubaiError, ParameterError
from koubai.core.language import worded
from koubai.core.layers import Dense, Layer, LearnedActivation, NTKDense, PeriodicEmbedding, Scaling
from koubai.core.network import Network
from koubai.core.schema import Record
from koubai.estimators.given import training_choices as choices
from koubai.estimators.given.outputs import Ending
from koubai.estimators.given.protocols import DenseParameters

OF_EMBEDDING = ("embedded", "n_frequencies", "n_numbers", "sigma")
"""What may be said of an embedding."""


def make_network(
    estimator: DenseParameters, sizes: Sequence[int], n_features: int, n_outputs: int, ending: Ending
) -> Network:
    """Return the network: embedding, scaling, hidden layers, output layer, as far as the parameters ask for them.

    Raises
    ------
    ParameterError
        If a parameter does not fit the network.
    """
    check_architecture(estimator, len(sizes))
    who = choices.name_of(estimator)
    hidden = choices.hidden_activations(estimator, len(sizes))
    dropout = choices.one_for_each_layer(estimator, "dropout", len(sizes))
    output = get_activation(ending.activation)
    try:
        layers: list[Layer] = embedding_layers(estimator.embedding, n_features)
        width = layers[-1].n_out if layers else n_features
        if estimator.scaling:
            layers.append(Scaling(width))
        kind = NTKDense if estimator.parametrization == "ntk" else Dense
        for (n_in, n_out), activation, rate in zip(pairwise((width, *sizes)), hidden, dropout, strict=True):
            if estimator.learned_activation:
                layers += [kind(n_in, n_out), LearnedActivation(n_out, activation, float(rate))]
            else:
                layers.append(kind(n_in, n_out, activation, True, float(rate)))
        layers.append(kind(layers[-1].n_out if layers else n_features, n_outputs, output))
        return Network(tuple(layers), ending.loss)
    except KoubaiError as error:
        raise error.of(who, ParameterError) from None


def embedding_layers(given: str | Mapping[str, object] | None, n_features: int) -> list[Layer]:
    """Return the embedding as a list of one layer, or none.

    Raises
    ------
    ParameterError
        If ``embedding`` says something that an embedding does not know, or names an input that is not there.
    """
    if given is None:
        return []
    said: Record = {} if isinstance(given, str) else dict(given)
    unknown = sorted(map(str, set(said) - set(OF_EMBEDDING)))
    if unknown:
        raise ParameterError(
            parameter="embedding",
            required=f"say only {', '.join(OF_EMBEDDING)}",
            got=", ".join(unknown),
            remedy="Omit it.",
        )
    places = said.get("embedded")
    if places is not None and not (isinstance(places, Sequence | np.ndarray) and all(map(WHOLE.accepts, places))):
        raise ParameterError(
            parameter="embedding's embedded",
            required="be whole numbers, the inputs counted from 0",
            got=repr(places),
            remedy="Leave it out to embed all.",
        )
    return [PeriodicEmbedding(n_features, **said)]


def check_architecture(estimator: DenseParameters, n_hidden: int) -> None:
    """Check what can be checked of a network's layers before its inputs are known.

    Raises
    ------
    ParameterError
        For an embedding that is out of range whatever the inputs are, or softmax as a learned activation.
    """
    who = choices.name_of(estimator)
    activations = choices.hidden_activations(estimator, n_hidden)
    if estimator.learned_activation and any(isinstance(each, Softmax) for each in activations):
        raise ParameterError(
            who=who,
            parameter="activation",
            required=worded("core.must.act_on_each_node_itself"),
            got="softmax",
            remedy=worded("core.remedy.try_activation_elu"),
        )
    given = estimator.embedding
    places = given.get("embedded") if isinstance(given, Mapping) else None
    known = places if isinstance(places, Sequence | np.ndarray) and all(map(WHOLE.accepts, places)) else []
    try:
        embedding_layers(given, max([0, *known]) + 1)
    except KoubaiError as error:
        raise error.of(who, ParameterError) from None
