"""What the records of the lab offer to people who hold one: show, save, and a rich display in notebooks."""

import os

from koubai.core import entries


class Displayed:
    """Base of records that the views render."""

    __slots__ = ()

    def show(self, lang: str | None = None) -> None:
        """Print the record at the terminal."""
        entries.descent_show(self, lang)

    def save(self, path: str | os.PathLike[str], lang: str | None = None) -> None:
        """Write the record to a file: .png or .svg, .html that plays by itself, or .gif."""
        entries.descent_save(self, path, lang)

    def _repr_html_(self) -> str | None:
        return entries.descent_html(self)

    def _repr_png_(self) -> bytes | None:
        return entries.descent_png(self)
