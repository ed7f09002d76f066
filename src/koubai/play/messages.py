"""The messages a client may send, with their parts, checked and bounded in one place."""

import json
from collections.abc import Mapping
from typing import NoReturn, TypeAlias

from koubai.core.errors import ParameterError
from koubai.core.schema import Record
from koubai.play.checks import Anything, Check, Count, Flag, Many, Maybe, Number, OneOf, read_parts, shown

LONGEST = 256 * 1024
"""Maximum length of a message in characters; two thousand drawn points take about 60,000."""

Message: TypeAlias = dict[str, object]
"""Numbers, texts, lists and objects by name, as JSON has them."""
Parts: TypeAlias = Record
"""The parts of a message by name, as its checks in `MESSAGES` leave them: each has a type of its own."""


MOST_PIXELS = 4096
"""Maximum number of pixels of a picture to be looked at."""
LAYER, NODE = Count(1, 9), Count(0, 9999)

MESSAGES: Mapping[str, Mapping[str, tuple[Check[object], object]]] = {
    "settings": {"settings": (Anything(), {}), "instant": (Flag(), False)},
    "run": {"until": (Maybe(Count(1, 1_000_000)), None)},
    "pause": {},
    "reset": {},
    "step": {
        "unit": (
            OneOf(
                (
                    "example",
                    "minibatch",
                    "epoch",
                )
            ),
            "epoch",
        ),
        "count": (Count(1, 1000), 1),
    },
    "edit": {
        "layer": (LAYER, 1),
        "source": (NODE, 0),
        "target": (NODE, 0),
        "bias": (Flag(), False),
        "value": (Number(-1e6, 1e6), 0.0),
    },
    "seek": {"position": (Count(0, 1_000_000), 0)},
    "branch": {},
    "swap": {"index": (Count(0, 100), 0)},
    "drop": {},
    "explain": {
        "what": (
            OneOf(
                (
                    "node",
                    "weight",
                    "bias",
                    "loss",
                    "update",
                    "step",
                )
            ),
            "node",
        ),
        "layer": (LAYER, 1),
        "source": (NODE, 0),
        "target": (NODE, 0),
        "row": (Count(0, 100_000), 0),
        "lang": (
            OneOf(
                (
                    "en",
                    "ja",
                )
            ),
            "en",
        ),
    },
    "starts": {"count": (Count(1, 200), 100), "epochs": (Count(1, 2000), 200)},
    "stop_starts": {},
    "instant": {"epochs": (Count(1, 5000), 500)},
    "look": {
        "row": (Count(0, 100_000), 0),
        "pixels": (Maybe(Many(Number(0, 1), MOST_PIXELS)), None),
        "target": (Maybe(Count(0, 999)), None),
    },
    "view": {"grid": (Count(10, 100), 50), "maps": (Flag(), True)},
    "ack": {"id": (Count(0, 2**53), 0)},
    "restore": {"document": (Anything(), {})},
    "download": {
        "kind": (
            OneOf(
                (
                    "model",
                    "python",
                )
            ),
            "model",
        )
    },
}
"""Each kind of message: its parts, each with a check and a default."""


def parse(text: str) -> tuple[str, Parts]:
    """Parse a message and return its kind and its checked parts.

    Raises
    ------
    ParameterError
        If it is not a message, or a part is invalid.

    Examples
    --------
    >>> parse('{"type": "step", "unit": "example"}')
    ('step', {'unit': 'example', 'count': 1})
    """
    if len(text) > LONGEST:
        raise ParameterError(f"playground: a message must have at most {LONGEST} characters; got {len(text)}.")
    try:
        message = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ParameterError("playground: a message must be JSON; got something else. Reload the page.") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ParameterError("playground: a message must be an object with a type; got something else.")
    kind = message.pop("type")
    if kind not in MESSAGES:
        raise ParameterError(f"playground: type must be one of {', '.join(MESSAGES)}; got {shown(kind)}.")
    allowed = MESSAGES[kind]
    for name in message:
        if name not in allowed:
            raise ParameterError(f"playground: {kind} has no part {shown(name)}; it may have {', '.join(allowed)}.")
    return kind, read_parts(message, allowed)


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)
