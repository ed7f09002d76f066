"""The users' own tables: taken in bounded, kept in a folder that goes when the server goes."""

import secrets
import tempfile
from pathlib import Path
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse

from koubai.core.errors import DataError, KoubaiError
from koubai.play.data import column_names

MOST_BYTES = 32 * 2**20
MOST_TABLES = 64
ENDINGS = (".csv", ".tsv", ".txt", ".parquet")
"""No compressed text: a small file could grow without end."""


class Tables:
    """Tables by their ids; the oldest goes when there are too many."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="koubai-play-")
        self.paths: dict[str, Path] = {}

    def add(self, path: Path) -> str:
        """Give a table an id, and return it."""
        name = secrets.token_hex(8)
        self.paths[name] = path
        return name

    def keep(self, content: bytes, ending: str) -> str:
        """Write an uploaded table into the folder, and return its id."""
        path = Path(self.folder.name) / f"{secrets.token_hex(8)}{ending}"
        path.write_bytes(content)
        while len(self.paths) >= MOST_TABLES:
            oldest = self.paths.pop(next(iter(self.paths)))
            if oldest.parent == Path(self.folder.name):
                oldest.unlink(missing_ok=True)
        return self.add(path)

    def close(self) -> None:
        """Remove the folder."""
        self.folder.cleanup()


async def take_table(request: Request) -> JSONResponse:
    """Take in one table, and answer with its id and columns, or with one sentence."""
    name = unquote(request.headers.get("x-filename", ""))
    ending = Path(name).suffix.lower()
    if ending not in ENDINGS:
        return _refused(f"A table must be one of {', '.join(ENDINGS)}; got {ending[:20] or 'no ending'}.")
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST_BYTES:
            return _refused(f"A table must have at most {MOST_BYTES // 2**20} MiB; got more. Use koubai fit.", 413)
    tables: Tables = request.app.state.tables
    identity = tables.keep(bytes(content), ".csv" if ending == ".txt" else ending)
    try:
        found = column_names(tables.paths[identity])
        if not found["rows"]:
            raise DataError("A table must have rows; got none.")
    except (KoubaiError, ValueError) as error:
        tables.paths.pop(identity).unlink(missing_ok=True)
        return _refused(str(error).splitlines()[0][:300])
    return JSONResponse({"id": identity, **found})


def _refused(sentence: str, status: int = 400) -> JSONResponse:
    return JSONResponse({"text": sentence}, status)
