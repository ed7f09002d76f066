"""What is said of a parameter that was given as an option: the complaint, in the words of the command line."""

from collections.abc import Mapping, Sequence

from koubai.core.errors import InPython, KoubaiError, either

READING: Mapping[str, str] = {"encoding": "encoding", "separator": "separator", "skip_lines": "skip-lines"}
"""The option that sets each parameter of how a file is read."""


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
    elif error.what and remedy != error.remedy:
        said = error.what
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
