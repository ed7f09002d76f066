"""scikit-learn's splitters, without the modules that it imports along with them.

``sklearn.model_selection`` loads searches, metrics and with these statistics, which takes longer than many a fit. Its
splitters stand in a module of their own that needs none of it.
"""

import sys
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType

import sklearn

PACKAGE = "sklearn.model_selection"


@cache
def splitters() -> ModuleType:
    """Return a module with scikit-learn's splitters, such as ``KFold`` and ``train_test_split``.

    It is their own module, without the package around it; where there is no such module, or the package is loaded
    anyway, the package.

    Examples
    --------
    >>> len(list(splitters().KFold(3).split([[0.0]] * 6)))
    3
    """
    if PACKAGE in sys.modules:
        return import_module(PACKAGE)  # waits where another thread is still at it
    places = [f"{path}/model_selection" for path in sklearn.__path__]
    found = PathFinder.find_spec(f"{PACKAGE}._split", places)
    if found is None or found.loader is None:
        return import_module(PACKAGE)
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module
