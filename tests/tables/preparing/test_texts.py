"""Texts as features: counts agree with scikit-learn's, hostile texts do no harm, noise is no signal."""

import json
import string
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from koubai.core.errors import DataError, ModelFileError
from koubai.tables.meaning.columns import TEXT, Column, describe_columns, is_prose
from koubai.tables.preparing.packing import Packing
from koubai.tables.preparing.preparation import Preparation
from koubai.tables.preparing.splits import Splitter
from koubai.tables.preparing.texts.column import TextColumn
from koubai.tables.preparing.texts.counting import LEAST_TEXTS, MOST_CHARACTERS, Terms, common_terms, counts_of, plain
from koubai.tables.preparing.texts.signal import said_by_texts, with_texts

TEXTS = st.lists(st.none() | st.text(max_size=60) | st.text("日本語の文章 猫犬", max_size=60), min_size=1, max_size=30)
LIKED, DISLIKED = ["good", "great", "lovely", "fine", "superb"], ["bad", "awful", "broken", "poor", "ugly"]


def sentences(n: int, seed: int = 0, tells: bool = True) -> tuple[list[str], np.ndarray]:
    """Texts of many words, two of which say which class they are of."""
    rng = np.random.default_rng(seed)
    words = ["".join(rng.choice(list(string.ascii_lowercase), size=5)) for _ in range(60)]
    y = rng.integers(2, size=n)
    texts = []
    for label in y:
        own = rng.choice((DISLIKED, LIKED)[int(label) if tells else rng.integers(2)], size=2).tolist()
        listed = [*rng.choice(words, size=9).tolist(), *own]
        texts.append(" ".join(rng.permutation(listed)))
    return texts, y


def test_words_and_groups_are_counted_as_scikit_learn_counts_them() -> None:
    texts = ["The cat sat on the mat, the end.", "A cat; a dog.\n\nCATS", "dog days", ""]
    terms = Terms(("cat", "dog", "the"), (" ca", "at", "at ", "da", "og "))
    words = CountVectorizer(vocabulary=list(terms.words), token_pattern=r"\w+").transform(texts).toarray()
    spaced = [plain(text) for text in texts]
    groups = [[sum(text.startswith(group, k) for k in range(len(text))) for group in terms.groups] for text in spaced]
    assert counts_of(texts, terms).tolist() == np.hstack([words, groups]).tolist()


def test_features_are_scikit_learn_s_tf_idf() -> None:
    texts, _ = sentences(80)
    column = pl.Series("t", texts)
    fitted = TextColumn.fit(column, Column("t", TEXT))
    counts = counts_of(texts, fitted.terms)
    expected = TfidfTransformer(sublinear_tf=True).fit_transform(counts.astype(float)).toarray()
    assert np.allclose(fitted.transform(column), expected)
    assert {"t: good", "t: goo…", "t: …ood"} <= set(fitted.features)


def test_the_most_telling_terms_are_kept_up_to_the_number_and_each_is_in_three_texts() -> None:
    texts = [*["every apple"] * 10, *["every pear"] * 10, "rare plum", "rare plum"]
    terms = common_terms(texts, 6)
    assert len(terms.words) == len(terms.groups) == 3
    assert terms.words == ("apple", "every", "pear")  # plum is in two texts only
    held = Counter(word for text in texts for word in text.split())
    assert all(held[word] >= LEAST_TEXTS for word in terms.words)
    assert common_terms([], 10) == common_terms(["once"], 10) == Terms((), ())


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_any_texts_give_finite_features_that_survive_a_record(texts: list[str | None]) -> None:
    column = pl.Series("t", texts, dtype=pl.String)
    fitted = TextColumn.fit(column, Column("t", TEXT))
    features = fitted.transform(column)
    assert features.shape == (len(texts), len(fitted.features))
    assert np.isfinite(features).all()
    assert (np.linalg.norm(features[:, : fitted.n_terms], axis=1) < 1 + 1e-9).all()
    assert len(set(fitted.features)) == len(fitted.features)
    again = TextColumn.from_record(json.loads(json.dumps(fitted.record())), fitted.tensor)
    assert (again.transform(column) == features).all()


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.lists(st.text(max_size=20), max_size=5))
def test_groups_are_found_wherever_they_stand_and_not_across_texts(texts: list[str | None], others: list[str]) -> None:
    terms = common_terms([*texts, *texts, *texts], 200)
    counts = counts_of([*texts, *others], terms)[:, len(terms.words) :]
    for row, text in enumerate(plain(text) for text in [*texts, *others]):
        expected = [sum(text.startswith(group, k) for k in range(len(text))) for group in terms.groups]
        assert counts[row].tolist() == expected


def test_japanese_is_told_apart_without_blanks() -> None:
    rng = np.random.default_rng(0)
    topics = (("機械学習", "勾配", "損失関数"), ("焼き魚", "味噌汁", "お弁当"))
    y = rng.integers(2, size=120)
    texts = [
        f"今日は{rng.choice(topics[k])}と{rng.choice(topics[k])}についての長いお話を聞きました{i}"
        for i, k in enumerate(y)
    ]
    assert is_prose(pl.Series(texts))
    assert said_by_texts(pl.Series("t", texts), y, Splitter(y), True, np.arange(120)) > 0.8


def test_emoji_and_width_and_letter_case() -> None:
    texts = ["ＢＵＹ 🎉🎉 now", "buy 🎉🎉 NOW"] * 3
    assert plain(texts[0]) == plain(texts[1]) == " buy 🎉🎉 now "
    assert "🎉🎉" in common_terms(texts, 100).groups


