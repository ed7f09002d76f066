"""scikit-learn's own estimators with the same weights, and back: for tools that look at the class of a model.

Both compute a forward pass by the same NumPy operations in the reference engine, so that predictions are equal bit for
bit, for inputs in the precision of the weights; the compiled engine adds in another order, and agrees but for rounding.
"""

from collections.abc import Mapping
from copy import copy

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import make_constraint
from sklearn.utils.validation import check_is_fitted

from koubai.core.arrays import Array
from koubai.core.errors import KoubaiError, ParameterError, ParameterTypeError
from koubai.core.layers import Dense, NTKDense
from koubai.core.layers.base import Views
from koubai.core.network import Network
from koubai.core.schema import Record
from koubai.core.untyped import ScikitLearn
from koubai.estimators.given.outputs import SPELLINGS
from koubai.estimators.kept.theta import HoldsTheta
from koubai.training.history import History

ACTIVATIONS = {"identity": "identity", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}
"""Hidden activations that scikit-learn has, with its names."""
OUTPUTS = {"identity": "identity", "sigmoid": "logistic", "softmax": "softmax", "exponential": "exp"}
"""Output activations that it has."""
KEPT = (
    *(
        "loss_",
        "best_loss_",
        "loss_curve_",
        "validation_scores_",
        "best_validation_score_",
        "validation_losses_",
        "t_",
        "n_iter_",
    ),
    *("n_features_in_", "feature_names_in_", "classes_", "n_layers_", "n_outputs_", "out_activation_"),
    *("_label_binarizer", "_no_improvement_count"),
)
"""Fitted attributes that mean the same in both."""
OF_PERCEPTRON = ("coef_", "intercept_", "classes_", "n_iter_", "t_", "n_features_in_", "feature_names_in_")


def to_sklearn(network: HoldsTheta, kind: type[ScikitLearn]) -> ScikitLearn:
    """Return scikit-learn's estimator of a class with the weights of a fitted network.

    Raises
    ------
    ParameterError
        If it has something that scikit-learn's networks cannot have.
    """
    network._check_has_parameters()
    theta, described = network._theta(), network.network_
    hidden = _checked(network, described)
    layers = [_plain(layer, blocks) for layer, blocks in described.parts(theta) if isinstance(layer, Dense | NTKDense)]
    found = kind(**_shared(network, kind, {"hidden_layer_sizes": tuple(described.sizes[1:-1]), "activation": hidden}))
    found.coefs_, found.intercepts_ = ([np.array(parts[k]) for parts in layers] for k in (0, 1))
    _take(found, network, KEPT)
    found._random_state = np.random.RandomState()
    return found


def perceptron_to_sklearn(model: ScikitLearn, kind: type[ScikitLearn]) -> ScikitLearn:
    """Return scikit-learn's perceptron with the weights of a fitted one."""
    found: BaseEstimator = kind(**_shared(model, kind, {}))
    _take(found, model, OF_PERCEPTRON)
    found._loss_function_ = found._get_loss_function(found.loss)  # by which sklearn2pmml sees that it is fitted
    return found


def _plain(layer: Dense | NTKDense, blocks: Views) -> tuple[Array, Array]:
    """Return weights and biases of the dense layer that computes the same."""
    weights = blocks[0] * blocks[0].dtype.type(layer.factor) if isinstance(layer, NTKDense) else blocks[0]
    return weights, blocks[1] if layer.bias else np.zeros(layer.n_out, weights.dtype)


