"""Words are counted elsewhere as here: every character that Unicode knows, alone and beside others."""

import json
import shutil
import sqlite3
import subprocess
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.export.matrix import HAM, SPAM, STRANGE, Case, cases, message_rows
from tests.export.test_plain_code import needed

from koubai.export import export, onnx_inputs
from koubai.export.targets.texts.characters import assigned, characters, is_of_word
from koubai.models.table_model import TableModel
from koubai.tables.preparing.texts.counting import plain


@cache
def case() -> Case:
    return next(case for case in cases() if case.name == "table-texts")


def mixed(n: int) -> list[str]:
    """Texts of a few characters each: letters, marks of several classes, and those that become others."""
    rng = np.random.default_rng(7)
    known = characters()
    pools = [
        [chr(code) for code in pool]
        for pool in (known.decomposed, known.classes, known.lower, range(0xAC00, 0xD7A4, 7), range(0x1100, 0x1200))
    ]
    pools += [list("abzΑΣσ ς.\u00ad'か"), [b for pair in known.composed for b in map(chr, pair)]]
    return ["".join(rng.choice(pools[k]) for k in rng.integers(0, len(pools), 6)) for _ in range(n)]


def beside(letters: tuple[str, ...]) -> list[str]:
    return [f"a{letter}b" for letter in letters]


def changing() -> tuple[str, ...]:
    """Return the characters that are in no run of plain ones: those that become others, blanks, marks and symbols."""
    return tuple(letter for letter in assigned() if plain(letter) != f" {letter} " or not is_of_word(letter))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_c_reads_every_character_as_it_is_read_here(tmp_path: Path) -> None:
    export(case().model, "c", tmp_path / "model.c")
    texts = [text for text in (*beside(changing()), *mixed(4000)) if "\0" not in text and "\n" not in text]
    (tmp_path / "texts").write_text("\n".join(texts), encoding="utf-8", newline="")
    (tmp_path / "main.c").write_text(r"""
#include "model.c"
#include <stdio.h>
int main(void)
{
    static char line[1000];
    while (fgets(line, sizeof line, stdin)) {
        unsigned *c;
        char *at = line, text[5];
        line[strcspn(line, "\n")] = 0;
        int n = plain_text(at, (int)strlen(line), &c);
        for (int i = 0; i < n; i++) {
            *put_character(text, c[i]) = 0;
            fputs(text, stdout);
        }
        fputs("\n", stdout);
        free(c);
    }
    return 0;
}
""")
    subprocess.run(["gcc", "-std=c99", "-O1", "main.c", "-o", "main", "-lm"], cwd=tmp_path, check=True)
    with open(tmp_path / "texts", "rb") as given:
        done = subprocess.run([tmp_path / "main"], stdin=given, capture_output=True, check=True)
    found = done.stdout.decode().split("\n")[:-1]
    assert len(found) == len(texts)
    wrong = [(text, said) for text, said in zip(texts, found, strict=True) if said != plain(text)]
    assert not wrong, wrong[:5]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_javascript_reads_every_character_as_it_is_read_here(tmp_path: Path) -> None:
    texts = [*beside(assigned()), *mixed(4000)]
    (tmp_path / "texts.json").write_text(json.dumps(texts))
    source = str(export(case().model, "js"))
    border = source.split(".split(")[1].split(").filter")[0]
    (tmp_path / "run.mjs").write_text(f"""
import {{ readFileSync }} from "fs";
const texts = JSON.parse(readFileSync("texts.json"));
const parts = texts.map((text) => text.normalize("NFKC").toLowerCase().split({border}).filter((part) => part));
const words = parts.map((each) => each.join(" ").match(/[\\p{{L}}\\p{{N}}_]+/gu) ?? []);
console.log(JSON.stringify([parts.map((each) => each.join(" ")), words.map((each) => each.join(" "))]));
""")
    assert r"/[\p{L}\p{N}_]+/gu" in source
    done = subprocess.run(["node", "run.mjs"], cwd=tmp_path, capture_output=True, check=True)
    found, words = json.loads(done.stdout)
    for text, said, runs in zip(texts, found, words, strict=True):
        form = plain(text).strip(" ")
        assert said == form, ascii(text)
        assert runs == " ".join("".join(each if is_of_word(each) else " " for each in form).split()), ascii(text)


