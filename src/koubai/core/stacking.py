"""Layers put one on another: a stack of dense ones, and the check that those of a network fit together."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from koubai.core.activations import get_activation
from koubai.core.activations.base import Activation
from koubai.core.arguments import REAL, SEQUENCE, WHOLE, check_kind, sequence_of
from koubai.core.errors import ParameterError, ParameterTypeError, ShapeError
from koubai.core.language import term, worded
from koubai.core.layers import Dense, Layer
from koubai.core.losses import Loss


def dense_stack(
    sizes: Sequence[int],
    hidden: "str | Activation | Sequence[str | Activation]",
    output: "str | Activation",
    dropout: float | Sequence[float],
    bias: bool,
) -> tuple[Dense, ...]:
    """Return dense layers of these sizes; see `koubai.core.network.Network.dense`.

    Raises
    ------
    ParameterError
        If there are no outputs, or the hidden layers' activations or dropouts are not as many as these layers.
    """
    check_kind("Network", "sizes", sizes, sequence_of(WHOLE))
    n_hidden = len(sizes) - 2
    if n_hidden < 0:
        raise ParameterError(
            who="Network",
            parameter="sizes",
            required="hold at least the inputs and the outputs",
            got=str(tuple(sizes)),
            remedy="Try (2, 8, 1).",
        )
    if isinstance(hidden, str | Activation):
        activations: list[str | Activation] = [hidden] * n_hidden
    else:
        check_kind("Network", "hidden", hidden, SEQUENCE, "relu")
        activations = list(hidden)
    if not REAL.accepts(dropout):
        check_kind("Network", "dropout", dropout, sequence_of(REAL), 0.0)
    rates = [float(p) for p in (dropout if isinstance(dropout, Sequence | np.ndarray) else [dropout] * n_hidden)]
    for name, given in (("hidden", activations), ("dropout", rates)):
        if len(given) != n_hidden:
            raise ParameterError(
                who="Network",
                parameter=name,
                required=worded("core.must.value_each_hidden_layers", n_hidden=n_hidden),
                got=str(len(given)),
            )
    kinds = [get_activation(kind, "hidden") for kind in activations] + [get_activation(output, "output")]
    return tuple(
        Dense(n_in, n_out, kind, bias, rate)
        for (n_in, n_out), kind, rate in zip(pairwise(sizes), kinds, [*rates, 0.0], strict=True)
    )


def check_stack(layers: tuple[Layer, ...], loss: Loss) -> None:
    """Raise an error unless each layer takes what the one before gives, and the loss what the last one gives.

    Raises
    ------
    ShapeError
        If a layer's inputs do not match the previous layer's outputs.
    ParameterError
        If there is no layer, if the last one has dropout, or if the loss is not defined on its activation's range.
    ParameterTypeError
        If one is no layer.
    """
    _check_kinds(layers)
    for index, (before, after) in enumerate(pairwise(layers)):
        _check_joint(index, before, after)
    _check_last(layers[-1], loss)


def _check_kinds(layers: tuple[Layer, ...]) -> None:
    if not layers:
        raise ParameterError(
            who="Network",
            parameter="layers",
            required="contain at least one layer",
            got=term("none"),
            remedy="Add Dense(n_in, n_out).",
        )
    for layer in layers:
        if not isinstance(layer, Layer):
            raise ParameterTypeError(
                who="Network",
                parameter="layers",
                required="be instances of Layer",
                got=type(layer).__name__,
                remedy="Try Dense(2, 8).",
            )


def _check_joint(index: int, before: Layer, after: Layer) -> None:
    """Raise ShapeError unless layer ``index`` + 1 takes the outputs of layer ``index``."""
    if before.n_out != after.n_in:
        raise ShapeError(
            who="Network",
            what=f"layer {index + 1} must take the {before.n_out} outputs of layer {index}; got n_in={after.n_in}.",
            remedy="Make them equal.",
        )
    is_map = len(before.output_shape) > 1 and len(after.input_shape) > 1  # a flat row may be read as a map
    if is_map and before.output_shape != after.input_shape:
        raise ShapeError(
            who="Network",
            what=(
                f"layer {index + 1} must take the outputs of layer {index} in their shape "
                f"{before.output_shape}; got {after.input_shape}."
            ),
            remedy="Make them equal.",
        )


def _check_last(last: Layer, loss: Loss) -> None:
    if last.dropout:
        raise ParameterError(
            who="Network",
            what=f"the output layer must have dropout 0; got {last.dropout}.",
            remedy="Put dropout on hidden layers.",
        )
    if not loss.accepts(last.activation):
        raise ParameterError(
            who="Network",
            what=worded(
                "core.error.loss_have_outputs_got_output",
                name=loss.name,
                lower=f"{loss.lower:g}",
                upper=f"{loss.upper:g}",
                name_2=last.activation.name,
                lower_2=f"{last.activation.lower:g}",
                upper_2=f"{last.activation.upper:g}",
            ),
            remedy=worded("core.remedy.try", value=loss.output),
        )
