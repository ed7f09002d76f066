"""The description of a network: its layers, its loss, and the layout of its parameters in the flat vector θ.

A `Network` holds no numbers. It defines the number of parameters and provides views of a θ owned by others:
``network.block(theta, l, "weights")`` shares memory with θ. A layer's kind defines its blocks (`koubai.core.layers`);
``spans`` alone computes their positions. Layers are counted from 0.

A dense layer has ``network.weights(theta, l)`` of shape (n_in, n_out) and ``network.biases(theta, l)`` of shape
(n_out,). Layer ``l`` here is layer l + 1 of the lecture, whose w_ij^(l) (target i, source j) is
``weights(theta, l - 1)[j - 1, i - 1]`` and whose bias w_i0^(l) is ``biases(theta, l - 1)[i - 1]``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from koubai.core.activations.base import Activation
from koubai.core.arrays import Array
from koubai.core.errors import KoubaiError, ParameterError, ShapeError
from koubai.core.initializers import RandomSource
from koubai.core.layers import Dense, Layer, layer_from_spec
from koubai.core.layers.base import Address, Block, Views
from koubai.core.losses import Loss, get_loss
from koubai.core.schema import Record
from koubai.core.stacking import check_stack, dense_stack

__all__ = ["Dense", "Network", "Span"]


class Span(NamedTuple):
    """The position of a block of parameters in θ: from ``start`` up to but excluding ``stop``."""

    block: Block
    start: int
    stop: int


@dataclass(frozen=True)
class Network:
    """A frozen description of a network: its layers in order, and its loss.

    Raises
    ------
    ShapeError
        If a layer's inputs do not match the previous layer's outputs.
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

    Layers of several kinds:

    >>> from koubai.core.layers import Scaling
    >>> scaled = Network((Scaling(2), Dense(2, 1)), get_loss("half_squared_error"))
    >>> scaled.block(scaled.initial(np.random.default_rng(0)), 0, "scales")
    array([1., 1.])
    """

    layers: tuple[Layer, ...]
    loss: Loss

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        check_stack(self.layers, self.loss)

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
        """Return a network of dense layers with these sizes, starting with the input.

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
        return cls(dense_stack(sizes, hidden, output, dropout, bias), get_loss(loss))

    def __hash__(self) -> int:
        """Return a hash equal for equal networks; engines look up cached data by network at every call."""
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
    def spans(self) -> tuple[tuple[Span, ...], ...]:
        """The positions of each layer's blocks in θ, in order; the single source of all positions in θ."""
        found, start = [], 0
        for layer in self.layers:
            spans = []
            for block in layer.blocks:
                spans.append(Span(block, start, start + block.size))
                start += block.size
            found.append(tuple(spans))
        return tuple(found)

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """The start of each layer in θ, followed by the length of θ."""
        ends = [0]
        for spans in self.spans:
            ends.append(spans[-1].stop if spans else ends[-1])
        return tuple(ends)

    @property
    def n_parameters(self) -> int:
        """Length of θ."""
        return self.offsets[-1]

    @property
    def n_products(self) -> int:
        """Number of multiplications per row in a forward pass."""
        return sum(layer.n_products for layer in self.layers)

    def span(self, layer: int, block: str) -> Span:
        """Return the position of a layer's block in θ.

        Raises
        ------
        ParameterError
            If the layer has no such block.
        """
        spans = self.spans[range(len(self.layers))[layer]]
        for span in spans:
            if span.block.name == block:
                return span
        names = ", ".join(span.block.name for span in spans) or "none"
        raise ParameterError(
            who="Network",
            parameter="block",
            required=f"be one of layer {layer}, a {self.layers[layer].name} layer, which has {names}",
            got=repr(block),
        )

    def place(self, layer: int, address: Address) -> int:
        """Return the index of a layer's parameter in θ.

        Examples
        --------
        >>> Network.dense((2, 3, 1)).place(0, Address("weights", (1, 2)))
        5
        """
        span = self.span(layer, address.block)
        return span.start + int(np.ravel_multi_index(address.index, span.block.shape))

    def owner(self, place: int) -> tuple[int, Address]:
        """Return the layer and address of the parameter at an index of θ; the inverse of ``place``.

        Examples
        --------
        >>> Network.dense((2, 3, 1)).owner(5)
        (0, Address(block='weights', index=(1, 2)))
        """
        place = range(self.n_parameters)[place]
        for layer, spans in enumerate(self.spans):
            for block, start, stop in spans:
                if start <= place < stop:
                    index = np.unravel_index(place - start, block.shape)
                    return layer, Address(block.name, tuple(map(int, index)))
        raise AssertionError("spans cover all of θ")

    def blocks(self, theta: Array, layer: int) -> Views:
        """Return views of a layer's blocks in θ (or in a gradient or a direction, which have the same layout)."""
        spans = self.spans[range(len(self.layers))[layer]]
        return tuple(theta[start:stop].reshape(block.shape) for block, start, stop in spans)

    def block(self, theta: Array, layer: int, block: str) -> Array:
        """Return a view of one of a layer's blocks in θ, by its name."""
        span = self.span(layer, block)
        view: Array = theta[span.start : span.stop].reshape(span.block.shape)
        return view

    def parts(self, theta: Array) -> Iterator[tuple[Layer, Views]]:
        """Yield the layers with views of their blocks in θ."""
        self.check_theta(theta)
        for index, layer in enumerate(self.layers):
            yield layer, self.blocks(theta, index)

    # For dense layers only

    def dense_layer(self, layer: int) -> Dense:
        """Return a layer after checking that it is dense, for operations defined for no other kind.

        Raises
        ------
        ParameterError
            If it is of another kind.
        """
        found = self.layers[range(len(self.layers))[layer]]
        if not isinstance(found, Dense):
            names = " or ".join(repr(block.name) for block in found.blocks) or "none"
            raise ParameterError(
                who="Network",
                what=f"layer {layer} must be dense to have a matrix of weights and biases; got a {found.name} layer.",
                remedy=f"Read its parameters with network.block(theta, {layer}, name), the name being {names}.",
            )
        return found

    @cached_property
    def is_dense(self) -> bool:
        """Whether all layers are dense."""
        return all(isinstance(layer, Dense) for layer in self.layers)

    def weights(self, theta: Array, layer: int) -> Array:
        """Return a view of a dense layer's weights in θ, (n_in, n_out)."""
        self.dense_layer(layer)
        return self.block(theta, layer, "weights")

    def biases(self, theta: Array, layer: int) -> Array:
        """Return a view of a dense layer's biases in θ, (n_out,); (0,) for a layer without."""
        end = self.offsets[1:][layer]
        return self.block(theta, layer, "biases") if self.dense_layer(layer).bias else theta[end:end]

    def views(self, theta: Array) -> Iterator[tuple[Dense, Array, Array]]:
        """Yield the layers, all of which must be dense, with views of their weights and biases in θ."""
        self.check_theta(theta)
        for index in range(len(self.layers)):
            yield self.dense_layer(index), self.weights(theta, index), self.biases(theta, index)

    # θ as a whole

    def check_theta(self, theta: Array) -> None:
        """Raise ShapeError unless θ is a vector of this network's length."""
        if theta.shape != (self.n_parameters,):
            raise ShapeError(
                what=(
                    f"Network {'-'.join(map(str, self.sizes))}: theta must have shape (n_parameters,) "
                    f"= ({self.n_parameters},); got {theta.shape}."
                ),
                remedy="Make it with network.initial or network.pack.",
            )

    @cached_property
    def is_weight(self) -> npt.NDArray[np.bool_]:
        """Mask over θ: True where penalties act, on weights and scales but not on biases, (n_parameters,)."""
        mask = np.zeros(self.n_parameters, dtype=bool)
        for block, start, stop in (span for spans in self.spans for span in spans):
            mask[start:stop] = block.penalized
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
            Source of random numbers; the same seed gives the same θ in float64, rounded for float32.
        scheme : str
            ``glorot_uniform``, ``he_normal``, …: see `koubai.core.initializers`.
        dtype : dtype
            float64 or float32.
        without_hidden : str
            The activation assumed by ``"scikit-learn"`` if there is no hidden layer.
        """
        theta = np.zeros(self.n_parameters, dtype=dtype)
        hidden = (layer.activation.name for layer in self.layers[:-1] if layer.has_activation)
        hidden_activation = next(hidden, without_hidden)
        for layer, blocks in self.parts(theta):
            for view, values in zip(blocks, layer.initial(scheme, rng, hidden_activation), strict=True):
                view[:] = values
        return theta

    def pack(self, weights: Sequence[Array], biases: Sequence[Array], dtype: npt.DTypeLike = np.float64) -> Array:
        """Return a new θ from given weight matrices (n_in, n_out) and bias vectors (n_out,), one per layer.

        Raises
        ------
        ShapeError
            If one of them does not match its layer, or their number differs from that of the layers.
        """
        for name, given in (("weights", weights), ("biases", biases)):
            if len(given) > len(self.layers):
                raise ShapeError(
                    who="Network",
                    parameter=name,
                    required=f"hold one array for each of the {len(self.layers)} layers",
                    got=str(len(given)),
                )
        theta = np.zeros(self.n_parameters, dtype=dtype)
        for index, (layer, w, b) in enumerate(self.views(theta)):
            for name, view, given in (("weights", w, weights), ("biases", b, biases)):
                if not (name == "biases" and not layer.bias):
                    value = np.asarray(given[index]) if index < len(given) else np.empty(0)
                    if value.shape != view.shape:
                        raise ShapeError(
                            who="Network",
                            parameter=f"{name}[{index}]",
                            required=f"have shape {view.shape}",
                            got=str(value.shape),
                        )
                    view[:] = value
        return theta

    def spec(self) -> Record:
        """Return the network as plain data for a model file; `from_spec` reads it back."""
        return {"layers": [layer.spec() for layer in self.layers], "loss": self.loss.spec()}

    @classmethod
    def from_spec(cls, spec: Record) -> "Network":
        """Return the network described by `spec`.

        Raises
        ------
        ParameterError
            If the description lacks a part, or names a kind of layer, activation or loss that does not exist.
        """
        try:
            return cls(tuple(layer_from_spec(given) for given in spec["layers"]), get_loss(spec["loss"]))
        except KoubaiError:
            raise
        except (KeyError, TypeError, AttributeError) as error:
            raise ParameterError(
                who="Network", what=f"the description must be what spec() gives; got {error!r}."
            ) from error
