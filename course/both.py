"""What stands in a section's source in both languages; ``scripts/build-course`` puts the one of the notebook there."""

import os


def both(en: str, ja: str) -> str:
    """Return the text of the language that KOUBAI_LANG names, so that a section's source runs as a script too."""
    return ja if os.environ.get("KOUBAI_LANG") == "ja" else en
