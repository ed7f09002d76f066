"""What only Python can do for a page that trains: prepare a table's rows, derive a number, write a model file."""

import base64
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from koubai.core.errors import KoubaiError
from koubai.core.schema import Record
from koubai.play.checks import read_parts
from koubai.play.messages import MESSAGES
from koubai.play.runs.data import Source
from koubai.play.runs.document import document
from koubai.play.runs.explaining import explanation
from koubai.play.runs.keeping import model_file
from koubai.play.runs.rows import rows_of
from koubai.play.settings import Settings

TablesById = Mapping[str, Path | Source]

log = logging.getLogger("koubai.play")


def rows(asked: Record, tables: TablesById) -> Record:
    """Return the rows that settings ask for."""
    return rows_of(Settings().changed(asked), tables)


def explain(asked: Record, tables: TablesById) -> Record:
    """Return the title and the HTML of a derivation of the run's numbers."""
    allowed = MESSAGES["explain"]
    parts = read_parts({name: part for name, part in asked.items() if name in allowed}, allowed)
    return explanation(document(asked, tables), parts)


def keep(asked: Record, tables: TablesById) -> Record:
    """Return the run's network as a model file, in base64."""
    run = document(asked, tables)
    return {"base64": base64.b64encode(model_file(run.experiment, run.moment)).decode()}


ANSWERS: Mapping[str, Callable[[Record, TablesById], Record]] = {"rows": rows, "explain": explain, "keep": keep}
"""What answers each kind of question."""


def answered(kind: str, asked: bytes, tables: TablesById) -> tuple[int, Record]:
    """Return a status, and the answer to a question in JSON or ``{"text": sentence}``."""
    try:
        found = json.loads(asked, parse_constant=_refuse)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return 400, {"text": "A question must be a JSON object of finite numbers; got something else. Reload the page."}
    return reply(kind, found, tables)


def reply(kind: str, asked: Record, tables: TablesById) -> tuple[int, Record]:
    """Return a status, and the answer or ``{"text": sentence}``."""
    try:
        return 200, ANSWERS[kind](asked, tables)
    except KoubaiError as error:
        return 400, {"text": str(error).removeprefix("playground: ")}
    except ValueError as error:  # scikit-learn's and polars' complaints about a table
        return 400, {"text": (str(error) or type(error).__name__).splitlines()[0][:300]}
    except Exception as error:
        log.exception("koubai play: a question could not be answered")
        return 500, {"text": f"Python could not do this ({type(error).__name__}); try something else, or reset."}


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"A number must be finite; got {word}.")