def test_a_huge_cell_is_read_to_its_bound() -> None:
    texts = ["word " * 10**6, *["word and other"] * 5]
    terms = common_terms(texts, 50)
    found = counts_of(texts, terms)
    assert found[0, terms.words.index("word")] == 255  # as often as it counts
    assert len(plain(texts[0])) <= MOST_CHARACTERS + 2


@pytest.mark.parametrize("is_classes", [True, False])
def test_texts_that_say_nothing_are_left_out(is_classes: bool) -> None:
    """Of twenty columns of noise none may become features."""
    found = 0
    for seed in range(20):
        texts, y = sentences(150, seed, tells=False)
        target = y if is_classes else np.random.default_rng(seed).normal(size=150)
        found += said_by_texts(pl.Series("t", texts), target, Splitter(), is_classes, np.arange(150)) > 0
    assert found == 0


def test_only_the_rows_to_learn_from_decide() -> None:
    """Held-out rows whose texts name the answer change nothing."""
    texts, y = sentences(300, tells=False)
    kept = np.arange(200)
    told = [*texts[:200], *(f"{text} answer{label}" for text, label in zip(texts[200:], y[200:], strict=True))]
    before = with_texts([Column("t", TEXT, "why")], pl.DataFrame({"t": texts}), y, Splitter(y), True, kept)
    after = with_texts([Column("t", TEXT, "why")], pl.DataFrame({"t": told}), y, Splitter(y), True, kept)
    assert before == after
    assert not after[0].used
    assert "say nothing of the target" in after[0].reason


def test_groups_of_rows_are_kept_apart_in_deciding() -> None:
    """What a writer always says tells the writer's class, but nothing of other writers."""
    rng = np.random.default_rng(0)
    writers = np.repeat(np.arange(30), 10)
    y = rng.integers(2, size=30)[writers]
    texts = [f"writer{w} signs all of these long letters in the very same way {i}" for i, w in enumerate(writers)]
    rows = np.arange(300)
    assert said_by_texts(pl.Series("t", texts), y, Splitter(y), True, rows) > 0.5
    assert said_by_texts(pl.Series("t", texts), y, Splitter(y, writers), True, rows) == 0


def test_names_addresses_and_codes_stay_what_they_were() -> None:
    frame = pl.DataFrame(
        {
            "name": [f"Family{i}, Mr. Given{i} Middle" for i in range(100)],
            "street": [f"{i} Main Street, Springfield" for i in range(100)],
            "code": [f"{i:032x}" for i in range(100)],
        }
    )
    assert [column.kind for column in describe_columns(frame)] == ["identifier"] * 3


def test_what_users_say_of_a_column() -> None:
    texts, _ = sentences(60)
    frame = pl.DataFrame({"a": texts, "b": texts, "c": texts, "d": [f"n{i % 7}" for i in range(60)], "e": texts})
    kinds = describe_columns(frame, keep=["b"], category=["c"], text=["d"], drop=["e"])
    assert [(c.kind, c.used) for c in kinds] == [
        ("text", False),
        ("text", True),
        ("category", True),
        ("text", True),
        ("dropped", False),
    ]
    assert [type(c).__name__ for c in Preparation.fit(frame.select("d"), text=["d"]).columns] == ["TextColumn"]


def test_texts_without_a_common_term_are_left_out_with_the_reason() -> None:
    frame = pl.DataFrame({"t": [f"{chr(0x4E00 + 7 * i)}" for i in range(60)]})
    with pytest.raises(DataError, match=r"t: no word or group of characters comes in three of its texts\."):
        Preparation.fit(frame, text=["t"])


def test_packed_rows_are_the_same_bit_for_bit() -> None:
    texts, _ = sentences(60)
    frame = pl.DataFrame({"t": [*texts[:-1], None], "x": np.arange(60.0), "c": [f"n{i % 3}" for i in range(60)]})
    preparation = Preparation.fit(frame, text=["t"])
    packing = Packing(preparation, np.dtype(np.float64))
    assert (packing.unpack(*packing.pack(frame)) == preparation.transform(frame)).all()
    assert preparation.transform(frame)[-1].tolist().count(1.0) >= 1
    assert "t (missing)" in preparation.features


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r, t: r.update(groups=["abcde", *r["groups"][1:]]), r"columns\[0\]\.groups\[0\]"),
        (lambda r, t: r.update(groups=["a", *r["groups"][1:]]), "groups are two to four characters each"),
        (lambda r, t: r.update(words=["w" * 41, *r["words"][1:]]), r"columns\[0\]\.words\[0\]"),
        (lambda r, t: r.update(words=[r["words"][1], *r["words"][1:]]), "distinct values"),
        (lambda r, t: r.update(words=[str(i) for i in range(2001)]), r"words must be a list; got list"),
        (lambda r, t: r["words"].pop(), "shape"),
        (lambda r, t: t.clear(), "column.0"),
        (lambda r, t: t["column.0"].fill(-1.0), "each term must have a weight above 0"),
    ],
)
def test_damaged_records_are_refused(change, said: str) -> None:
    texts, _ = sentences(60)
    record, tensors = Preparation.fit(pl.DataFrame({"t": texts}), text=["t"]).to_record()
    record, tensors = json.loads(json.dumps(record)), {name: array.copy() for name, array in tensors.items()}
    change(record["columns"][0], tensors)
    with pytest.raises(ModelFileError, match=said):
        Preparation.from_record(record, tensors)
