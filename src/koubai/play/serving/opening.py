"""The server's token, and how the browser receives it without other users of the machine seeing it."""

import html
import os
import secrets
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from koubai.core.errors import ParameterError

SHORTEST_TOKEN = 8
VARIABLE = "KOUBAI_TOKEN"
"""Environment variable for a token of one's own; command-line arguments are visible to all users of a machine."""

PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}"><title>koubai playground</title></head>
<body><a href="{address}">koubai playground</a></body></html>
"""


def token_of(given: str | None) -> str:
    """Return the token given on the command line or in `VARIABLE`, else a random one.

    Raises
    ------
    ParameterError
        If the given token is short enough to guess.

    Examples
    --------
    >>> token_of("classroom")
    'classroom'
    >>> len(token_of(None)), token_of(None) == token_of(None)
    (32, False)
    """
    who, chosen = "--token", given
    if given is None:
        who, chosen = VARIABLE, os.environ.get(VARIABLE)
    if chosen is None:
        return secrets.token_urlsafe(24)
    if len(chosen) < SHORTEST_TOKEN:
        raise ParameterError(
            f"play: {who} must have at least {SHORTEST_TOKEN} characters, so that it cannot be guessed; got "
            f"{len(chosen)}. Choose a longer one, or omit it for a random one."
        )
    return chosen


@contextmanager
def browser_at(address: str) -> Iterator[None]:
    """Open an address in the browser through a redirecting file, which exists while the block runs.

    The address contains the token. A browser gets its address as an argument, which all users can see; the file is
    readable only by its owner.
    """
    with tempfile.TemporaryDirectory(prefix="koubai-play-") as folder:  # accessible only to its owner
        path = Path(folder) / "open.html"
        path.touch(mode=0o600)
        path.write_text(PAGE.format(address=html.escape(address)), encoding="utf-8")
        webbrowser.open(path.as_uri())
        yield
