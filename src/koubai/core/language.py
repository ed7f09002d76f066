"""The displayed texts, in English and Japanese, by key.

One catalogue per language, ``koubai/texts/en.json`` and ``ja.json``: flat, with sorted keys of the form ``room.name``.
A text may contain placeholders ``{name}`` for values. Code contains only keys.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Literal, Self, TypeAlias

from koubai.core.errors import InPython, KoubaiError, ParameterError
from koubai.core.templates import values_in

Language: TypeAlias = Literal["en", "ja"]

LANGUAGES: tuple[Language, ...] = ("en", "ja")
"""The languages available for every text."""
NOTES = ("tables.note.", "images.note.", "models.note.")
"""How the keys of notes that files hold begin."""
COMPILED = ("core.layers.", "core.must.", "core.remedy.")
"""The same of errors of layers and optimizers."""
ALIKE = re.compile(r"'[^']*'(?: and '[^']*')+")
"""Cells beside each other."""
PIECES = ("tables.used.",)
"""The same of how columns are used, in pieces."""
SHORTEST = 5
"""Letters that a sentence has at least, beside its values, to be recognised."""
DEEPEST = 6
"""How deeply values within values are recognised, since files from elsewhere may hold anything."""
LONGEST_USE = 500
"""Letters of what a file says of a column's use, to be recognised."""
PLACE = re.compile(r"\{(\w+)\}")
"""A place for a value in a text."""
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
WORDS = re.compile(r"[a-z]{2,} [a-z]{2,}|[A-Za-z][a-z]+ .*\.$")
"""Words of English, rather than a name, a number or a value."""


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
            raise ParameterError(
                worded("core.error.language", who=who, languages=", ".join(LANGUAGES), given=repr(given))
            )
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

    def __add__(self, other: str) -> str:
        """Return the sentence with words behind it, each in its own language."""
        return worded("core.both", first=self, other=other) if other else self

    def __radd__(self, other: str) -> str:
        """Return the sentence with words before it."""
        return worded("core.both", first=other, other=self) if other else self

    def in_language(self, lang: Language) -> str:
        """Return the sentence in a language; ``space`` is one between words, which Japanese does without."""
        values = {name: said_in(value, lang) for name, value in self.values.items()}
        if lang == "ja" and "space" in values:
            values["space"] = ""
        return text(self.key, lang, **values)


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
    return _joined("core.either", names)


def term(word: str) -> str:
    """Return a term, such as a heading or a measure, in words of the language in which it is told.

    A term without an entry of its own, such as a name that a user gave, stays as it is.

    Examples
    --------
    >>> term("accuracy"), said_in(term("accuracy"), "ja")
    ('accuracy', '正解率')
    """
    if isinstance(word, Worded):
        return word
    key = "core.term." + word.lower().replace(" ", "_")
    return worded(key) if catalogue("en").get(key) == word else word


def recognised(sentence: str) -> str:
    """Return a sentence that a file holds in English, in words of the language in which it is told.

    It is looked for among the catalogue's notes; one that is none of them stays as it is.

    Examples
    --------
    >>> said_in(recognised("as asked"), "ja")
    '指定のとおり'
    """
    return _recognised(sentence, DEEPEST)


def _recognised(sentence: str, deepest: int) -> str:
    """Return a sentence as `recognised` does; values within values are looked for down to a depth."""
    if isinstance(sentence, Worded) or not sentence.strip() or not deepest:
        return sentence
    known = term(sentence)
    if known is not sentence:
        return known
    for key, template in _notes(NOTES):
        found = values_in(template, sentence)
        if found is not None:
            return worded(key, **{name: _recognised(value, deepest - 1) for name, value in found.items()})
    measure, of, whose = sentence.partition(" of ")
    if of and isinstance(term(measure), Worded):
        return worded("models.note.of", label=term(measure), classes=whose)
    if ALIKE.fullmatch(sentence):
        return all_of(sentence.split(" and "))
    pieces = _in_pieces(sentence) if len(sentence) <= LONGEST_USE else ""
    return pieces or listed_as(", ", [term(name) for name in sentence.split(", ")])


def _in_pieces(summary: str) -> str:
    """Return how a column is used, which is said in pieces one behind the other; nothing if one is unknown."""
    for key, pattern in _pieces():
        found = pattern.match(summary)
        if found:
            said, left = worded(key, **found.groupdict()), summary[found.end() :]
            rest = _in_pieces(left)
            if not left or rest:
                return said + rest
    return ""


@cache
def _pieces() -> Sequence[tuple[str, re.Pattern[str]]]:
    """Return the keys of pieces of how a column is used, with patterns that begin a summary, the longest first."""
    found = []
    for key, template in _notes(PIECES):
        seen: set[str] = set()
        pattern = ""
        for literal, name in zip(PLACE.split(template)[::2], [*PLACE.findall(template), None], strict=True):
            pattern += re.escape(literal)
            if name is not None:
                pattern += f"(?P={name})" if name in seen else rf"(?P<{name}>[^\s,;]*)"
                seen.add(name)
        found.append((key, re.compile(pattern, re.DOTALL)))
    return found


@cache
def _notes(beginnings: tuple[str, ...]) -> Sequence[tuple[str, str]]:
    """Return the keys of sentences that files or compiled code hold, and the sentences, those with most words first."""
    texts = [(key, template) for key, template in catalogue("en").items() if key.startswith(beginnings)]
    worth = [(key, template) for key, template in texts if len(PLACE.sub("", template).strip()) >= SHORTEST]
    return sorted(worth, key=lambda item: -len(PLACE.sub("", item[1])))


