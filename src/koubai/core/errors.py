"""The errors that koubai raises; each message says who, what is required, what was given, and what to do."""

from collections.abc import Sequence
from typing import NamedTuple, Self


class InPython(str):
    """Words of a message that only a program can take up, such as None or a keyword argument.

    Parameters
    ----------
    words : str
        What a program is told.
    typed : str
        What stands for them where parameters are options that are typed. Parameters in braces are replaced by what the
        options are called.

    Examples
    --------
    >>> InPython("Try solver='adam'.", typed="Try {optimizer} adam.")
    "Try solver='adam'."
    """

    typed: str

    def __new__(cls, words: str, typed: str = "") -> Self:
        """Make the words, with what stands for them."""
        made = super().__new__(cls, words)
        made.typed = typed
        return made


class Parameter(NamedTuple):
    """A parameter of somebody: ``MLPClassifier: loss``."""

    who: str
    name: str

    def __str__(self) -> str:
        return f"{self.who}: {self.name}"


def either(phrases: Sequence[str]) -> str:
    """Return phrases as alternatives.

    Examples
    --------
    >>> either(["an integer >= 1", "a list", "None"])
    'an integer >= 1, a list or None'
    """
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} or {phrases[-1]}"


def on_one_line(written: str, longest: int = 200) -> str:
    """Return a value as it is written, on one line and cut short: a whole frame may have come.

    Examples
    --------
    >>> on_one_line(f"array([[1],{chr(10)}       [2]])")
    'array([[1], [2]])'
    """
    line = " ".join(written.split()) if "\n" in written else written
    return line if len(line) <= longest else f"{line[:longest]}…"


class KoubaiError(Exception):
    """Base of every error that koubai raises on purpose: one sentence, given whole or made from its parts.

    Parameters
    ----------
    sentence : str
        The whole message; left out, it is "who: parameter must required; got got. remedy", or "who: what remedy".
    who : str
        The class or function that complains.
    parameter : str or Parameter
        The parameter that is complained of; a `Parameter` says also whose it is.
    required : str or sequence of str
        What it must do: "be > 0"; of several phrases, be one of them.
    got : str
        What came.
    what : str
        What is wrong, as a sentence, if it is no parameter.
    remedy : str
        What to do, as a sentence.

    Examples
    --------
    >>> ParameterError(who="Dense", parameter="n_out", required="be > 0", got="-1", remedy="Try 8.")
    ParameterError('Dense: n_out must be > 0; got -1. Try 8.')
    """

    def __init__(
        self,
        sentence: str = "",
        *,
        who: str = "",
        parameter: str | Parameter = "",
        required: str | Sequence[str] = "",
        got: str = "",
        what: str = "",
        remedy: str = "",
    ) -> None:
        self.who = parameter.who if isinstance(parameter, Parameter) else who
        self.parameter = parameter.name if isinstance(parameter, Parameter) else parameter
        self.required = required if isinstance(required, str) else tuple(required)
        self.got, self.what, self.remedy = on_one_line(got), what, remedy
        self.inner: KoubaiError | None = None
        super().__init__(sentence or self._sentence())

    def of(self, who: str, kind: "type[KoubaiError] | None" = None) -> "KoubaiError":
        """Return the same error as the complaint of somebody else, for whom this one's part was done.

        ``kind`` is the class of the new error, by default that of this one.
        """
        outer = (kind or type(self))(
            f"{who}: {self}",
            who=who,
            parameter=self.parameter,
            required=self.required,
            got=self.got,
            what=self.what,
            remedy=self.remedy,
        )
        outer.inner = self
        return outer

    def _sentence(self) -> str:
        required = self.required if isinstance(self.required, str) else f"be {either(self.required)}"
        said = self.what or f"{self.parameter} must {required}; got {self.got}."
        parts = [part for part in (self.who and f"{self.who}:", said, self.remedy) if part]
        return parts[0] if len(parts) == 1 else " ".join(parts)  # one alone keeps its words in other languages


class ParameterError(KoubaiError, ValueError):
    """A parameter has a value that is not allowed."""


class ParameterTypeError(KoubaiError, TypeError):
    """A parameter has a type that is not allowed."""


class ShapeError(KoubaiError, ValueError):
    """An array has the wrong shape."""


class DataError(KoubaiError, ValueError):
    """A table or an array contains values that cannot be learned from."""


class DivergenceError(KoubaiError, ValueError):
    """Training diverged to NaN or infinity."""


class ModelFileError(KoubaiError, ValueError):
    """A model file is damaged, not koubai's, or of an unknown version."""


class FileError(KoubaiError, OSError):
    """A file that is not a model cannot be read, or any file cannot be written."""


class MissingError(KoubaiError, AttributeError):
    """An attribute is asked for that the object cannot have, such as a weight matrix of layers that have none."""


class LostProcessError(KoubaiError, RuntimeError):
    """A process of several that train together was lost, or did not come."""


class UndefinedError(KoubaiError, NotImplementedError):
    """A kind (an activation, a loss, an optimizer) does not define a requested operation."""
