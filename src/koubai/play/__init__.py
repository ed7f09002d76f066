"""The playground: a page in the browser, also available in a notebook, on which a network learns as you watch.

This package is also the public function of its name: ``koubai.play(X, y)`` opens the playground in a notebook, and
``import koubai.play.serving.app`` imports one of its modules, in either order. Importing a submodule always sets the
parent's attribute to the package, so a function of the same name would be overwritten by the first such import; the
module itself is therefore callable, in the way Python documents (Data model, "Customizing module attribute access").
Nothing is imported before the call.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from koubai.core.errors import ParameterError
from koubai.core.extras import to_install
from koubai.core.language import worded

if TYPE_CHECKING:
    from koubai.play.widget import Playground


class _Room(ModuleType):
    """The module, callable."""

    def __call__(self, X: object = None, y: object = None, **options: Any) -> "Playground":
        """Open the playground in a notebook: see `koubai.play.widget.play`.

        Examples
        --------
        >>> import koubai
        >>> widget = koubai.play([[0, 0], [0, 1], [1, 0], [1, 1]], ["no", "yes", "yes", "no"], hidden=[4])
        >>> widget.settings["hidden"]
        [4]
        >>> widget.close()
        """
        try:
            from koubai.play.widget import play
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in ("anywidget", "ipywidgets", "traitlets"):
                raise
            install = to_install("notebook", "anywidget")
            raise ParameterError(worded("playground.error.notebook", name=error.name, install=install)) from None
        return play(X, y, **options)


sys.modules[__name__].__class__ = _Room
