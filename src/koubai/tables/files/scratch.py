"""Temporary files without names."""

import tempfile
from pathlib import Path
from weakref import finalize

from koubai.training.store import scratch_folder


class ScratchFile:
    """A temporary file without a name: it is deleted with the object, or with the process however it ends."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile(prefix="koubai-", dir=scratch_folder())  # noqa: SIM115  # kept
        finalize(self, self.file.close)

    @property
    def path(self) -> Path:
        """The path by which it can be reopened; on systems without such paths, the file does have a name."""
        by_number = Path(f"/dev/fd/{self.file.fileno()}")
        return by_number if by_number.parent.is_dir() else Path(str(self.file.name))
