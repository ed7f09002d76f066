"""A library of compiled kernels: found, opened, and called by the kinds of a kernel's arguments."""

import json
import os
from collections.abc import Callable, Sequence
from ctypes import CDLL, addressof, byref, c_char, c_char_p, c_double, c_int, c_void_p, string_at
from pathlib import Path
from typing import NamedTuple

from koubai.core.errors import KoubaiError
from koubai.core.untyped import Compiled
from koubai.engines.cpu.native.blas import routines
from koubai.engines.cpu.native.levels import Level, Platform, platform_here
from koubai.engines.cpu.native.packing import packed, writer
from koubai.engines.cpu.sources import can_change, digest

FOLDER = Path(__file__).parent / "libraries"
"""Where a build writes the libraries and the engine looks for them."""
VARIABLE = "KOUBAI_ENGINE_FOLDER"
"""The environment variable that names another folder for both."""
TABLE = "koubai_engine"
"""The library's own description, a text in JSON: the digest of its sources, and its functions."""
VARIABLES = {"sgemm": "koubai_sgemm", "dgemm": "koubai_dgemm"}
"""The library's variables for the addresses of BLAS's routines."""


class Function(NamedTuple):
    """A function of the library: its symbol, the kernel's name, and the key of the arguments that it takes."""

    symbol: str
    entry: str
    key: str


def folder() -> Path:
    """Return the folder of the libraries."""
    return Path(os.environ.get(VARIABLE) or FOLDER)


def installed_file(level: Level) -> Path | None:
    """Return the library for a level that was installed with koubai, whose sources do not change any more.

    Reading all sources to verify the match would take longer than everything else up to the first call.
    """
    if VARIABLE in os.environ or can_change():
        return None
    system = platform_here()
    found = [] if system is None else list(folder().glob(f"engine-{level.name}-*{system.suffix}"))
    return found[0] if len(found) == 1 else None


def file_of(level: Level, system: Platform | None = None) -> Path:
    """Return the file of the library for a level and system (this one) made from the sources as they are now."""
    system = system or platform_here()
    return folder() / f"engine-{level.name}-{digest()}{system.suffix if system else '.none'}"


def put(file: Path, content: bytes) -> Path:
    """Install a built file atomically; remove files made from other sources."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(f"{file.suffix}.{os.getpid()}.tmp")
    temporary.write_bytes(content)
    os.replace(temporary, file)
    stem, _, _ = file.stem.rpartition("-")
    for other in set(file.parent.glob(f"{stem}-*{file.suffix}")) - {file}:
        other.unlink(missing_ok=True)
    return file


class Library:
    """An open library.

    Parameters
    ----------
    level : Level
        For which kind of processor it is.
    path : Path, optional
        Its file, whose name ends in the digest of its sources; by default that of the sources as they are now.

    Raises
    ------
    OSError
        If it cannot be opened, or is not what its name says.
    """

    def __init__(self, level: Level, path: Path | None = None) -> None:
        self.level, self.path = level, path or file_of(level)
        self._library = CDLL(str(self.path))
        try:
            text = string_at(addressof(c_char.in_dll(self._library, TABLE)))
        except ValueError as error:  # no such symbol
            raise OSError(f"no library of koubai: {error}") from error
        table = json.loads(text)
        if table["digest"] != self.path.stem.rpartition("-")[2]:
            raise OSError("made from other sources than its name says")
        functions = (Function(*each) for each in table["functions"])
        self._symbols = {(function.entry, function.key): function.symbol for function in functions}
        self._functions: dict[tuple[str, str], tuple[Callable[..., int], Callable[..., bytes]]] = {}
        self._has_blas = False

    def n_kinds(self, entry: str) -> int:
        """Return for how many kinds of arguments a kernel has been called so far."""
        return sum(name == entry for name, _ in self._functions)

    def function(self, entry: str, key: str) -> tuple[Callable[..., int], Callable[..., bytes]]:
        """Return the C function of a kernel for arguments with this key, and what writes their words.

        It takes the words and the address of a float64 for the result, and returns 0 if all went well. A kernel that
        multiplies large matrices needs BLAS (`lend_blas`).
        """
        found = self._functions.get((entry, key))
        if found is None:
            symbol = self._symbols.get((entry, key))
            if symbol is None:
                raise KoubaiError(
                    f"engine 'cpu': arguments of {entry} must be of kinds that the library has code for; got {key}. "
                    f"Set KOUBAI_ENGINE_CODE=jit, which compiles for any."
                )
            call = self._library[symbol]
            call.argtypes, call.restype = (c_char_p, c_void_p), c_int
            found = self._functions[entry, key] = call, writer(key).pack
        return found

    def lend_blas(self) -> None:
        """Give the library the addresses of SciPy's BLAS, which it keeps."""
        if not self._has_blas:
            for name, address in routines().items():
                c_void_p.in_dll(self._library, VARIABLES[name]).value = address
            self._has_blas = True

    def call(self, entry: str, arguments: Sequence[Compiled]) -> float:
        """Call a kernel; return its result, 0 if it has none."""
        self.lend_blas()
        key, words = packed(tuple(arguments))
        function, write = self.function(entry, key)
        result = c_double()
        check(function(write(*words), byref(result)), entry)
        return result.value


def check(status: int, entry: str) -> None:
    """Raise an error if a kernel reports failure."""
    if status:
        raise KoubaiError(f"engine 'cpu': {entry} must run to its end; got status {status}. Please report this.")
