"""Training on rows that do not fit in memory."""

from typing import Self

import numpy as np
from sklearn.utils import check_random_state

from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.engines.together import told
from koubai.estimators.base import BaseNetwork
from koubai.estimators.given import training_choices as choices
from koubai.estimators.given.parameters import checks_parameters
from koubai.estimators.starts import Fitting
from koubai.training.history import History
from koubai.training.sources import Source


class FitsSources(BaseNetwork):
    """Adds ``fit_source`` to an estimator."""

    @checks_parameters
    def fit_source(self, source: Source, validation: Source | None = None) -> Self:
        """Train on the rows of a source, already encoded for the network.

        This is how `koubai.TableModel` trains on tables larger than memory. A classifier must know its classes:
        ``take_classes`` tells it.

        Parameters
        ----------
        source : Source
            The training rows, with weights if any.
        validation : Source, optional
            Rows to score after each epoch; required with ``early_stopping``, which does not hold rows out here.

        Returns
        -------
        self

        Raises
        ------
        ParameterError
            If a parameter is out of range or does not apply here.
        DivergenceError
            If the loss or the parameters become NaN or infinite.
        """
        self.check_block_by_block()
        if self.early_stopping and validation is None:
            who = choices.name_of(self)
            raise ParameterError(
                who=who,
                parameter="early_stopping",
                required=worded("core.must.false_without_validation_rows"),
                got="True",
                remedy=worded("core.remedy.give_some"),
            )
        self._check_layers()
        first = source.first()
        n_outputs = first.targets.shape[1]
        network = self._make_network(source.n_features, n_outputs)
        rng = check_random_state(self.random_state)
        self.n_features_in_ = source.n_features
        if getattr(self, "clip_predictions", False):
            self.__dict__.pop("target_range_", None)
            for rows in source.in_order():
                self._note_targets(rows.targets)
            for found in told(source.together, getattr(self, "target_range_", None)):
                if found is not None:  # each other process's lowest and highest targets count as well
                    self._note_targets(np.array(found).T)
        theta = self._initial(network, rng, source.dtype, first.inputs)
        self._describe(network)
        self._output_by_hand = False
        self.t_, self.history_ = 0, History()
        self._train_on(Fitting(network, theta, rng, fresh=True), source, validation)
        return self

    def check_block_by_block(self) -> None:
        """Raise ParameterError for a parameter that requires all rows in memory."""
        who = choices.name_of(self)
        for name, neutral in (("n_starts", 1), ("warm_start", False)):
            value = getattr(self, name)
            if value != neutral:
                raise ParameterError(
                    who=who,
                    parameter=name,
                    required=worded("core.must.be_with_blocks", neutral=repr(neutral)),
                    got=repr(value),
                    remedy=worded("core.remedy.leave_it_out"),
                )
        if choices.uses_lbfgs(self):
            raise ParameterError(
                who=who,
                parameter="optimizer",
                required=worded("core.must.takes_batches_rows_read_block"),
                got="'lbfgs'",
                remedy=worded("core.remedy.try_adam"),
            )
