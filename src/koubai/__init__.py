"""koubai (勾配, "gradient"): neural networks that you can see through.

The public names are loaded when they are first used, so that ``import koubai`` itself is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from koubai.core.network import Network
    from koubai.descent.fits.fitting import fit_points
    from koubai.descent.paths.basins import basins
    from koubai.descent.paths.compare import compare_descents
    from koubai.descent.paths.descend import descend
    from koubai.estimators.classifier import MLPClassifier
    from koubai.estimators.convolution.classifier import ConvClassifier
    from koubai.estimators.convolution.regressor import ConvRegressor
    from koubai.estimators.given.image_layers import AvgPool, Conv, Dense, Dropout, Flatten, MaxPool
    from koubai.estimators.linear.separability import is_linearly_separable
    from koubai.estimators.neocognitron.estimator import Neocognitron
    from koubai.estimators.offers.hidden import HiddenLayer
    from koubai.estimators.perceptron import Perceptron
    from koubai.estimators.regressor import MLPRegressor
    from koubai.models.as_estimator.classifier import TableClassifier
    from koubai.models.as_estimator.regressor import TableRegressor
    from koubai.models.comparing.compare import compare
    from koubai.models.files import load, save
    from koubai.models.of_images.image_model import ImageModel
    from koubai.models.table_model import TableModel
    from koubai.play.widget import play
    from koubai.training.population import train_population

_HOMES = {
    "AvgPool": "koubai.estimators.given.image_layers",
    "HiddenLayer": "koubai.estimators.offers.hidden",
    "Conv": "koubai.estimators.given.image_layers",
    "ConvClassifier": "koubai.estimators.convolution.classifier",
    "ConvRegressor": "koubai.estimators.convolution.regressor",
    "Dense": "koubai.estimators.given.image_layers",
    "Dropout": "koubai.estimators.given.image_layers",
    "Flatten": "koubai.estimators.given.image_layers",
    "ImageModel": "koubai.models.of_images.image_model",
    "MLPClassifier": "koubai.estimators.classifier",
    "MLPRegressor": "koubai.estimators.regressor",
    "MaxPool": "koubai.estimators.given.image_layers",
    "Neocognitron": "koubai.estimators.neocognitron.estimator",
    "Network": "koubai.core.network",
    "Perceptron": "koubai.estimators.perceptron",
    "is_linearly_separable": "koubai.estimators.linear.separability",
    "TableClassifier": "koubai.models.as_estimator.classifier",
    "TableModel": "koubai.models.table_model",
    "TableRegressor": "koubai.models.as_estimator.regressor",
    "basins": "koubai.descent.paths.basins",
    "compare": "koubai.models.comparing.compare",
    "compare_descents": "koubai.descent.paths.compare",
    "descend": "koubai.descent.paths.descend",
    "fit_points": "koubai.descent.fits.fitting",
    "load": "koubai.models.files",
    "play": "koubai",
    "save": "koubai.models.files",
    "train_population": "koubai.training.population",
}
"""The module that each public name lives in; ``play`` is a room that can be called (see `koubai.play`)."""

__all__ = [
    "AvgPool",
    "Conv",
    "ConvClassifier",
    "ConvRegressor",
    "Dense",
    "Dropout",
    "Flatten",
    "HiddenLayer",
    "ImageModel",
    "MLPClassifier",
    "MLPRegressor",
    "MaxPool",
    "Neocognitron",
    "Network",
    "Perceptron",
    "TableClassifier",
    "TableModel",
    "TableRegressor",
    "basins",
    "compare",
    "compare_descents",
    "descend",
    "fit_points",
    "is_linearly_separable",
    "load",
    "play",
    "save",
    "train_population",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("koubai")
    if name not in _HOMES:
        raise AttributeError(f"module 'koubai' has no attribute {name!r}")
    home = _HOMES[name]
    value = import_module(f"koubai.{name}") if home == "koubai" else getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, "__version__"})
