"""The display methods shared by the lab's records: show, save, and rich display in notebooks."""

import os

from koubai.core import entries


class Displayed:
    """Base class of the records that views render."""

    __slots__ = ()

    def show(self, lang: str | None = None) -> None:
        """Print the record to the terminal."""
        entries.descent_show(self, lang)

    def save(self, path: str | os.PathLike[str], lang: str | None = None) -> None:
        """Write the record to a file: .png, .svg, .gif, or a self-contained .html animation."""
        entries.descent_save(self, path, lang)

    def _repr_html_(self) -> str | None:
        return entries.descent_html(self)

    def _repr_png_(self) -> bytes | None:
        return entries.descent_png(self)
