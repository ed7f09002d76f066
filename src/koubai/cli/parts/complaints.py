"""What is said of a parameter that was given as an option: the complaint, in the words of the command line."""

import re
from collections.abc import Mapping, Sequence

from koubai.core.errors import InPython, KoubaiError, either
from koubai.core.language import Language, said_in, text, told, worded

READING: Mapping[str, str] = {"encoding": "encoding", "separator": "separator", "skip_lines": "skip-lines"}
"""The option that sets each parameter of how a file is read."""


ITEM = re.compile(r"(?:\w+: )?(\w+)(?:\[(\d+)\])?")
"""A parameter, or one item of its list, of somebody or of nobody in particular."""


def complaint(error: KoubaiError, lang: Language, options: Mapping[str, str]) -> str:
    """Return an error's sentence in a language, in the words of the command line.

    Parameters
    ----------
    error : KoubaiError
        What was raised.
    lang : "en" or "ja"
        The language.
    options : mapping of str to str
        What the command calls each parameter that it sets, without hyphens in front.

    Examples
    --------
    >>> from koubai.core.errors import ParameterError
    >>> error = ParameterError(who="Conv", parameter="filters", required="be >= 1", got="0", remedy="Try 32.")
    >>> complaint(error.of("ConvClassifier: layers[2]"), "en", {"layers": "layers"})
    'item 3 of --layers: Conv: filters must be >= 1; got 0. Try 32.'
    """
    inner = error.inner
    if inner is not None:
        if place := _place(error.who, options):
            return text(
                "cli.list_item", lang, place=str(said_in(place, lang)), sentence=complaint(inner, lang, options)
            )
        if inner.inner is not None and _place(inner.who, options):
            return complaint(inner, lang, options)
    elif error.parameter not in options and (place := _place(error.parameter, options)):
        error = type(error)(parameter=place, required=error.required, got=error.got, remedy=error.remedy)
    elif error.what and _typed(error.remedy, options) != error.remedy:
        error = type(error)(what=error.what, remedy=error.remedy)  # who it was has no name that could be typed
    return told(error, lang, options) or in_terms_of_options(error, options)


def _place(name: str, options: Mapping[str, str]) -> str:
    """Return what an option, or an item of its list, is called that sets a parameter; nothing if none does."""
    found = ITEM.fullmatch(name)
    if found is None or found[1] not in options:
        return ""
    option = options[found[1]]
    return f"--{option}" if found[2] is None else worded("cli.item", option=option, place=int(found[2]) + 1)


def in_terms_of_options(error: KoubaiError, options: Mapping[str, str]) -> str:
    """Return an error's sentence with the options that set the parameters, without what only a program can give.

    Parameters
    ----------
    error : KoubaiError
        What was raised.
    options : mapping of str to str
        What the command calls each parameter that it sets, without hyphens in front: ``{"alpha": "l2"}``.

    Examples
    --------
    >>> from koubai.core.errors import ParameterError
    >>> error = ParameterError(
    ...     who="MLPClassifier", parameter="alpha", required=["> 0", InPython("None")], got="-1", remedy="Try 0.1."
    ... )
    >>> str(error)
    'MLPClassifier: alpha must be > 0 or None; got -1. Try 0.1.'
    >>> in_terms_of_options(error, {"alpha": "l2"})
    '--l2 must be > 0; got -1. Try 0.1.'
    """
    remedy = _typed(error.remedy, options)
    if error.parameter in options:
        said = f"--{options[error.parameter]} must {_required(error.required, options)}; got {error.got}."
    elif remedy != error.remedy and error.what:
        said = error.what
    elif remedy != error.remedy:
        who = f"{error.who}: " if error.who else ""
        said = f"{who}{error.parameter} must {_required(error.required, options)}; got {error.got}."
    else:
        return str(error)
    return f"{said} {remedy}" if remedy else said


def _required(required: str | Sequence[str], options: Mapping[str, str]) -> str:
    """Return what a parameter must do: of several phrases, those for what can be typed."""
    if isinstance(required, str):
        return _typed(required, options)
    return f"be {either([said for phrase in required if (said := _typed(phrase, options))])}"


def _typed(words: str, options: Mapping[str, str]) -> str:
    """Return words as they are, or what stands for them where values are typed."""
    if not isinstance(words, InPython):
        return words
    try:
        return words.typed.format(**{parameter: f"--{option}" for parameter, option in options.items()})
    except KeyError:  # the command has no option for what is named
        return words
