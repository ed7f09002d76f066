"""The learners that are compared: scikit-learn's, boosting also by LightGBM and CatBoost, and koubai's own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol, Self, TypeAlias

import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.language import worded

NETWORK = "network"
"""koubai's own learner, a `koubai.TableModel`."""
DATA, MODEL = "data", "model"
"""What a learner keeps: its training rows (instance-based), or a model of them."""


class Learns(Protocol):
    """An estimator in scikit-learn's conventions."""

    def fit(self, X: Array, y: npt.ArrayLike) -> Self:
        """Learn from rows (n, n_features) and targets (n,)."""

    def predict(self, X: Array) -> npt.ArrayLike:
        """Return an answer for each row, (n,)."""


Makes: TypeAlias = Callable[[int], Learns]
"""Makes an estimator from a seed."""


@dataclass(frozen=True, slots=True)
class Learner:
    """A learner with its defaults.

    Parameters
    ----------
    name : str
        What the user says.
    keeps : str
        ``data`` or ``model``.
    classes, numbers : callable or None
        Makes the estimator for classes, or for numbers, from a seed; None if there is none.
    """

    name: str
    keeps: str
    classes: Makes | None
    numbers: Makes | None


def _knn(regression: bool) -> Makes:
    def make(seed: int) -> Learns:
        from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

        return KNeighborsRegressor() if regression else KNeighborsClassifier()

    return make


def _svm(regression: bool) -> Makes:
    def make(seed: int) -> Learns:
        from sklearn.svm import SVC, SVR

        return SVR() if regression else SVC()

    return make


def _linear(regression: bool) -> Makes:
    def make(seed: int) -> Learns:
        from sklearn.linear_model import LogisticRegression, Ridge

        return Ridge() if regression else LogisticRegression(max_iter=1000)

    return make


def _bayes(seed: int) -> Learns:
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB()


def _tree(regression: bool) -> Makes:
    def make(seed: int) -> Learns:
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

        return (DecisionTreeRegressor if regression else DecisionTreeClassifier)(random_state=seed)

    return make


def _forest(regression: bool) -> Makes:
    def make(seed: int) -> Learns:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        return (RandomForestRegressor if regression else RandomForestClassifier)(random_state=seed)

    return make


def _boosting(regression: bool) -> Makes:
    def make(seed: int) -> Learns:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        return (HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier)(random_state=seed)

    return make


def _lightgbm(regression: bool) -> Makes:
    def make(seed: int) -> Learns:
        from lightgbm import LGBMClassifier, LGBMRegressor

        return (LGBMRegressor if regression else LGBMClassifier)(random_state=seed, verbose=-1)

    return make


def _catboost(regression: bool) -> Makes:
    def make(seed: int) -> Learns:
        from catboost import CatBoostClassifier, CatBoostRegressor

        kind = CatBoostRegressor if regression else CatBoostClassifier
        return kind(random_seed=seed, verbose=False, allow_writing_files=False)

    return make


def _perceptron(seed: int) -> Learns:
    from koubai.estimators.perceptron import Perceptron

    return Perceptron(random_state=seed)


LEARNERS: Mapping[str, Learner] = {
    learner.name: learner
    for learner in (
        Learner("knn", DATA, _knn(False), _knn(True)),
        Learner("svm", MODEL, _svm(False), _svm(True)),
        Learner("logistic", MODEL, _linear(False), _linear(True)),
        Learner("bayes", MODEL, _bayes, None),
        Learner("tree", MODEL, _tree(False), _tree(True)),
        Learner("forest", MODEL, _forest(False), _forest(True)),
        Learner("boosting", MODEL, _boosting(False), _boosting(True)),
        Learner("lightgbm", MODEL, _lightgbm(False), _lightgbm(True)),
        Learner("catboost", MODEL, _catboost(False), _catboost(True)),
        Learner("perceptron", MODEL, _perceptron, None),
        Learner(NETWORK, MODEL, None, None),
    )
}
"""All learners; the network is a `koubai.TableModel` and is made elsewhere."""

EXTRAS = ("lightgbm", "catboost")
"""Libraries that are used where they are installed."""
USUAL = tuple(name for name in LEARNERS if name not in EXTRAS)


def chosen(names: tuple[str, ...] | None, classes: bool) -> list[Learner]:
    """Return the learners for a task: as named, else all that exist for it, LightGBM's if it is installed.

    Raises
    ------
    ParameterError
        If a name is unknown, a library is missing, or a learner does not do the task.
    """
    if names is None:
        there = [name for name in EXTRAS if find_spec(name) is not None]
        listed = [LEARNERS[name] for name in LEARNERS if name in USUAL or name in there]
        return [learner for learner in listed if _does(learner, classes)]
    found = []
    for name in dict.fromkeys(names):
        if name not in LEARNERS:
            required = worded("core.must.among_learners", learners=", ".join(LEARNERS))
            raise ParameterError(
                who="compare",
                parameter="learners",
                required=required,
                got=repr(name),
                remedy=worded("core.remedy.try_knn_tree_network"),
            )
        if name in EXTRAS and find_spec(name) is None:
            raise ParameterError(
                who="compare",
                parameter="learners",
                required=worded("core.must.installed_library_own_missing", name=name),
                got=repr(name),
                remedy=worded("core.remedy.pip_install_leave_out", name=name),
            )
        if not _does(LEARNERS[name], classes):
            raise ParameterError(
                who="compare",
                parameter="learners",
                required=worded("core.must.do_regression") if not classes else worded("core.must.do_classification"),
                got=worded("core.got.does_not", name=repr(name)),
                remedy=worded("core.remedy.leave_it_out"),
            )
        found.append(LEARNERS[name])
    return found


def _does(learner: Learner, classes: bool) -> bool:
    return learner.name == NETWORK or (learner.classes if classes else learner.numbers) is not None
