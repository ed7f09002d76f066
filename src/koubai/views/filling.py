"""Lines of a width in a terminal's cells, of which Chinese and Japanese characters take two."""

from collections.abc import Iterator

from rich.cells import cell_len

NOT_FIRST = frozenset("、。，．・：；？！）」』】〕〉》…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ")
"""Characters that no line begins with in Japanese."""
NOT_LAST = frozenset("（「『【〔〈《")
"""Characters that no line ends with."""


def filled(words: str, width: int) -> Iterator[str]:
    """Yield the lines of a text that is broken at a width, in cells; a word that is wider stays whole.

    Examples
    --------
    >>> list(filled("中が見えるネットワーク（2 層）", 12))
    ['中が見える', 'ネットワーク', '（2 層）']
    """
    line = ""
    for word in breakable(words):
        if cell_len(line) + cell_len(word.rstrip()) > width and line.strip():
            yield line.rstrip()
            line, word = "", word.lstrip()
        line += word
    yield line.rstrip()


def breakable(words: str) -> Iterator[str]:
    """Yield the pieces of a text between which a line may break: words, and single wide characters.

    Examples
    --------
    >>> list(breakable("the 層（l）。"))
    ['the ', '層', '（l）。']
    """
    piece = ""
    for character, after in zip(words, f"{words} "[1:], strict=True):
        piece += character
        wide = cell_len(character) > 1 or cell_len(after) > 1
        if character == " " or (wide and after != " " and after not in NOT_FIRST and character not in NOT_LAST):
            yield piece
            piece = ""
    if piece or not words:
        yield piece