def listed_as(between: str, phrases: Sequence[str]) -> str:
    """Return phrases in a row, each in words of the language in which they are told.

    Examples
    --------
    >>> listed_as(" and ", [worded("core.got.none"), "two"])
    'none and two'
    """
    return _joined("core.row", phrases or [""], between=between)


def one_after_another(sentences: Iterable[str]) -> str:
    """Return those sentences that say something, with a space between them where the language has one.

    Examples
    --------
    >>> one_after_another(["", "One.", "Two."])
    'One. Two.'
    """
    return _joined("core.next", [sentence for sentence in sentences if sentence] or [""], space=" ")


def _joined(key: str, phrases: Sequence[str], **between: str) -> str:
    """Return phrases joined two by two, in halves, so that as many as a table has columns are not nested too deeply."""
    if len(phrases) == 1:
        return phrases[0]
    half = len(phrases) // 2
    first, other = _joined(key, phrases[:half], **between), _joined(key, phrases[half:], **between)
    return worded(key, first=first, other=other, **between)


def all_of(names: Sequence[str]) -> str:
    """Return names beside each other, in words of the language in which they are told.

    Examples
    --------
    >>> all_of(["'yes'", "'Yes'"]), said_in(all_of(["'yes'", "'Yes'"]), "ja")
    ("'yes' and 'Yes'", "'yes' と 'Yes'")
    """
    return _joined("core.all", names)


def said_in(sentence: object, lang: Language) -> object:
    """Return a sentence in a language if it is `Worded`, or an error that is; anything else as it is."""
    if isinstance(sentence, Worded):
        return sentence.in_language(lang)
    if isinstance(sentence, KoubaiError):
        return told(sentence, lang) or str(sentence)
    return sentence


def told(error: KoubaiError, lang: Language, options: Mapping[str, str] | None = None) -> str:
    """Return an error's sentence in a language; nothing where a part of it has no words there, or English ones alone.

    Parameters
    ----------
    error : KoubaiError
        What was raised.
    lang : "en" or "ja"
        The language.
    options : mapping of str to str, optional
        What a command calls each parameter that it sets, without hyphens in front.

    Examples
    --------
    >>> from koubai.core.checks import within
    >>> remedy = worded("core.remedy.try", value=1)
    >>> error = ParameterError(parameter="alpha", required=within(above=0), got="-1", remedy=remedy)
    >>> told(error, "ja", {"alpha": "l2"})
    '--l2 は 0 より大きい有限の値にしてください（指定は -1）。たとえば 1 とします。'
    """
    options = options or {}
    said = error.args[0]
    if isinstance(said, Worded) and "parameter" in said.values and error.parameter in options:
        return worded(said.key, **{**said.values, "parameter": f"--{options[error.parameter]}"}).in_language(lang)
    if lang == "en":
        return ""
    if isinstance(said, Worded) and not (options and isinstance(error.remedy, InPython)):
        return said.in_language(lang)
    if error.inner is not None:
        return told(error.inner, lang, options)
    if whole := _of_compiled(str(said), lang):
        return whole
    remedy = _typed_in(error.remedy, lang, options)
    if remedy is None:
        return ""
    if error.what:
        what = _typed_in(error.what, lang, options)
        return "" if what is None else f"{said_in(error.who, lang)}：{what}{remedy}" if error.who else f"{what}{remedy}"
    required = _required_in(error.required, lang, options)
    got = _typed_in(error.got, lang, options)
    if not required or got is None:
        return ""
    required = f" {required}" if required[0].isascii() else required
    name = said_in(error.parameter, lang)
    if error.parameter in options:
        name = f"--{options[error.parameter]}"
    elif error.who:
        name = f"{said_in(error.who, lang)}：{name}"
    return text("core.must", lang, name=name, required=required, got=got, remedy=remedy)


def _of_compiled(sentence: str, lang: Language) -> str:
    """Return a sentence of the files that compiled code is made from, which hold no keys; nothing of any other."""
    for key, template in _notes(COMPILED):
        found = values_in(template, sentence)
        if found is not None:
            return worded(key, **found).in_language(lang)
    return ""


def _required_in(required: str | Sequence[str], lang: Language, options: Mapping[str, str]) -> str:
    """Return what a parameter must do, in a language; nothing if a part has no words there."""
    if isinstance(required, str):
        return _typed_in(required, lang, options) or ""
    said = [_typed_in(phrase, lang, options) for phrase in required]
    if None in said:
        return ""
    phrases = str(said_in(either_of([phrase for phrase in said if phrase]), lang))
    return text("core.must.either", lang, phrases=f"{phrases} " if phrases[-1:].isascii() else phrases)


def _typed_in(words: str, lang: Language, options: Mapping[str, str]) -> str | None:
    """Return words in a language, those meant for programs as what is typed instead; None if there are none."""
    typed = words.typed if options and isinstance(words, InPython) else words
    if isinstance(words, InPython) and not typed:
        return ""
    if isinstance(typed, Worded):
        said = typed.in_language(lang)
    elif WORDS.search(QUOTED.sub("", typed)):
        return _of_compiled(str(typed), lang) or None
    else:
        said = str(typed)
    if not isinstance(words, InPython):
        return said
    try:
        return said.format(**{parameter: f"--{option}" for parameter, option in options.items()})
    except KeyError:  # the command has no option for what is named
        return None


def has_text(key: str) -> bool:
    """Return whether the catalogues have a text under this key."""
    return key in catalogue("en")
