"""All that the page needs to derive a number of its own network without Python, as plain data."""

import re
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from koubai.core.activations import ACTIVATIONS
from koubai.core.language import LANGUAGES
from koubai.core.language import catalogue as texts_of
from koubai.core.losses import LOSSES, get_loss
from koubai.core.schema import Record
from koubai.explain.derivations import Text
from koubai.explain.network.asking import Ask
from koubai.explain.network.passes import backward
from koubai.play.derived.learning import record_of_learning
from koubai.play.derived.plain import Marks
from koubai.play.derived.recorded import DEPTH, LAST, NODE, WIDTH, book, of_activation, of_layers, of_loss, recorded
from koubai.play.derived.rules import record_of_rules

KEY = re.compile(r'"((?:explain|play\.choice)\.[\w.]+)"')


@cache
def derivations() -> Record:
    """Return the steps of every activation, loss and optimizer with their texts; the page fills in the numbers.

    Examples
    --------
    >>> derivations()["records"]["activations"]["tanh"]["z"]["symbols"]
    ['f', 'tanh', ['q', ['s', 'u', ['$i'], '$l'], None]]
    """
    records = {
        "layers": of_layers(),
        "activations": {name: of_activation(name) for name in ACTIVATIONS if name != "softmax"},
        "losses": {name: of_loss(get_loss(name), kind.output) for name, kind in LOSSES.items()},
        "fused": _fused(),
        "notation": _notation(),
        "learning": record_of_learning(),
        **record_of_rules(),
    }
    keys = sorted({*_keys(records), *_keys_of_page()})
    return {
        "records": records,
        "texts": {lang: {key: texts_of(lang)[key] for key in keys} for lang in LANGUAGES},
    }


def _fused() -> Record:
    """Return for each loss the output activation behind which δ is simply z - y, with that step."""
    found = {}
    for name, kind in LOSSES.items():
        output = kind.output if kind.fused is None else kind.fused.name
        step = recorded(book(output, name), LAST, "delta", DEPTH, NODE)
        if step["heading"][1] == "explain.step.delta_fused":
            found[name] = {"activation": output, "delta": step}
    return found


def _notation() -> Any:
    """Return what a derivation says of its symbols."""
    found = book("softmax", "cross_entropy")
    y = found.trace.targets[0]
    asked = backward(found.network, found.theta, np.full(WIDTH, 0.5), y, ask=Ask.weight(DEPTH, 1, 1))
    texts = [block for block in asked.sections[0].blocks if isinstance(block, Text)]
    return Marks().text(next(text for text in texts if text.key == "explain.text.notation"))


def _keys(part: object) -> set[str]:
    """Return the keys of all texts in plain data."""
    if isinstance(part, dict):
        return set().union(*map(_keys, part.values()))
    if not isinstance(part, list):
        return set()
    own = {part[1]} if part[:1] == ["t"] else set()
    return own.union(*map(_keys, part))


def _keys_of_page() -> set[str]:
    """Return the keys that the page's own modules say, and those of names that follow from a kind's."""
    folder = files("koubai") / "play" / "static" / "derivations"
    sources = (each.read_text(encoding="utf-8") for each in folder.iterdir() if each.name.endswith(".js"))
    return {key for source in sources for key in KEY.findall(source)}