def _checked(network: HoldsTheta, described: Network) -> str:
    """Return the hidden activation's name; raise ParameterError for what scikit-learn's networks cannot have."""
    for number, layer in enumerate(described.layers, 1):
        if not isinstance(layer, Dense | NTKDense):
            raise _refusal(network, "layers", "be dense", f"{layer.name} as layer {number}")
    *hidden, last = described.layers
    names = list(dict.fromkeys(layer.activation.name for layer in hidden))
    if len(names) > 1 or (names and names[0] not in ACTIVATIONS):
        required = f"be one of {', '.join(ACTIVATIONS.values())}, the same in all layers"
        raise _refusal(network, "activation", required, ", ".join(SPELLINGS.get(name, name) for name in names))
    if last.activation.name not in OUTPUTS:
        raise _refusal(network, "out_activation_", f"be one of {', '.join(OUTPUTS.values())}", last.activation.name)
    if hasattr(network, "classes_") and not hasattr(network, "predict_proba"):
        raise _refusal(network, "loss", "be one on probabilities", repr(network.loss))
    shares = hasattr(network, "classes_") and not network._is_multilabel() and last.n_out > 2
    if shares and last.activation.name == "sigmoid":
        raise _refusal(network, "loss", "have softmax outputs for three classes or more", repr(network.loss))
    if getattr(network, "clip_predictions", False):
        raise _refusal(network, "clip_predictions", "be False", "True")
    return ACTIVATIONS[names[0]] if names else "relu"


def _refusal(network: HoldsTheta, parameter: str, required: str, got: str) -> ParameterError:
    return ParameterError(
        who=f"{type(network).__name__}.to_sklearn",
        parameter=parameter,
        required=f"{required}, as scikit-learn's networks are",
        got=got,
        remedy="Export it as ONNX, which takes any network.",
    )


def _shared(given: ScikitLearn, kind: type[ScikitLearn], own: Mapping[str, object]) -> Record:
    """Return the parameters of one estimator that a class takes too, as far as it allows their values."""
    constraints = getattr(kind, "_parameter_constraints", {})
    found = {name: value for name, value in given.get_params(deep=False).items() if name in kind().get_params()}
    allowed = {
        name: value
        for name, value in (found | dict(own)).items()
        if name not in constraints or any(make_constraint(each).is_satisfied_by(value) for each in constraints[name])
    }
    return {name: copy(value) for name, value in allowed.items()}


def _take(found: object, given: object, names: tuple[str, ...]) -> None:
    for name in names:
        if hasattr(given, name):
            setattr(found, name, copy(getattr(given, name)))


def from_sklearn(kind: type[ScikitLearn], given: ScikitLearn, wanted: type[ScikitLearn], engine: str) -> ScikitLearn:
    """Return koubai's estimator with the weights of scikit-learn's.

    Raises
    ------
    ParameterTypeError
        If it is of another class.
    NotFittedError
        If it is not fitted.
    """
    if not isinstance(given, wanted):
        raise ParameterTypeError(
            who=f"{kind.__name__}.from_sklearn",
            parameter="estimator",
            required=f"be a fitted {wanted.__module__.split('._')[0]}.{wanted.__name__}",
            got=type(given).__name__,
        )
    check_is_fitted(given)
    if hasattr(given, "coef_"):
        return _perceptron(kind(**_shared(given, kind, {})), given)
    found = kind(**_shared(given, kind, {"engine": engine}))
    _take(found, given, KEPT)
    return _network(found, given)


def _network(found: ScikitLearn, given: ScikitLearn) -> ScikitLearn:
    """Give a network its weights, in its own layout."""
    sizes = [given.coefs_[0].shape[0], *(weights.shape[1] for weights in given.coefs_)]
    found.set_params(hidden_layer_sizes=tuple(sizes[1:-1]))
    try:
        network = found._make_network(sizes[0], sizes[-1])
    except KoubaiError as error:
        raise error.of(f"{type(found).__name__}.from_sklearn", ParameterError) from None
    dtype = np.result_type(np.float32, *given.coefs_)
    theta = network.pack(given.coefs_, given.intercepts_, dtype)
    found._describe(network)
    found.history_, found._output_by_hand = History(), False
    found._set_theta(theta)
    return found


def _perceptron(found: ScikitLearn, given: ScikitLearn) -> ScikitLearn:
    """Give a perceptron its weights."""
    _take(found, given, OF_PERCEPTRON)
    found.mistakes_, found._running = np.zeros(0, np.int64), None
    return found
