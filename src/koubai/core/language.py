"""The displayed texts, in English and Japanese, by key.

One catalogue per language, ``koubai/texts/en.json`` and ``ja.json``: flat, with sorted keys of the form ``room.name``.
A text may contain placeholders ``{name}`` for values. Code contains only keys.
"""

import json
import os
from collections.abc import Mapping, Sequence
from functools import cache, reduce
from importlib.resources import files
from typing import Literal, Self, TypeAlias

from koubai.core.errors import ParameterError

Language: TypeAlias = Literal["en", "ja"]

LANGUAGES: tuple[Language, ...] = ("en", "ja")
"""The languages available for every text."""


def language(lang: str | None = None) -> Language:
    """Return the language to use: ``lang``, else the variable KOUBAI_LANG, else the locale's, else English.

    Raises
    ------
    ParameterError
        If ``lang`` or KOUBAI_LANG names a language without a catalogue.

    Examples
    --------
    >>> language("ja")
    'ja'
    """
    for who, given in (("lang", lang), ("KOUBAI_LANG", os.environ.get("KOUBAI_LANG"))):
        if given:
            for known in LANGUAGES:
                if given == known:
                    return known
            raise ParameterError(f"{who} must be one of {', '.join(LANGUAGES)}; got {given!r}. Try {LANGUAGES[0]}.")
    locale = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "ja" if locale.lower().startswith("ja") else "en"


@cache
def catalogue(lang: Language) -> Mapping[str, str]:
    """Return all texts of a language by key."""
    source = files("koubai") / "texts" / f"{lang}.json"
    texts: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    return texts


def text(key: str, lang: Language, **values: object) -> str:
    """Return the text of a key with its placeholders filled in.

    Raises
    ------
    ParameterError
        If the catalogue has no such key, or a placeholder has no value.

    Examples
    --------
    >>> text("language.name", "en")
    'English'
    """
    found = catalogue(lang).get(key)
    if found is None:
        raise ParameterError(f"text: key must be in the {lang} catalogue; got {key!r}. Add it to texts/{lang}.json.")
    try:
        return found.format_map(values)
    except KeyError as missing:
        raise ParameterError(
            f"text: {key!r} must be given a value for {missing.args[0]!r}; got {', '.join(values) or 'none'}. Pass it."
        ) from None


class Worded(str):
    """A sentence of the catalogues: in English as a text, and in another language where that is spoken.

    Parameters
    ----------
    sentence : str
        The sentence in English.
    key : str
        Its key.
    values : mapping
        What stands in its places; other worded sentences are put in their own words.

    Examples
    --------
    >>> note = worded("grade.note.strangers", names="Ann")
    >>> note, note.in_language("ja")
    ('Not in the key, and not marked: Ann.', '解答キーになく，採点しなかったもの：Ann。')
    """

    key: str
    values: Mapping[str, object]

    def __new__(cls, sentence: str, key: str, values: Mapping[str, object]) -> Self:
        """Make the sentence."""
        made = super().__new__(cls, sentence)
        made.key, made.values = key, values
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, Mapping[str, object]]]:
        """Return what makes the sentence anew, in a copy and in another process."""
        return type(self), (str(self), self.key, self.values)

    def in_language(self, lang: Language) -> str:
        """Return the sentence in a language."""
        return text(self.key, lang, **{name: said_in(value, lang) for name, value in self.values.items()})


def worded(key: str, **values: object) -> Worded:
    """Return a sentence of the catalogues, in English; see `Worded`."""
    return Worded(text(key, "en", **values), key, values)


def either_of(names: Sequence[str]) -> str:
    """Return names as alternatives, in words of the language in which they are told.

    Examples
    --------
    >>> either_of(["kind", "king"]), said_in(either_of(["kind", "king"]), "ja")
    ('kind or king', 'kind か king')
    """
    return reduce(lambda first, other: worded("core.either", first=first, other=other), names)


def said_in(sentence: object, lang: Language) -> object:
    """Return a sentence in a language if it is `Worded`; anything else as it is."""
    return sentence.in_language(lang) if isinstance(sentence, Worded) else sentence


def has_text(key: str) -> bool:
    """Return whether the catalogues have a text under this key."""
    return key in catalogue("en")
