"""The page's texts: every key that the modules name exists, and every text of the page is shown somewhere."""

import re
from importlib.resources import files
from pathlib import Path

from koubai.core.language import catalogue

PLAY = files("koubai") / "play"
PUT_TOGETHER = {
    "control": r'(?:field|choices|number|slider|named)\("(\w+)"',
    "help": r'(?:field|choices|number|slider|box|named)\("(\w+)"'
    r'|"(\w+)", (?:slider|unit|instant|fewer|log|thick|ways)\b',
}


def modules():
    return "\n".join(path.read_text(encoding="utf-8") for path in Path(str(PLAY / "static")).rglob("*.js"))


def python():
    return "\n".join(path.read_text(encoding="utf-8") for path in Path(str(PLAY)).rglob("*.py"))


def named_keys():
    """Keys that stand as they are, and the beginnings of those that are put together."""
    whole, begun = set(), set()
    for key, more in re.findall(r"""["'`](play\.[\w.]+)(\$?\{)?""", modules() + python()):
        (begun if more else whole).add(key)
    for name in re.findall(r'card\("(\w+)"', modules()):
        whole.add(f"play.{name}.title")
    for room, pattern in PUT_TOGETHER.items():
        whole |= {
            f"play.{room}.{name}" for found in re.finditer(pattern, modules()) if (name := found[found.lastindex])
        }
    for name in re.findall(r'"(\w+)"', re.search(r"const ASKS = new Set\(\[(.*?)\]", modules())[1]):
        whole.add(f"play.{name}.asks")
    return whole, begun - {"play.", "play.control.", "play.help."}


def test_every_key_that_the_page_names_is_in_the_catalogue():
    whole, begun = named_keys()
    known = set(catalogue("en"))
    assert {key for key in whole if key not in known and not key.endswith(".")} == set()
    assert all(any(key.startswith(start) for key in known) for start in begun)


def test_every_text_of_the_page_is_shown():
    whole, begun = named_keys()
    texts = {key for key in catalogue("en") if key.startswith("play.")}
    assert {key for key in texts if key not in whole and not key.startswith(tuple(begun))} == set()


def test_choices_that_the_page_names_exist_in_the_library():
    from koubai.core.activations import ACTIVATIONS
    from koubai.core.initializers import INITIALIZERS
    from koubai.core.losses import LOSSES
    from koubai.optimizers.registry import OPTIMIZERS
    from koubai.optimizers.schedules import SCHEDULES

    data = {key.removeprefix("play.about.") for key in catalogue("en") if key.startswith("play.about.")}
    known = {*ACTIVATIONS, *INITIALIZERS, *LOSSES, *OPTIMIZERS, *SCHEDULES, *data, "auto", "network", "perceptron"}
    choices = {key.removeprefix("play.choice.") for key in catalogue("en") if key.startswith("play.choice.")}
    assert choices - known == set()
