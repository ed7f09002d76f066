"""The messages a client may send, with their parts, checked and bounded in one place."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn, TypeAlias

from koubai.core.errors import ParameterError
from koubai.play.rates import LONGEST
from koubai.play.settings import Check, count, count_or_none, flag, number, one_of, shown

Parts: TypeAlias = dict[str, Any]
"""The parts of a message by name, as its checks in `MESSAGES` leave them: each has a type of its own."""


def _any(value: object, name: str) -> object:
    return value


LAYER, NODE = count(1, 9), count(0, 9999)

MESSAGES: Mapping[str, Mapping[str, tuple[Check[object], object]]] = {
    "settings": {"settings": (_any, {})},
    "run": {"until": (count_or_none(1, 1_000_000), None)},
    "pause": {},
    "reset": {},
    "step": {"unit": (one_of("example", "minibatch", "epoch"), "epoch"), "count": (count(1, 1000), 1)},
    "edit": {
        "layer": (LAYER, 1),
        "source": (NODE, 0),
        "target": (NODE, 0),
        "bias": (flag, False),
        "value": (number(-1e6, 1e6), 0.0),
    },
    "seek": {"position": (count(0, 1_000_000), 0)},
    "branch": {},
    "swap": {},
    "drop": {},
    "explain": {
        "what": (one_of("node", "weight", "bias", "loss", "update", "step"), "node"),
        "layer": (LAYER, 1),
        "source": (NODE, 0),
        "target": (NODE, 0),
        "row": (count(0, 100_000), 0),
        "lang": (one_of("en", "ja"), "en"),
    },
    "starts": {"count": (count(1, 200), 100), "epochs": (count(1, 2000), 200)},
    "instant": {"epochs": (count(1, 5000), 500)},
    "view": {"grid": (count(10, 100), 50), "maps": (flag, True)},
    "ack": {"id": (count(0, 2**53), 0)},
    "download": {"kind": (one_of("model", "python"), "model")},
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
    return kind, {
        name: check(message[name], name) if name in message else default for name, (check, default) in allowed.items()
    }


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)
