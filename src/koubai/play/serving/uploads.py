"""The users' own tables: uploaded within limits, and kept in a folder that is removed when the server ends."""

import asyncio
import re
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from koubai.core.errors import DataError, KoubaiError
from koubai.core.language import worded
from koubai.play.datasets import GIVEN_IMAGES
from koubai.play.serving.measuring import measured

if TYPE_CHECKING:
    from koubai.play.of_images.sets import ImageSet

MOST_BYTES = 32 * 2**20
MOST_TABLES = 64
MOST_ROWS, MOST_COLUMNS = 20_000, 1000
"""Maximum size of a table: the playground is for exploring, `koubai fit` for training."""
FIRST_LINES = 20
"""Number of non-blank lines in which to look for the column names."""
MOST_AT_ONCE = 8
"""Maximum number of simultaneous uploads."""
SILENCE = 20.0
"""Seconds within which more of a table must arrive."""
PATIENCE = 10.0
"""Seconds during which the rest of a refused table is read and discarded, so that its sender sees the answer."""
ENDINGS = (".csv", ".tsv", ".txt", ".parquet")
"""Accepted file types. No compressed text, since a small file could expand without limit."""
LINE_END = re.compile(rb"\r\n|\r|\n")
PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")


class OfImages(Protocol):
    """Where images of the user's own come from."""

    @property
    def images(self) -> "ImageSet":
        """The images."""
        ...


class Tables:
    """Tables by id; when there are too many, the oldest upload is removed.

    Images of the user's own, which no page uploads, lie beside them under the name of their data set.
    """

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="koubai-play-")
        self.paths: dict[str, Any] = {}
        self.images: ImageSet | None = None
        self.coming = 0

    def add(self, path: Path) -> str:
        """Give a table an id, and return it."""
        name = secrets.token_hex(8)
        self.paths[name] = path
        return name

    def take_images(self, source: OfImages) -> None:
        """Keep the images that the playground is opened with."""
        self.paths[GIVEN_IMAGES], self.images = source, source.images

    def place(self, ending: str) -> Path:
        """Return the path for an uploaded table."""
        return Path(self.folder.name) / f"{secrets.token_hex(8)}{ending}"

    def keep(self, path: Path) -> str:
        """Give an uploaded table an id, and return it."""
        folder = Path(self.folder.name)
        own = [(name, kept) for name, kept in self.paths.items() if isinstance(kept, Path) and kept.parent == folder]
        for name, kept in own[: max(0, len(own) + 1 - MOST_TABLES)]:
            del self.paths[name]
            kept.unlink(missing_ok=True)
        return self.add(path)

    def close(self) -> None:
        """Remove the folder."""
        self.folder.cleanup()


class Refused(Exception):
    """A refused upload: the reason in one sentence, and the status."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence, self.status = sentence, status


async def take_table(request: Request) -> Any:
    """Receive a table, and answer with its id and columns, or with one sentence."""
    tables: Tables = request.app.state.tables
    stream = request.stream()
    try:
        if tables.coming >= MOST_AT_ONCE:
            raise Refused(f"At most {MOST_AT_ONCE} uploads may run at once; this one is too many. Try again.", 503)
        tables.coming += 1
        try:
            path = await _written(request, stream, tables)
            loop = asyncio.get_running_loop()
            return JSONResponse(await loop.run_in_executor(request.app.state.readers, _looked_at, tables, path))
        finally:
            tables.coming -= 1
    except Refused as error:
        return _Early(JSONResponse({"text": error.sentence}, error.status), stream)
    except ClientDisconnect:
        return JSONResponse({"text": "The upload was interrupted before the table was complete. Try again."}, 400)


async def _written(request: Request, stream: AsyncIterator[bytes], tables: Tables) -> Path:
    """Write incoming data to a file as it arrives, and return the path."""
    ending = Path(unquote(request.headers.get("x-filename", ""))[-300:]).suffix.lower()
    if ending not in ENDINGS:
        raise Refused(f"A table must be one of {', '.join(ENDINGS)}; got {ending[:20] or 'no extension'}. Convert it.")
    too_much = Refused(f"A table must be at most {MOST_BYTES // 2**20} MiB; it is larger. Use koubai fit.", 413)
    said = request.headers.get("content-length", "0")
    if said.isdecimal() and int(said) > MOST_BYTES:
        raise too_much
    path, size = tables.place(".csv" if ending == ".txt" else ending), 0
    loop = asyncio.get_running_loop()
    try:
        with path.open("wb") as file:
            async with asyncio.timeout(SILENCE) as end:
                async for part in stream:
                    end.reschedule(loop.time() + SILENCE)
                    size += len(part)
                    if size > MOST_BYTES:
                        raise too_much
                    file.write(part)
    except TimeoutError:
        path.unlink(missing_ok=True)
        raise Refused(f"An upload must not stall; nothing arrived for {SILENCE:g} seconds. Try again.", 408) from None
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _looked_at(tables: Tables, path: Path) -> dict[str, object]:
    """Return the id, columns and number of rows of a usable table; remove any other."""
    try:
        check_beginning(path)
        found = measured(path, MOST_ROWS, MOST_COLUMNS)
        return {"id": tables.keep(path), **found}
    except Exception as error:
        path.unlink(missing_ok=True)
        if not isinstance(error, KoubaiError | ValueError):
            raise Refused("A table must be readable by polars; this one is not. Save it as CSV in UTF-8.") from error
        sentence = str(error).splitlines()[0].replace(str(path), "of yours").replace("'of yours'", "of yours")
        raise Refused(sentence[:300]) from error


def check_beginning(path: Path) -> None:
    """Reject a file early, in at most linear time, if its beginning shows that it is not a suitable table.

    Raises
    ------
    DataError
        If the file is compressed, or one of its first lines has too many columns.
    """
    if path.suffix == ".parquet":
        return
    content = path.read_bytes()
    if content.startswith(PACKED):
        raise DataError(worded("playground.error.table_plain_text_got_compressed"))
    first = LINE_END.split(content.removeprefix(b"\xef\xbb\xbf").lstrip(), FIRST_LINES)[:FIRST_LINES]
    if max(line.count(mark) for line in first for mark in (b",", b";", b"\t", b"|")) >= MOST_COLUMNS:
        raise DataError(worded("playground.error.table_have_at_most_columns", most_columns=MOST_COLUMNS))


class _Early:
    """A response that is sent before the whole request has been read; the rest is discarded for a while.

    If the server closed the connection at once, the sender would see a broken connection instead of the answer.
    """

    def __init__(self, answer: JSONResponse, rest: AsyncIterator[bytes]) -> None:
        self.answer, self.rest = answer, rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [*self.answer.raw_headers, (b"connection", b"close")]
        await send({"type": "http.response.start", "status": self.answer.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": self.answer.body, "more_body": True})
        with suppress(TimeoutError, ClientDisconnect, RuntimeError):
            async with asyncio.timeout(PATIENCE):
                async for _ in self.rest:
                    pass
        await send({"type": "http.response.body", "body": b"", "more_body": False})
