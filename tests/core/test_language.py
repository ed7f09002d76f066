"""The two catalogues are complete and say the same things; the language is chosen in the promised order."""

import copy
import json
import multiprocessing
import pickle
import re
import string
from concurrent.futures import ProcessPoolExecutor
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import koubai
from koubai.core.errors import KoubaiError, ParameterError
from koubai.core.language import LANGUAGES, Worded, catalogue, either_of, language, recognised, said_in, text, worded
from koubai.core.templates import LONGEST, values_in


def places(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_every_text_exists_in_every_language():
    keys = {lang: set(catalogue(lang)) for lang in LANGUAGES}
    assert keys["en"] - keys["ja"] == set(), "texts missing in Japanese"
    assert keys["ja"] - keys["en"] == set(), "texts missing in English"


def test_the_same_values_have_a_place_in_every_language():
    for key, template in catalogue("en").items():
        assert places(template) == places(catalogue("ja")[key]), key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_texts_are_there_once_sorted_and_not_empty(lang):
    pairs = json.loads((files("koubai") / "texts" / f"{lang}.json").read_text(encoding="utf-8"), object_pairs_hook=list)
    keys = [key for key, _ in pairs]
    assert all(first < second for first, second in pairwise(keys)), "keys must be unique and sorted"
    assert all(value.strip() == value != "" for _, value in pairs)


def keys_in_code():
    """Keys of the catalogue that stand in the source as they are, and the beginnings of those that are put together."""
    whole, begun = set(), set()
    for path in (files("koubai") / "core").parent.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        for _, key in re.findall(r"""(["'])((?:explain|quiz)\.[^"'\s]*)\1""", source):
            (begun if "{" in key else whole).add(key.split("{")[0])
    return whole, begun


def test_every_key_in_the_code_is_in_the_catalogue_and_every_text_is_used():
    whole, begun = keys_in_code()
    known = set(catalogue("en"))
    for key in whole:
        assert key in known or any(found.startswith(key) for found in known), key
    for key in begun:
        assert any(found.startswith(key) for found in known), key
    rooms = ("explain.", "quiz.")
    unused = {key for key in known if key.startswith(rooms) and key not in whole and not key.startswith(tuple(begun))}
    assert not unused, "texts that nothing says"


def test_no_text_leaves_it_to_the_reader_whether_there_is_one_or_more():
    assert [key for key, said in catalogue("en").items() if "(s)" in said] == []


def test_given_language_comes_before_the_variable_and_the_locale(monkeypatch):
    monkeypatch.setenv("KOUBAI_LANG", "ja")
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert language("en") == "en"
    assert language() == "ja"


@pytest.mark.parametrize(
    ("locale", "expected"), [("ja_JP.UTF-8", "ja"), ("de_DE.UTF-8", "en"), ("C", "en"), ("", "en")]
)
def test_without_a_wish_the_locale_decides_and_english_is_the_rest(monkeypatch, locale, expected):
    for name in ("KOUBAI_LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", locale)
    assert language() == expected


def test_a_language_without_a_catalogue_is_refused(monkeypatch):
    with pytest.raises(ParameterError, match=r"^lang must be one of en, ja; got 'fr'\. Try en\.$"):
        language("fr")
    monkeypatch.setenv("KOUBAI_LANG", "xx")
    with pytest.raises(ParameterError, match=r"^KOUBAI_LANG must be one of en, ja; got 'xx'"):
        language()


def test_a_key_or_a_value_that_is_missing_is_named():
    with pytest.raises(ParameterError, match=r"^text: key must be in the ja catalogue; got 'no\.such'"):
        text("no.such", "ja")


def test_a_place_without_a_value_is_named(monkeypatch):
    monkeypatch.setattr("koubai.core.language.catalogue", lambda lang: {"a.b": "x = {x}, y = {y}"})
    assert text("a.b", "en", x=1, y=2) == "x = 1, y = 2"
    with pytest.raises(ParameterError, match=r"^text: 'a\.b' must be given a value for 'y'; got x\. Pass it\.$"):
        text("a.b", "en", x=1)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda given: pickle.loads(pickle.dumps(given))])
