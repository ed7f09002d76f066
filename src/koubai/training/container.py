"""The file format of models and checkpoints: named arrays and plain data, nothing executable.

The file is a safetensors file (https://huggingface.co/docs/safetensors): eight bytes with the length of a JSON header,
the header, then the data of all arrays. The header's ``__metadata__`` holds, as strings, the format's name and version,
the kind of thing stored, koubai's version, the record as JSON, and a SHA-256 digest of everything, so that any flipped
bit is detected. ``docs/model-files.md`` describes the format for other programs.
"""

import contextlib
import hashlib
import json
import math
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple, NoReturn, TypeGuard

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import FileError, ModelFileError, ParameterTypeError
from koubai.core.language import term, worded
from koubai.core.schema import Json, Record
from koubai.training.atomic import replace_file
from koubai.training.plain_data import decode, encode

Tensors = dict[str, Array]

FORMAT = "koubai"
VERSION = 4
"""The newest version of the format; this code reads it and all earlier ones."""

MAX_HEADER = 64 * 2**20
"""Maximum header size in bytes; a header holds names, shapes and the record, usually a few kilobytes."""

MAX_ITEMS = 4_000_000
"""Maximum number of values in a header or a record; each takes some hundred bytes of memory."""

MAX_NUMBERS = 16 * 2**30
"""Maximum number of bytes of array data, read or written; half of the machine's memory if that is less."""

DTYPES: dict[str, np.dtype[np.generic]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U64": np.dtype("<u8"),
    "U32": np.dtype("<u4"),
    "U16": np.dtype("<u2"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
}


class Container(NamedTuple):
    """The content of a file: its kind, the version of koubai and format that wrote it, the record and the arrays."""

    kind: str
    koubai_version: str
    format_version: int
    record: Record
    tensors: Tensors


def write_container(
    path: str | os.PathLike[str],
    kind: str,
    record: Mapping[str, object],
    tensors: Mapping[str, Array],
    version: int = 1,
) -> None:
    """Write a record and named arrays to a file, atomically.

    Parameters
    ----------
    path : path
        The file; an existing one is replaced atomically, or left untouched if anything fails.
    kind : str
        What is stored, such as ``"MLPClassifier"``.
    record : mapping
        Plain data: None, bool, int, float (also infinite or NaN), str, lists, mappings with str keys.
    tensors : mapping of str to array
        Arrays of float64, float32, integers or bool, of any shape.
    version : int
        The oldest version of the format whose readers understand the content.

    Raises
    ------
    FileError
        If the file cannot be written.
    ParameterTypeError
        If the record or a tensor holds anything other than plain data.
    """
    arrays = {name: _plain_array(name, array) for name, array in tensors.items()}
    length = sum(array.nbytes for array in arrays.values())
    if length > most_numbers():
        raise FileError(
            worded(
                "training.error.model_file_hold_at_most",
                most_numbers=f"{most_numbers() / 2**30:.1f}",
                length=f"{length / 2**30:.1f}",
            )
        )
    fields = {
        "format": FORMAT,
        "format_version": str(version),
        "kind": kind,
        "koubai_version": _own_version(),
        "record": json.dumps(encode(dict(record), "record"), ensure_ascii=True, allow_nan=False),
    }
    fields["sha256"] = _digest(fields, arrays)
    replace_file(path, _assemble(fields, arrays))


def read_container(path: str | os.PathLike[str], kind: str | None = None) -> tuple[Record, Tensors]:
    """Read a file written by `write_container`; nothing in it is executed.

    Parameters
    ----------
    path : path
        The file.
    kind : str, optional
        The required kind; any by default.

    Returns
    -------
    record : dict
        The plain data.
    tensors : dict of str to array
        The arrays, as copies.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, truncated, not koubai's, of another kind, or of a newer version.
    """
    found = open_container(path)
    if kind is not None and found.kind != kind:
        raise _fault(os.fspath(path), worded("training.note.holds_but_required", kind=found.kind, kind_2=kind))
    return found.record, found.tensors


def open_container(path: str | os.PathLike[str]) -> Container:
    """Read a file written by `write_container`, including the metadata in its header.

    Raises
    ------
    ModelFileError
        As for `read_container`.
    """
    name = os.fspath(path)
    with _opened(name) as file:
        header = _parse(name, file.read(_header_length(name, file)), worded("training.note.header_damaged"))
        fields = _fields(name, header)
        record = _record(name, fields["record"])
        tensors = _tensors(name, header, file)
    try:
        digest = _digest(fields, tensors)
    except UnicodeEncodeError as error:
        raise _fault(name, worded("training.note.header_damaged")) from error
    if fields["sha256"] != digest:
        raise _fault(name, worded("training.note.content_does_not_match_checksum"))
    return Container(fields["kind"], fields["koubai_version"], int(fields["format_version"]), record, tensors)


def kind_of(path: str | os.PathLike[str]) -> str | None:
    """Return the kind of a file that starts like one from `write_container`, else None.

    The file may still be damaged; if the kind cannot be recognised, it is an empty string.
    """
    try:
        with open(path, "rb") as file:
            beginning = file.read(200)[8:]
    except OSError:
        return None
    found = re.match(
        rf'{{"__metadata__":{{"format":"{FORMAT}"(,"format_version":"\d+","kind":"(\w+)")?'.encode(), beginning
    )
    return None if found is None else (found[2] or b"").decode()


def _assemble(fields: Mapping[str, str], arrays: Mapping[str, Array]) -> bytes:
    """Return the file's bytes: deterministic, with the widest dtypes first so that all arrays are aligned."""
    header: Record = {"__metadata__": dict(fields)}
    names = {dtype: name for name, dtype in DTYPES.items()}
    parts = []
    position = 0
    for name, array in sorted(arrays.items(), key=lambda item: (-item[1].dtype.itemsize, item[0])):
        end = position + array.nbytes
        header[name] = {"dtype": names[array.dtype], "shape": list(array.shape), "data_offsets": [position, end]}
        parts.append(array.tobytes())
        position = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])


