"""The sources of compiled code, and a digest that changes with them."""

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from koubai import core, optimizers
from koubai.engines.cpu.codes import LAYER_CODES

OWN = ("kernels", "codes.py", "native/emit.py", "native/packing.py", "compilation.py", "parts.py")
OF_CORE = ("activations", "layers", "losses", "logarithms.py", "scalars.py", "randomness.py")
"""Files and folders of the engine and of `koubai.core` from which compiled code is made; all optimizers count as
well."""


def source_files(*more: str) -> Iterator[Path]:
    """Yield the files in order, with ``more`` of the engine's."""
    kinds = Path(optimizers.__path__[0])
    own = (Path(__file__).parent, (*OWN, *more))
    for folder, names in (own, (Path(core.__path__[0]), OF_CORE), (kinds, (".",))):
        for path in (folder / name for name in names):
            yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def can_change() -> bool:
    """Return whether this is a source tree, whose kernels may have changed since a library was built."""
    return (Path(core.__path__[0]).parents[2] / "pyproject.toml").is_file()


@cache
def digest(*more: str) -> str:
    """Return a digest of all sources of compiled code, and of the layers' numbers, which are in the code too.

    Parameters
    ----------
    more
        Further files of the engine, from which only some compiled code is made.
    """
    texts = b"".join(path.read_bytes() for path in source_files(*more))
    return hashlib.sha256(texts + repr(LAYER_CODES).encode()).hexdigest()[:12]