def test_a_copy_of_a_sentence_says_the_same_in_every_language(copied):
    whole = worded("grade.error.results", kinds=worded("grade.kind.quiz"), got="a.txt")
    error = copied(ParameterError(whole))
    assert type(error) is ParameterError
    for found in (copied(whole), error.args[0]):
        assert found == whole
        assert found.in_language("ja") == whole.in_language("ja") != whole


def test_an_error_of_another_process_comes_back():
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as others:
        error = others.submit(koubai.load, "missing.koubai").exception(60)
    assert isinstance(error, KoubaiError)
    assert "'missing.koubai' must exist" in str(error)


@pytest.mark.parametrize("word", ["上の層", "下の層", "試験レベル", "固有値の順位", "最小の極小値", "（の 1/2）"])
def test_words_that_no_lecturer_would_write_are_gone(word):
    assert not [key for key, said in catalogue("ja").items() if word in said and not key.startswith("play.")]


def test_japanese_sentences_have_one_kind_of_comma():
    assert not [key for key, said in catalogue("ja").items() if "、" in said]


def test_sizes_of_matrices_are_called_so():
    about = {
        key: said for key, said in catalogue("ja").items() if key.startswith(("explain.shape.", "explain.matrix."))
    }
    assert not [key for key, said in about.items() if "形" in said]


NOTES = sorted(key for key in catalogue("en") if key.startswith(("tables.note.", "images.note.", "models.note.")))
WORDS = st.text("ab '.", min_size=1, max_size=6)


@given(
    st.lists(st.sampled_from(["{x}", "{y}", "{z}", "a", "ab", "b ", "."]), min_size=1, max_size=6), WORDS, WORDS, WORDS
)
def test_values_that_are_read_back_give_the_text_and_are_found_where_the_pattern_finds_them(parts, x, y, z):
    template = "".join(parts)
    whole = template.format(x=x, y=y, z=z)
    found = values_in(template, whole)
    if found is not None:
        assert template.format(**{"x": "", "y": "", "z": "", **found}) == whole
    if len(set(names := re.findall(r"{(.)}", template))) == len(names):  # no value stands twice
        pattern = re.sub(r"\\{(.)\\}", r"(?P<\1>.+?)", re.escape(template))
        assert found == re.fullmatch(pattern, whole).groupdict()


@pytest.mark.parametrize("key", NOTES)
def test_a_note_that_a_file_holds_is_told_in_japanese(key):
    template = catalogue("en")[key]
    written = template.format(**{name: f"v{index}w" for index, name in enumerate(sorted(places(template)))})
    found = recognised(written)
    assert str(found) == written
    if len(re.sub(r"{\w+}", "", template).strip()) >= 5:
        assert isinstance(found, Worded)
        letters = "[ぁ-んァ-ヶ一-龠]"
        assert bool(re.search(letters, said_in(found, "ja"))) == bool(re.search(letters, catalogue("ja")[key]))


@pytest.mark.timeout(20)
def test_no_text_that_a_file_may_hold_takes_long_or_nests_too_deeply():
    for key in NOTES:
        words = re.split(r"{\w+}", catalogue("en")[key])
        for ending in ("", "\0"):
            said_in(recognised("".join(f"{part} " * 60 for part in words)[: LONGEST - 1] + ending), "ja")
    for hostile in ("a" * 10**6, "x, " * 10**4, "'a' and " * 10**4 + "'b'", "loss 1; " * 10**4):
        assert said_in(recognised(hostile), "ja")


def test_as_many_names_as_a_wide_table_has_are_told():
    names = [f"x{number}" for number in range(5000)]
    assert str(either_of(names)) == " or ".join(names)
    assert said_in(either_of(names), "ja") == " か ".join(names)