@contextlib.contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    """Open a regular file for reading."""
    if "\0" in path:
        raise ModelFileError(worded("training.error.model_file_name_not_contain", path=repr(path)))
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise ModelFileError(worded("training.error.model_file_got_folder_name", path=path))
        if not stat.S_ISREG(status.st_mode):
            raise ModelFileError(worded("training.error.model_regular_file_not_save", path=path))
        with Path(path).open("rb") as file:
            yield file
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelFileError(worded("file.missing_model", path=path)) from error
    except OSError as error:
        reason = (error.strerror or "unknown").lower()
        raise ModelFileError(
            worded("training.error.model_file_readable_got_check", path=path, reason=term(reason))
        ) from error


def check_there(path: str) -> None:
    """Raise ModelFileError unless a path names a file that can be read, whatever is in it."""
    with _opened(path):
        pass


def _header_length(path: str, file: IO[bytes]) -> int:
    """Return the length of the header, after checking it; the file is then positioned at the header."""
    start = file.read(9)
    length = int.from_bytes(start[:8], "little")
    if len(start) < 9 or length > min(MAX_HEADER, _size(file) - 8) or start[8:] != b"{":
        raise _fault(path, worded("training.note.not_koubai_model_truncated"))
    file.seek(8)
    return length


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size


def _fields(path: str, header: object) -> dict[str, str]:
    """Return the header's metadata, after checking that it belongs to a koubai file of a readable version."""
    fields = header.get("__metadata__") if isinstance(header, dict) else None
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise _fault(path, worded("training.note.not_koubai_model"))
    names = ("format", "format_version", "kind", "koubai_version", "record", "sha256")
    if not all(isinstance(fields.get(name), str) for name in names):
        raise _fault(path, worded("training.note.header_damaged"))
    version = fields["format_version"]
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise _fault(path, worded("training.note.header_damaged"))
    if int(version) > VERSION:
        raise ModelFileError(
            worded(
                "training.error.model_file_format_version_older",
                path=path,
                version=VERSION,
                version_2=version,
                fields=fields["koubai_version"][:20],
            )
        )
    return fields


def _record(path: str, text: str) -> Record:
    """Return the record."""
    try:
        record = decode(_parse(path, text.encode(), worded("training.note.record_damaged")))
    except (ValueError, TypeError) as error:
        raise _fault(path, worded("training.note.record_damaged")) from error
    if not isinstance(record, dict):
        raise _fault(path, worded("training.note.record_damaged"))
    return record


