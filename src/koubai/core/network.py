"""What a network is: a sequence of layers, a loss, and where each parameter lies in the flat vector θ.

A `Network` holds no numbers. It says how many parameters there are and hands out views of a θ that
somebody else owns: ``network.weights(theta, l)`` of shape (n_in, n_out) and ``network.biases(theta, l)`` of shape
(n_out,) share memory with θ. Layers are counted from 0; layer ``l`` here is layer l + 1 of the lecture,
whose w_ij^(l) (target i, source j) is ``weights(theta, l - 1)[j - 1, i - 1]`` and whose bias w_i0^(l) is
``biases(theta, l - 1)[i - 1]``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from koubai.core.activations import get_activation
from koubai.core.activations.base import Activation
from koubai.core.activations.identity import Identity
from koubai.core.arrays import Array
from koubai.core.errors import KoubaiError, ParameterError, ParameterTypeError, ShapeError
from koubai.core.initializers import RandomSource, initial_layer
from koubai.core.losses import Loss, get_loss


@dataclass(frozen=True, slots=True)
class Dense:
    """A fully connected layer: u = Wᵀ z + b, z = φ(u).

    Parameters
    ----------
    n_in, n_out : int
        Sources and nodes, at least 1 each.
    activation : Activation
        φ.
    bias : bool
        Whether the nodes have a bias b; without, W alone.
    dropout : float
        Probability in [0, 1) with which a node's activation is set to 0 in training, the rest being divided by
        1 - dropout (inverted dropout; Srivastava and others 2014, section 10).
    """

    n_in: int
    n_out: int
    activation: Activation = field(default_factory=Identity)
    bias: bool = True
    dropout: float = 0.0

    def __post_init__(self) -> None:
        for name, size in (("n_in", self.n_in), ("n_out", self.n_out)):
            if not isinstance(size, int | np.integer) or size < 1:
                raise ParameterError(f"Dense: {name} must be an integer >= 1; got {size!r}. Try 8.")
        if not isinstance(self.activation, Activation):
            raise ParameterTypeError(
                f"Dense: activation must be an instance; got {type(self.activation).__name__}. "
                f"Try get_activation('relu')."
            )
        if not isinstance(self.bias, bool | np.bool_):
            raise ParameterTypeError(f"Dense: bias must be True or False; got {self.bias!r}. Try True.")
        if not isinstance(self.dropout, int | float | np.floating) or not 0 <= self.dropout < 1:
            raise ParameterError(f"Dense: dropout must be in [0, 1); got {self.dropout!r}. Try 0.2.")

    @property
    def n_weights(self) -> int:
        """Number of weights, n_in · n_out."""
        return self.n_in * self.n_out

    @property
    def n_parameters(self) -> int:
        """Number of weights and biases."""
        return self.n_weights + (self.n_out if self.bias else 0)

    def spec(self) -> dict[str, Any]:
        """Return the layer as plain data for a model file."""
        return {
            "kind": "dense",
            "n_in": int(self.n_in),
            "n_out": int(self.n_out),
            "activation": self.activation.spec(),
            "bias": bool(self.bias),
            "dropout": float(self.dropout),
        }

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> "Dense":
        """Return the layer that `spec` described."""
        if spec["kind"] != "dense":
            raise ParameterError(f"Network: a layer's kind must be 'dense'; got {spec['kind']!r}.")
        activation = get_activation(spec["activation"])
        return cls(spec["n_in"], spec["n_out"], activation, spec["bias"], spec["dropout"])


@dataclass(frozen=True)
class Network:
    """A frozen description of a network: its layers in order, and its loss.

    Raises
    ------
    ShapeError
        If a layer does not take what the one before it gives.
    ParameterError
        If there is no layer, if the last one has dropout, or if the loss is not defined on the last
        activation's range (cross-entropy needs probabilities).

    Examples
    --------
    >>> network = Network.dense((2, 8, 1), hidden="tanh", output="sigmoid", loss="binary_cross_entropy")
    >>> network.n_parameters
    33
    >>> theta = network.initial(np.random.default_rng(0))
    >>> network.weights(theta, 0).shape
    (2, 8)
    """

    layers: tuple[Dense, ...]
    loss: Loss

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        if not self.layers:
            raise ParameterError("Network: layers must hold at least one layer; got none. Add Dense(n_in, n_out).")
        for index, (before, after) in enumerate(pairwise(self.layers)):
            if before.n_out != after.n_in:
                raise ShapeError(
                    f"Network: layer {index + 1} must take the {before.n_out} outputs of layer {index}; "
                    f"got n_in={after.n_in}. Make them equal."
                )
        last = self.layers[-1]
        if last.dropout:
            raise ParameterError(
                f"Network: the output layer must have dropout 0; got {last.dropout}. Put dropout on hidden layers."
            )
        if not self.loss.accepts(last.activation):
            raise ParameterError(
                f"Network: the loss {self.loss.name} must have outputs in [{self.loss.lower:g}, {self.loss.upper:g}]; "
                f"got the output activation {last.activation.name}, with values in "
                f"[{last.activation.lower:g}, {last.activation.upper:g}]. "
                f"Try {self.loss.output}."
            )

    @classmethod
    def dense(
        cls,
        sizes: Sequence[int],
        *,
        hidden: "str | Activation | Sequence[str | Activation]" = "relu",
        output: "str | Activation" = "identity",
        loss: "str | Loss" = "half_squared_error",
        dropout: float | Sequence[float] = 0.0,
        bias: bool = True,
    ) -> "Network":
        """Return a network of dense layers with these sizes, the input's first.

        Parameters
        ----------
        sizes : sequence of int
            (n_features, nodes of each hidden layer…, n_outputs).
        hidden : str, Activation, or one for each hidden layer
            Activation of the hidden layers.
        output : str or Activation
            Activation of the last layer.
        loss : str or Loss
            The loss.
        dropout : float or one for each hidden layer
            Dropout probability of hidden activations in training.
        bias : bool
            Whether nodes have biases.
        """
        n_hidden = len(sizes) - 2
        if n_hidden < 0:
            raise ParameterError(
                f"Network: sizes must hold at least the inputs and the outputs; got {tuple(sizes)}. Try (2, 8, 1)."
            )
        if isinstance(hidden, str | Activation):
            activations: list[str | Activation] = [hidden] * n_hidden
        else:
            activations = list(hidden)
        rates = [float(dropout)] * n_hidden if isinstance(dropout, int | float) else [float(p) for p in dropout]
        for name, given in (("hidden", activations), ("dropout", rates)):
            if len(given) != n_hidden:
                raise ParameterError(
                    f"Network: {name} must be one value or one for each of the {n_hidden} hidden layers; "
                    f"got {len(given)}."
                )
        kinds = [get_activation(kind, "hidden") for kind in activations] + [get_activation(output, "output")]
        layers = tuple(
            Dense(n_in, n_out, kind, bias, rate)
            for (n_in, n_out), kind, rate in zip(pairwise(sizes), kinds, [*rates, 0.0], strict=True)
        )
        return cls(layers, get_loss(loss))

    def __hash__(self) -> int:
        """Return a number that equal networks share: engines look up what they know of a network at every call."""
        return hash(self.offsets)

    @property
    def n_features(self) -> int:
        """Number of inputs."""
        return self.layers[0].n_in

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        return self.layers[-1].n_out

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of inputs, then the nodes of each layer."""
        return (self.n_features, *(layer.n_out for layer in self.layers))

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Where each layer begins in θ, and at last the length of θ."""
        return tuple(np.cumsum([0, *(layer.n_parameters for layer in self.layers)]).tolist())

    @property
    def n_parameters(self) -> int:
        """Length of θ."""
        return self.offsets[-1]

    def weights(self, theta: Array, layer: int) -> Array:
        """Return a view of a layer's weights in θ (or in a gradient, which has the same layout), (n_in, n_out)."""
        layer = range(len(self.layers))[layer]
        spec, start = self.layers[layer], self.offsets[layer]
        view: Array = theta[start : start + spec.n_weights].reshape(spec.n_in, spec.n_out)
        return view

    def biases(self, theta: Array, layer: int) -> Array:
        """Return a view of a layer's biases in θ, (n_out,); (0,) for a layer without."""
        layer = range(len(self.layers))[layer]
        view: Array = theta[self.offsets[layer] + self.layers[layer].n_weights : self.offsets[layer + 1]]
        return view

    def views(self, theta: Array) -> Iterator[tuple[Dense, Array, Array]]:
        """Go through the layers with views of their weights and biases in θ."""
        self.check_theta(theta)
        for index, layer in enumerate(self.layers):
            yield layer, self.weights(theta, index), self.biases(theta, index)

    def check_theta(self, theta: Array) -> None:
        """Raise ShapeError unless θ is a vector of this network's length."""
        if theta.shape != (self.n_parameters,):
            raise ShapeError(
                f"Network {'-'.join(map(str, self.sizes))}: theta must have shape (n_parameters,) = "
                f"({self.n_parameters},); got {theta.shape}. Make it with network.initial or network.pack."
            )

    @cached_property
    def is_weight(self) -> npt.NDArray[np.bool_]:
        """Mask over θ: True for weights, False for biases (penalties leave biases alone), (n_parameters,)."""
        mask = np.zeros(self.n_parameters, dtype=bool)
        for index in range(len(self.layers)):
            self.weights(mask, index)[:] = True
        mask.flags.writeable = False
        return mask

    def initial(
        self,
        rng: RandomSource,
        scheme: str = "glorot_uniform",
        dtype: npt.DTypeLike = np.float64,
        without_hidden: str = "",
    ) -> Array:
        """Return a new θ with initial values drawn layer by layer, (n_parameters,).

        Parameters
        ----------
        rng : numpy.random.Generator or numpy.random.RandomState
            Where the numbers come from; the same seed gives the same θ in float64, rounded for float32.
        scheme : str
            ``glorot_uniform``, ``he_normal``, …: see `koubai.core.initializers`.
        dtype : dtype
            float64 or float32.
        without_hidden : str
            The activation that ``"scikit-learn"`` is to reckon with where there is no hidden layer.
        """
        theta = np.zeros(self.n_parameters, dtype=dtype)
        hidden_activation = self.layers[0].activation.name if len(self.layers) > 1 else without_hidden
        for layer, weights, biases in self.views(theta):
            w, b = initial_layer(scheme, rng, layer.n_in, layer.n_out, hidden_activation)
            weights[:] = w
            if layer.bias:
                biases[:] = b
        return theta

    def pack(self, weights: Sequence[Array], biases: Sequence[Array], dtype: npt.DTypeLike = np.float64) -> Array:
        """Return a new θ from given weight matrices (n_in, n_out) and bias vectors (n_out,), one a layer.

        Raises
        ------
        ShapeError
            If one of them does not fit its layer, or there are more than layers.
        """
        for name, given in (("weights", weights), ("biases", biases)):
            if len(given) > len(self.layers):
                raise ShapeError(
                    f"Network: {name} must hold one array for each of the {len(self.layers)} layers; got {len(given)}."
                )
        theta = np.zeros(self.n_parameters, dtype=dtype)
        for index, (layer, w, b) in enumerate(self.views(theta)):
            for name, view, given in (("weights", w, weights), ("biases", b, biases)):
                if not (name == "biases" and not layer.bias):
                    value = np.asarray(given[index]) if index < len(given) else np.empty(0)
                    if value.shape != view.shape:
                        raise ShapeError(f"Network: {name}[{index}] must have shape {view.shape}; got {value.shape}.")
                    view[:] = value
        return theta

    def spec(self) -> dict[str, Any]:
        """Return the network as plain data for a model file; `from_spec` reads it back."""
        return {"layers": [layer.spec() for layer in self.layers], "loss": self.loss.spec()}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> "Network":
        """Return the network that `spec` described.

        Raises
        ------
        ParameterError
            If the description lacks a part, or names a kind of layer, activation or loss that does not exist.
        """
        try:
            return cls(tuple(Dense.from_spec(given) for given in spec["layers"]), get_loss(spec["loss"]))
        except KoubaiError:
            raise
        except (KeyError, TypeError, AttributeError) as error:
            raise ParameterError(f"Network: the description must be what spec() gives; got {error!r}.") from error
