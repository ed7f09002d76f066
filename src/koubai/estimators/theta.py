"""The fitted parameters of an estimator: one vector θ; ``coefs_`` and ``intercepts_`` are views of it."""

from typing import Any

from sklearn.base import BaseEstimator

from koubai.core.activations import Array
from koubai.core.network import Network


class HoldsTheta(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Keeps ``theta_``, ``coefs_`` and ``intercepts_`` in step, also where they are replaced, copied or pickled."""

    network_: Network
    theta_: Array
    coefs_: list[Array]
    intercepts_: list[Array]
    _views: list[Array]

    def _set_theta(self, theta: Array) -> None:
        """Keep θ, with ``coefs_`` and ``intercepts_`` as views of it."""
        self.theta_ = theta
        layers = list(self.network_.views(theta))
        self.coefs_ = [weights for _, weights, _ in layers]
        self.intercepts_ = [biases for _, _, biases in layers]
        self._views = [*self.coefs_, *self.intercepts_]

    def _theta(self) -> Array:
        """Return θ, after taking in any ``coefs_`` or ``intercepts_`` that were replaced since training."""
        if any(a is not b for a, b in zip([*self.coefs_, *self.intercepts_], self._views, strict=False)):
            self._set_theta(self.network_.pack(self.coefs_, self.intercepts_, self.theta_.dtype))
        return self.theta_

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes without the views of θ, which a copy makes anew."""
        state: dict[str, Any] = dict(super().__getstate__())
        if "theta_" in state:
            self._theta()
            state["theta_"] = self.theta_
            for name in ("coefs_", "intercepts_", "_views"):
                del state[name]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "theta_" in state:
            self._set_theta(self.theta_)
