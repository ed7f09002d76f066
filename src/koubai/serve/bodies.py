"""What comes in and what goes out: JSON, CSV and Arrow, within bounds."""

import io
import json
from typing import TYPE_CHECKING, NoReturn

from koubai.core.errors import KoubaiError

if TYPE_CHECKING:
    import polars as pl
    from starlette.requests import Request

JSON, CSV, ARROW = "application/json", "text/csv", "application/vnd.apache.arrow.stream"
TYPES = (JSON, CSV, ARROW)
FORMS = {"html": "text/html", "markdown": "text/markdown", "text": "text/plain"}
"""The forms of a derivation."""


class Refusal(Exception):
    """A request that is answered with an error.

    Parameters
    ----------
    status : int
        The HTTP status.
    said : str
        One sentence.
    """

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status, self.said = status, said


async def body_of(request: "Request", most: int) -> bytes:
    """Return a request's body, which must not exceed this many bytes.

    Raises
    ------
    Refusal
        If it is larger.
    """
    said = f"The body must be at most {most:,} bytes; it is larger. Send fewer rows at a time."
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > most:
        raise Refusal(413, said)
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > most:
            raise Refusal(413, said)
    return bytes(found)


def type_of(request: "Request", types: "tuple[str, ...]" = TYPES) -> str:
    """Return the type of what comes in; JSON if nothing is said. A type such as ``image/*`` stands for all of them."""
    given = request.headers.get("content-type", JSON).split(";")[0].strip().lower()
    if given not in types and f"{given.partition('/')[0]}/*" not in types:
        raise Refusal(415, f"The content type must be one of {', '.join(types)}; got {given[:60]!r}.")
    return given


def wanted_of(request: "Request", given: str) -> str:
    """Return the type of what is to go out: the first that is accepted, else that of what came in."""
    accepted = request.headers.get("accept", "*/*").lower()
    for kind in TYPES:
        if kind in accepted:
            return kind
    return given


def rows_of_json(body: bytes, most_rows: int) -> dict[str, object] | list[dict[str, object]]:
    """Return one row, or several.

    Raises
    ------
    Refusal
        If it is no JSON, or no row.
    """
    try:
        found = json.loads(body, parse_constant=_no_constant)
        if b"\\ud" in body or b"\\uD" in body:
            json.dumps(found, ensure_ascii=False).encode()  # half of a pair of surrogates is no text
    except (ValueError, RecursionError) as error:  # a UnicodeDecodeError is one too
        raise Refusal(400, f"The body must be JSON; {_told(error)}.") from None
    if isinstance(found, dict):
        return found
    if not isinstance(found, list) or not found or not all(isinstance(row, dict) for row in found):
        raise Refusal(
            422, "The body must be an object with the columns of a row, or a list of such objects, one at least."
        )
    if len(found) > most_rows:
        raise Refusal(413, f"There must be at most {most_rows:,} rows; got {len(found):,}. Send fewer at a time.")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is none, write null")


def _told(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:120].rstrip(".")


def table_of(body: bytes, kind: str, most_rows: int) -> "pl.DataFrame":
    """Return a table of CSV or Arrow.

    Raises
    ------
    Refusal
        If it cannot be read as one, or is too long.
    """
    import polars as pl

    try:
        if kind == ARROW:
            found = pl.read_ipc(body) if body.startswith(b"ARROW1") else pl.read_ipc_stream(body)
        else:
            body.decode()
            found = pl.read_csv(body, infer_schema=False, n_rows=most_rows + 1)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        name = "CSV in UTF-8 with a line of column names" if kind == CSV else "an Arrow stream or file"
        raise Refusal(400, f"The body must be {name}; {str(error).splitlines()[0][:120].rstrip('.')}.") from None
    if found.height > most_rows:
        raise Refusal(413, f"There must be at most {most_rows:,} rows; got more. Send fewer at a time.")
    if not found.height:
        raise Refusal(422, "The table must have rows; it has none.")
    return found


def written(table: "pl.DataFrame", kind: str) -> bytes:
    """Return a table as CSV or Arrow."""
    found = io.BytesIO()
    if kind == ARROW:
        table.write_ipc_stream(found)
    else:
        table.write_csv(found)
    return found.getvalue()


def sentence_of(error: KoubaiError) -> str:
    """Return what an error says, in one line."""
    return " ".join(str(error).split())
