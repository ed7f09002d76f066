"""The common base of MLPClassifier and MLPRegressor: dense layers, and training by L-BFGS too."""

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning

from koubai.core.arrays import Array
from koubai.core.data_start import DATA, DRAWN, with_unit_variance
from koubai.core.network import Network
from koubai.core.untyped import ScikitLearn
from koubai.core.warning import warn_caller
from koubai.engines.protocol import Inputs, Rows
from koubai.estimators.base import BaseNetwork
from koubai.estimators.blocks import FitsSources
from koubai.estimators.given import training_choices as choices
from koubai.estimators.given.architecture import check_architecture, make_network
from koubai.estimators.offers.playing import Playable
from koubai.estimators.starts import Fitting
from koubai.training.quasi_newton import QuasiNewtonCourse, train_lbfgs


class BaseMLP(FitsSources, Playable, BaseNetwork):
    """Multilayer perceptron in scikit-learn's conventions; use `MLPClassifier` or `MLPRegressor`."""

    def _check_layers(self) -> None:
        n_hidden = len(choices.hidden_sizes(self))
        check_architecture(self, n_hidden)
        choices.check_dropout(self, n_hidden)

    def _check_rule(self) -> None:
        if choices.uses_lbfgs(self):
            choices.check_lbfgs(self)
        else:
            super()._check_rule()

    def _check_solver(self) -> bool:
        if choices.uses_lbfgs(self):
            raise AttributeError("partial_fit is only available for stochastic optimizers. lbfgs is not stochastic.")
        return True

    def _make_network(self, n_features: int, n_outputs: int) -> Network:
        return make_network(self, choices.hidden_sizes(self), n_features, n_outputs, self._ending())

    def _initial(self, network: Network, rng: np.random.RandomState, dtype: npt.DTypeLike, inputs: Inputs) -> Array:
        """Return the initial θ, with ``init="data"`` from the inputs."""
        if self.init == DATA:
            return with_unit_variance(network, network.initial(rng, DRAWN, dtype), inputs)
        return network.initial(rng, self.init, dtype, choices.activation_for_init(self))

    def _train(self, fitting: Fitting, rows: Rows, validation_data: object) -> None:
        if choices.uses_lbfgs(self):
            self._train_lbfgs(fitting.network, fitting.theta, rows)
        else:
            super()._train(fitting, rows, validation_data)

    def _train_lbfgs(self, network: Network, theta: Array, rows: Rows) -> None:
        choices.check_lbfgs(self)
        course = QuasiNewtonCourse(
            self._asked_epochs(rows.n_rows),
            self.max_fun,
            self.tol,
            choices.chosen_callbacks(self),
            bool(self.verbose),
            self.progress,
        )
        found = train_lbfgs(
            choices.chosen_engine(self), network, theta, rows, choices.chosen_penalty(self), course, self.history_
        )
        self.n_iter_, self.loss_ = found.n_iterations, found.loss
        self.loss_curve_ = self.history_.losses
        self._set_theta(found.theta)
        if found.complaint and self.epochs is None:
            warn_caller(
                f"lbfgs failed to converge after {found.n_iterations} iteration(s): {found.complaint}. "
                f"Increase max_iter or max_fun, or scale the data.",
                ConvergenceWarning,
            )

    def __sklearn_tags__(self) -> ScikitLearn:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
