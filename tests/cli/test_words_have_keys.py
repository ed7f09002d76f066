"""Every sentence that the command line can say is in the catalogues, and none stands in the code."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import koubai
from koubai.core.language import catalogue

ROOT = Path(koubai.__file__).parent
ROOMS = (
    *("cli", "tables", "images", "models", "training", "export/exporting.py", "serve/server.py", "serve/listening.py"),
    *("serve/kinds.py", "estimators/given", "estimators/blocks.py", "estimators/starts.py", "core/checks.py"),
    *("play/exporting.py", "play/classroom", "engines/registry.py", "engines/together.py", "engines/cpu/choice.py"),
)
"""Where what the command line says is written: its errors, notes and results."""
TAKES = re.compile(r"Error$|^(warn|warn_caller|print|say|write|append|said)$")
"""What sentences are given to."""
SENTENCE = re.compile(r"[A-Za-z]{2,}[,;:]? [a-z]{2,}|[A-Za-z]{2,}: [a-z]|[a-z]{2,}\.$")
"""Two words side by side, or an end."""

ONLY_PROGRAMS = {
    "models/as_estimator/base.py": 1,
    "models/as_estimator/classifier.py": 2,
    "models/as_estimator/framed.py": 3,
    "models/as_estimator/kept.py": 2,
    "models/as_estimator/regressor.py": 1,
    "models/files.py": 3,
    "models/kept/kept_network.py": 2,
    "models/kept/pipelines.py": 4,
    "models/kept/table_record.py": 12,
    "models/of_images/image_record.py": 2,
    "estimators/given/architecture.py": 4,
    "estimators/given/by_hand.py": 18,
    "estimators/given/parameters.py": 2,
    "estimators/given/training_choices.py": 2,
    "export/exporting.py": 1,
    "play/classroom/room.py": 4,
    "play/classroom/sockets.py": 1,
    "tables/files/many.py": 1,
    "tables/files/reading.py": 2,
    "tables/meaning/number_formats.py": 1,
    "tables/preparing/dated.py": 1,
    "tables/preparing/numeric.py": 3,
    "tables/preparing/texts/column.py": 1,
    "training/container.py": 3,
    "training/executors.py": 2,
    "training/loop.py": 1,
    "training/plain_data.py": 3,
    "training/population.py": 10,
}
"""How many sentences of a file only programs can come to read, being about what is no option: arrays, classes, records
that files hold, and Python's own errors, which are caught and told in other words."""


def words_of(node: ast.expr) -> str:
    """Return the words of a text, its values left out; nothing of anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "§" for part in node.values)
    if isinstance(node, ast.BinOp):
        return f"{words_of(node.left)} | {words_of(node.right)}"
    if isinstance(node, ast.IfExp):
        return f"{words_of(node.body)} | {words_of(node.orelse)}"
    return ""


def sentences(source: str) -> Iterator[str]:
    """Yield the English sentences that code gives to something that says them."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if not TAKES.search(called) or called in (
            "ArgumentTypeError",
            "ArgumentError",
        ):  # worded by the parser (`parser.ARGPARSE`)
            continue
        given = [*node.args, *(word.value for word in node.keywords if word.arg not in ("who", "typed"))]
        yield from (words for words in map(words_of, given) if SENTENCE.search(words))


def test_sentences_are_found_where_they_are_and_keys_are_none() -> None:
    found = sentences(
        'raise DataError(f"The table {x} must be whole.")\n'
        'raise ParameterError(who="A", parameter="b", required="be > 0" if x else "be one of these", got=repr(x))\n'
        'raise DataError(worded("tables.error.whole", x=x))\nsay(worded("cli.saved"))\nout.print(f"{a}: {b}")\n'
        'warn_caller("Not enough rows.")\n'
    )
    assert sorted(found) == ["Not enough rows.", "The table § must be whole.", "be > 0 | be one of these"]


def test_no_sentence_of_the_command_line_stands_in_the_code() -> None:
    found: Counter[str] = Counter()
    said: dict[str, list[str]] = {}
    for room in ROOMS:
        place = ROOT / room
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            name = path.relative_to(ROOT).as_posix()
            for sentence in sentences(path.read_text(encoding="utf-8")):
                found[name] += 1
                said.setdefault(name, []).append(sentence)
    assert found == ONLY_PROGRAMS, {
        name: lines for name, lines in said.items() if found[name] != ONLY_PROGRAMS.get(name)
    }


OF_ROOMS = "cli|core|file|tables|models|images|training|export|serve|engines|estimators|playground|views"
KEY = re.compile(rf"""["']((?:{OF_ROOMS})\.[^"'\s]+)["']""")
"""A key in the code, or how it begins."""
FOUND_BY_WORD = ("core.term.", "core.layers.", "core.kind.", "cli.error.", "cli.kind.")
"""Texts that are found by what they say in English, or by patterns (`core.language`, `parser.ARGPARSE`)."""


def test_every_key_has_a_text_and_every_text_is_said() -> None:
    whole, begun = set(), set()
    for path in ROOT.rglob("*.py"):
        for key in KEY.findall(path.read_text(encoding="utf-8")):
            (begun if "{" in key or key.endswith(".") else whole).add(key.split("{")[0])
    texts = set(catalogue("en"))
    assert not {key for key in whole - texts if re.search(r"\.(error|note|must|remedy|got)\.", key)}
    ours = {key for key in texts if KEY.fullmatch(f'"{key}"') and not key.startswith(FOUND_BY_WORD)}
    assert not {key for key in ours if key not in whole and not key.startswith(tuple(begun))}, "texts that nothing says"


def test_every_text_is_given_what_it_asks_for_and_no_more() -> None:
    texts, wrong = catalogue("en"), []
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            key = node.args[0]
            is_text = node.func.id in ("worded", "text") and isinstance(key, ast.Constant) and key.value in texts
            if not is_text or any(given.arg is None for given in node.keywords):
                continue
            asked = {name for _, name, _, _ in Formatter().parse(texts[key.value]) if name}
            given = {keyword.arg for keyword in node.keywords} - {"lang"}
            if given != asked:
                wrong.append((path.relative_to(ROOT).as_posix(), node.lineno, key.value, given ^ asked))
    assert wrong == []
