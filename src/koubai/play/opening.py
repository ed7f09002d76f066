"""The token that a server asks for, and how the browser learns it without the other users of the machine."""

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
"""Where a token of one's own may stand: everybody on a machine can list the arguments of its programs."""

PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}"><title>koubai playground</title></head>
<body><a href="{address}">koubai playground</a></body></html>
"""


def token_of(given: str | None) -> str:
    """Return the token that was chosen, at the command line or in `VARIABLE`, else a random one.

    Raises
    ------
    ParameterError
        If the one that was chosen could be guessed.

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
            f"play: {who} must have {SHORTEST_TOKEN} characters or more, so that it cannot be guessed; "
            f"got {len(chosen)}. Choose a longer one, or leave it out for a random one."
        )
    return chosen


@contextmanager
def browser_at(address: str) -> Iterator[None]:
    """Open an address in the browser by a file that leads there, which is there as long as this lasts.

    The address holds the token. A browser is told what to open by its arguments, which everybody can list; the file
    can be read by its owner alone.
    """
    with tempfile.TemporaryDirectory(prefix="koubai-play-") as folder:  # only its owner may look into it
        path = Path(folder) / "open.html"
        path.touch(mode=0o600)
        path.write_text(PAGE.format(address=html.escape(address)), encoding="utf-8")
        webbrowser.open(path.as_uri())
        yield
