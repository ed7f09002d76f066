"""mlflow's ``autolog`` tracks these estimators as it does scikit-learn's.

mlflow changes the ``fit`` of the classes that it finds in scikit-learn's own modules. Here it is told of one more class
when an estimator of that class is fitted while ``mlflow.sklearn.autolog()`` is on; all else is mlflow's own: runs and
nested runs, parameters, measures, the model with its signature. Nothing imports mlflow, and nothing happens without it.
"""

import sys
import time
import warnings
from collections.abc import Callable
from functools import wraps
from inspect import signature
from threading import Lock
from typing import TypeVar

from koubai.core.schema import Record

Fit = TypeVar("Fit", bound=Callable[..., object])

KNOWN: list[type] = []
"""The classes that mlflow has been told of."""
CURVES = {"loss": "loss_curve_", "validation_score": "validation_scores_", "validation_loss": "validation_losses_"}
"""What is tracked epoch by epoch, and which attribute holds it."""
MOST_AT_ONCE = 1000
"""Measures that mlflow takes in one call."""
_LOCK = Lock()


def tracked(fit: Fit) -> Fit:
    """Return a ``fit`` that mlflow tracks as it tracks scikit-learn's, while its autologging is on."""

    @wraps(fit)
    def within(self: object, *args: object, **kwargs: object) -> object:
        settings = _settings()
        if settings is None:
            return fit(self, *args, **kwargs)
        owner = next(each for each in type(self).__mro__ if each.__module__.startswith("koubai."))
        if owner not in KNOWN and _told(owner, settings):
            return owner.fit(self, *args, **kwargs)  # type: ignore[attr-defined]  # now mlflow's, which comes back here
        fit(self, *args, **kwargs)
        _track_curves(self)
        return self

    return within  # type: ignore[return-value]  # the signature is that of fit


def _settings() -> Record | None:
    """Return what ``mlflow.sklearn.autolog`` was called with; None if it is off."""
    utilities = sys.modules.get("mlflow.utils.autologging_utils")
    if utilities is None or "mlflow.sklearn" not in sys.modules:
        return None
    found = utilities.AUTOLOGGING_INTEGRATIONS.get("sklearn")
    return None if not found or utilities.autologging_is_disabled("sklearn") else dict(found)


def _told(owner: type, settings: Record) -> bool:
    """Tell mlflow of a class; return whether that could be done."""
    there = sys.modules["mlflow.sklearn"]
    with _LOCK:
        if owner in KNOWN:
            return False
        KNOWN.append(owner)
        try:
            before = there._gen_estimators_to_patch
            given = {name: value for name, value in settings.items() if name in signature(there._autolog).parameters}
            vars(there)["_gen_estimators_to_patch"] = lambda: [owner]
            try:
                there._autolog(**given)
            finally:
                vars(there)["_gen_estimators_to_patch"] = before
        except Exception as error:
            warnings.warn(
                f"{owner.__name__} is not tracked: this mlflow cannot be told of further classes "
                f"({type(error).__name__}: {error}). Put the estimator into sklearn.pipeline.make_pipeline.",
                stacklevel=4,
            )
            return False
        if len(KNOWN) == 1:  # a later call of autolog is for these classes as well
            vars(there)["_gen_estimators_to_patch"] = lambda: [*before(), *KNOWN]
        return True


def _track_curves(estimator: object) -> None:
    """Log the loss after each epoch, if this estimator's run is being tracked."""
    there = sys.modules["mlflow.sklearn"]
    sessions = getattr(there, "_SklearnTrainingSession", None)
    session = None if sessions is None else sessions.get_current_session()
    if session is None or session.estimator is not estimator or not session.should_log():
        return
    import mlflow
    from mlflow.entities import Metric

    run = mlflow.active_run()
    if run is None:
        return
    now = int(time.time() * 1000)
    found = [
        Metric(name, float(value), now, epoch)
        for name, attribute in CURVES.items()
        for epoch, value in enumerate(getattr(estimator, attribute, None) or (), 1)
    ]
    for start in range(0, len(found), MOST_AT_ONCE):
        mlflow.MlflowClient().log_batch(run.info.run_id, metrics=found[start : start + MOST_AT_ONCE])