def selected(name: str, texts: list[str]) -> Any:
    """Return what the SELECT says of texts, in their order."""
    statement = str(export(case().model, "sql", dialect=name, include=["row"]))
    rows: Any
    if name == "sqlite":
        database = sqlite3.connect(":memory:")
        database.execute("CREATE TABLE data (row, message, hour)")
        database.executemany("INSERT INTO data VALUES (?, ?, 3.5)", enumerate(texts))
        rows = database.execute(statement).fetchall()
        database.close()
    else:
        table = pl.DataFrame({"message": texts, "hour": 3.5}).with_row_index("row").to_arrow()
        database = needed("duckdb").connect()
        database.register("data", table)
        rows = database.execute(statement).fetchall()
        database.close()
    assert len(rows) == len(texts)
    return np.array([row[2:] for row in sorted(rows)])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "every"), [("sqlite", 8), ("duckdb", 1)])
def test_sql_reads_every_character_as_it_is_read_here(name: str, every: int) -> None:
    """What a character becomes shows in the answer by the terms beside it and in it."""
    texts = [f"{text} free entry" for text in (*beside(changing())[::every], *mixed(2000)) if "\0" not in text]
    found = case().model.predict({"message": texts, "hour": [3.5] * len(texts)})
    wanted = found.select("probability_ham", "probability_spam").to_numpy()
    np.testing.assert_allclose(selected(name, texts), wanted, rtol=1e-9)


@pytest.mark.slow
def test_sql_puts_together_what_is_written_apart_and_knows_the_last_sigma() -> None:
    texts = [
        "e\u0323\u0301 cafe\u0301 re\u0301sume\u0301",
        "café résumé",
        "か\u3099",
        "カﾞッコウ",
        "ﾑ\u1100\u1161\u11a8",
    ]
    texts += [
        "\u1106\u116e\u1105\u116d 한국어",
        "ΟΔΟΣ",
        "ΟΔΟ\u0301Σ\u0301.",
        "ΣΑΣ. Σ",
        "ΟΔΟΣΑ",
        "ﬁnal",
        "İ free",
        "\u0301free",
    ]
    texts += [
        "3.0",
        "+3.",
        "-07.00",
        "free " * 300,
        "x" * 50 + " free",
        "a_b free_entry",
        "  ",
        "\x1cfree\x1f entry\u2003won",
    ]
    wanted = case().model.predict({"message": texts, "hour": [3.5] * len(texts)})
    scores = wanted.select("probability_ham", "probability_spam").to_numpy()
    assert len(np.unique(scores[:, 0])) > 10
    np.testing.assert_allclose(selected("sqlite", texts), scores, rtol=1e-9)


@pytest.mark.slow
def test_sql_scales_the_features_of_terms_and_makes_columns_of_a_few() -> None:
    """A layer of factors stays within the sums; a function of each feature needs a column for each."""
    table = message_rows(120).with_columns(message=pl.col("message").str.slice(0, 6))
    given: dict[str, Any] = {
        "hidden_layer_sizes": (3,),
        "n_members": 1,
        "text": ["message"],
        "drop": ["score", "other"],
    }
    for more in ({"scaling": True, "epochs": 2}, {"embedding": {"n_frequencies": 2, "n_numbers": 1}, "epochs": 2}):
        model = TableModel(**given, **more).fit(table, "kind")
        database = sqlite3.connect(":memory:")
        database.execute("CREATE TABLE data (hour, message)")
        rows = table.select("hour", "message").with_columns(hour=pl.col("hour").fill_nan(None)).rows()
        database.executemany("INSERT INTO data VALUES (?, ?)", rows)
        found = [row[1] for row in database.execute(str(export(model, "sql")))]
        wanted = model.predict(table)["probability_ham"].to_numpy()
        np.testing.assert_allclose(found, wanted, rtol=1e-6)
        database.close()