def _tensors(path: str, header: Record, file: IO[bytes]) -> Tensors:
    """Return the arrays, whose header entries must tile the rest of the file without gaps.

    All sizes are checked before the first array is allocated.
    """
    entries = [(name, _entry(path, value)) for name, value in header.items() if name != "__metadata__"]
    entries.sort(key=lambda item: item[1][2:])
    position, length = 0, _size(file) - file.tell()
    for _, (dtype, shape, begin, end) in entries:
        if begin != position or end - begin != dtype.itemsize * math.prod(shape):
            raise _fault(path, worded("training.note.size_does_not_fit_header"))
        position = end
    if position != length:
        raise _fault(path, worded("training.note.size_does_not_fit_header"))
    if length > most_numbers():
        raise ModelFileError(
            worded(
                "training.error.model_file_hold_at_most_2",
                path=path,
                most_numbers=f"{most_numbers() / 2**30:.1f}",
                length=f"{length / 2**30:.1f}",
            )
        )
    return {name: _read_array(path, dtype, shape, file) for name, (dtype, shape, _, _) in entries}


def _read_array(path: str, dtype: np.dtype[np.generic], shape: tuple[int, ...], file: IO[bytes]) -> Array:
    array = np.empty(math.prod(shape), dtype)
    if file.readinto(array.view(np.uint8).data) != array.nbytes:  # type: ignore[attr-defined]  # of buffered files
        raise _fault(path, worded("training.note.size_does_not_fit_header"))
    if dtype == np.bool_:  # any byte other than 0 and 1 would be a truth value equal to neither
        array = array.view(np.uint8) != 0
    return array.reshape(shape)


def most_numbers() -> int:
    """Return the maximum number of bytes of arrays in a file: `MAX_NUMBERS`, or half of the machine's memory."""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return min(MAX_NUMBERS, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    return MAX_NUMBERS


def _entry(path: str, value: object) -> tuple[np.dtype[np.generic], tuple[int, ...], int, int]:
    """Return an array's dtype, shape and position from its header entry."""
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        raise _fault(path, worded("training.note.header_damaged"))
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES or not (_are_sizes(shape) and _are_sizes(offsets)):
        raise _fault(path, worded("training.note.header_damaged"))
    if len(shape) > 32 or len(offsets) != 2 or (0 in shape and math.prod(n or 1 for n in shape) >= 2**59):
        raise _fault(path, worded("training.note.header_damaged"))
    return DTYPES[dtype], tuple(shape), offsets[0], offsets[1]


def _are_sizes(values: object) -> TypeGuard[list[int]]:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 2**62 for value in values)


def _parse(path: str, text: bytes, fault: str) -> Record:
    """Parse JSON; reject NaN, duplicate keys, and excessive nesting or length."""
    if sum(map(text.count, (b",", b"[", b"{"))) > MAX_ITEMS:
        raise _fault(path, fault)
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _fault(path, fault) from error


def _unique(pairs: list[tuple[str, Json]]) -> Record:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _fault(path: str, fault: str) -> ModelFileError:
    return ModelFileError(worded("training.error.model_file_cannot_loaded_save", path=path, fault=fault))


def _digest(fields: Mapping[str, str], tensors: Mapping[str, Array]) -> str:
    """Return the SHA-256 of all header fields except the digest, and of every array's name, dtype, shape and bytes."""
    digest = hashlib.sha256()
    plain = {name: value for name, value in fields.items() if name != "sha256"}
    shapes = {name: [array.dtype.str, list(array.shape)] for name, array in tensors.items()}
    digest.update(json.dumps([plain, shapes], sort_keys=True, ensure_ascii=False).encode())
    for name in sorted(tensors):
        digest.update(np.ascontiguousarray(tensors[name]).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _plain_array(name: str, array: Array) -> Array:
    """Return the array in C order and little-endian."""
    value = np.asarray(array, order="C")
    value = value.astype(value.dtype.newbyteorder("<"), copy=False)
    if value.dtype not in DTYPES.values() or name == "__metadata__":
        raise ParameterTypeError(
            f"write_container: tensor {name!r} must hold float64, float32, integers or bool; got {value.dtype}."
        )
    return value


def _own_version() -> str:
    from importlib import metadata  # slow to load, and of no use where a file is only read

    try:
        return metadata.version("koubai")
    except metadata.PackageNotFoundError:
        return "unknown"
