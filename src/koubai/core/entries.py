"""Late bindings by name: the few places where a lower room offers what a higher room does.

`Derivation.show` belongs on the record that people hold, and what it does belongs in the views above it. The names
here are resolved when they are called, so that the rooms stay importable one by one and imports go downward only.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

ENTRIES: Mapping[str, str] = {
    "explain": "koubai.explain.network.passes:explain",
    "descent_html": "koubai.views.descent.showing:html",
    "descent_png": "koubai.views.descent.showing:png",
    "descent_save": "koubai.views.descent.showing:save",
    "descent_show": "koubai.views.descent.showing:show",
    "play_estimator": "koubai.play.widget:play_estimator",
    "learning_walk": "koubai.explain.learning_rule.learning_walk:one_example",
    "model_page": "koubai.models.inspection:page_of_estimator",
    "render": "koubai.views.explanation.showing:render",
    "save": "koubai.views.explanation.showing:save",
    "show": "koubai.views.explanation.showing:show",
    "table_model_page": "koubai.models.inspection:page_of_table_model",
}
"""What is offered: module and function by name."""


def entry(name: str) -> Callable[..., Any]:
    """Return the function that a name stands for, importing its module now.

    Examples
    --------
    >>> entry("render").__module__
    'koubai.views.explanation.showing'
    """
    module, _, function = ENTRIES[name].partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found
