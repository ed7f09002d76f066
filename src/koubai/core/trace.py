"""The record of one pass through a network: every intermediate result of the equations."""

from dataclasses import dataclass

from koubai.core.arrays import Array
from koubai.core.network import Network


@dataclass(frozen=True, slots=True)
class ForwardTrace:
    """Forward pass of n rows: ``pre_activations[l]`` = u and ``activations[l]`` = z of layer l, (n, n_out) each.

    ``inputs`` is z^(0) = x, (n, n_features). ``masks[l]`` is the dropout mask of layer l's activations, None without
    dropout; ``activations`` are before dropout, ``dropped`` gives them after it.
    """

    network: Network
    theta: Array
    inputs: Array
    pre_activations: tuple[Array, ...]
    activations: tuple[Array, ...]
    masks: tuple[Array | None, ...]

    @property
    def outputs(self) -> Array:
        """z^(L), (n, n_outputs)."""
        return self.activations[-1]

    def sources(self, layer: int) -> Array:
        """Return the inputs of layer ``layer``: the network's, or the previous activations after dropout, (n, n_in)."""
        return self.inputs if layer == 0 else self.dropped(layer - 1)

    def dropped(self, layer: int) -> Array:
        """Return layer ``layer``'s activations after dropout, (n, n_out)."""
        mask = self.masks[layer]
        return self.activations[layer] if mask is None else self.activations[layer] * mask


@dataclass(frozen=True, slots=True)
class StepTrace:
    """One complete gradient step on one batch: forward pass, losses, deltas, gradient, update.

    Attributes
    ----------
    forward : ForwardTrace
    targets : (n, n_outputs)
    row_weights : (n,)
        Weights of the rows; all ones if none were given.
    row_losses : (n,)
        E of each row, unweighted, in units of the loss.
    data_loss : float
        Their weighted mean.
    penalty : float
        P(θ).
    deltas : tuple of (n, n_out)
        δ^(l) = ∂E/∂u^(l) of each row alone, before weighting and averaging.
    data_gradient : (n_parameters,)
        Gradient of ``data_loss``.
    penalty_gradient : (n_parameters,)
        Gradient of ``penalty``.
    gradient : (n_parameters,)
        Their sum, clipped if requested, as seen by the optimizer.
    theta_after : (n_parameters,) or None
        θ after the update; None if no optimizer was used.
    slots_before, slots_after : (n_slots, n_parameters) or None
        The optimizer's running averages before and after the update.
    learning_rate : float or None
        The rate of this update.
    step : int or None
        Number of the update, counted from 1.
    """

    forward: ForwardTrace
    targets: Array
    row_weights: Array
    row_losses: Array
    data_loss: float
    penalty: float
    deltas: tuple[Array, ...]
    data_gradient: Array
    penalty_gradient: Array
    gradient: Array
    theta_after: Array | None = None
    slots_before: Array | None = None
    slots_after: Array | None = None
    learning_rate: float | None = None
    step: int | None = None

    @property
    def loss(self) -> float:
        """Mean loss plus penalty."""
        return self.data_loss + self.penalty

    @property
    def update(self) -> Array | None:
        """θ after minus θ before, (n_parameters,)."""
        return None if self.theta_after is None else self.theta_after - self.forward.theta
