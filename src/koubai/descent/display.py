"""The display methods shared by the lab's records: show, save, and rich display in notebooks."""

import os

from koubai.core.entries import entry


class Displayed:
    """Base class of the records that views render."""

    __slots__ = ()

    def show(self, lang: str | None = None) -> None:
        """Print the record to the terminal."""
        entry("descent_show")(self, lang)

    def save(self, path: str | os.PathLike[str], lang: str | None = None) -> None:
        """Write the record to a file: .png, .svg, .gif, or a self-contained .html animation."""
        entry("descent_save")(self, path, lang)

    def _repr_html_(self) -> str | None:
        page: str | None = entry("descent_html")(self)
        return page

    def _repr_png_(self) -> bytes | None:
        picture: bytes | None = entry("descent_png")(self)
        return picture