@pytest.mark.slow
def test_a_text_is_read_to_the_same_length(tmp_path: Path) -> None:
    given = {"hour": 1.0, "message": " " * 30 + "𝓕" * 19_995 + " free entry"}
    wanted = case().model.predict({name: [cell] for name, cell in given.items()}).row(0, named=True)
    code: dict[str, Any] = {}
    exec(str(export(case().model, "python")), code)
    assert code["predict"](given)[1] == pytest.approx([wanted["probability_ham"], wanted["probability_spam"]])
    np.testing.assert_allclose(
        selected("sqlite", [str(given["message"])]),
        [[wanted["probability_ham"], wanted["probability_spam"]]],
        rtol=1e-2,
    )
    if shutil.which("node") is not None:
        export(case().model, "js", tmp_path / "m.mjs")
        (tmp_path / "row.json").write_text(json.dumps(given))
        program = "import {predict} from './m.mjs'; import {readFileSync} from 'fs';"
        program += "console.log(predict(JSON.parse(readFileSync('row.json'))).probabilities[0])"
        (tmp_path / "run.mjs").write_text(program)
        done = subprocess.run(["node", "run.mjs"], cwd=tmp_path, capture_output=True, check=True)
        assert float(done.stdout) == pytest.approx(wanted["probability_ham"])


def test_the_form_of_a_text_stays_as_it_is() -> None:
    for text in (*beside(changing()), *HAM, *SPAM):
        assert plain(plain(text)) == plain(text), ascii(text)


@pytest.mark.slow
def test_onnx_answers_as_here_or_fails_aloud() -> None:
    runtime = needed("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    session = runtime.InferenceSession(export(case().model, "onnx"), options, providers=["CPUExecutionProvider"])

    def asked(texts: list[str]) -> Any:
        given = np.array(texts, dtype=object)[:, np.newaxis]
        return session.run(["probabilities"], {"message": given, "hour": np.full(given.shape, 3.5)})[0]

    def expected(texts: list[str]) -> Any:
        found = case().model.predict({"message": texts, "hour": [3.5] * len(texts)})
        return found.select("probability_ham", "probability_spam").to_numpy()

    letters = [each for each in beside(changing()) if not _acts(each)]
    for start in range(0, len(letters), 4000):
        some = [f"{text} free" for text in letters[start : start + 4000]]
        np.testing.assert_allclose(asked(some), expected(some), rtol=1e-6)
    refused = 0
    texts = [*mixed(300), *(text for text in STRANGE if text and text.strip() == text and not text[0].isdigit())]
    texts = [text for text in texts if text.strip() and text not in ("NA", "-07.")]
    for text, wanted in zip(texts, expected(texts), strict=True):
        try:
            found, said = asked([text])[0], ""
        except Exception as error:
            found, said = wanted, str(error)
        np.testing.assert_allclose(found, wanted, rtol=1e-6, err_msg=ascii(text))
        refused += bool(said)
        assert not said or "message must be in Unicode's form NFKC, without U+0002 and U+0003" in said
        assert not said or _acts(text), ascii(text)
    assert 0 < refused < len(texts) * 0.9
    given = onnx_inputs(case().model, {"message": list(texts), "hour": [3.5] * len(texts)})["message"][:, 0].tolist()
    natural = [text for text in given if not _acts(text)]
    np.testing.assert_allclose(asked(natural), expected(natural), rtol=1e-6)


def _acts(text: str) -> bool:
    """Return whether a text has what may be another character by what stands beside it."""
    known = characters()
    seconds = {b for _, b in known.composed} | {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}
    apart = [code for letter in text for code in map(ord, unicodedata.normalize("NFKD", letter))]
    return any(code in known.classes or code in seconds or chr(code) in "\x02\x03Σ" for code in apart)
