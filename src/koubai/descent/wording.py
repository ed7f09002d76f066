"""Values in the sentences of errors that are written differently in another language."""

from collections.abc import Sequence

from koubai.core.language import worded


def tuple_said(values: Sequence[object]) -> str:
    """Return values as a tuple; where another language than English is spoken, a single value stands alone.

    Examples
    --------
    >>> tuple_said([2.0, 1.0]), tuple_said([2.0]), tuple_said([2.0]).in_language("ja")
    ('(2.0, 1.0)', '(2.0,)', '2.0')
    """
    return worded("descend.error.single", value=repr(values[0])) if len(values) == 1 else str(tuple(values))


def variables_said(variables: Sequence[str]) -> str:
    """Return the names of an objective's variables; those of a fit are words."""
    if tuple(variables) == ("slope", "intercept"):
        return worded("descend.error.slope_intercept")
    return worded("descent.axis.slope") if tuple(variables) == ("slope",) else ", ".join(variables)
