"""Detection of text encodings from bytes, by strict decoding and the plausibility of the result.

A byte order mark decides. Bytes that are entirely valid UTF-8 are UTF-8, as other texts hardly ever are by chance.
UTF-16 is recognised by its zero bytes, ISO-2022-JP by its escape sequences. The remaining Japanese and Western European
encodings are judged by how common their characters are in texts of those languages.
"""

import codecs
import re
from typing import NamedTuple

from koubai.core.errors import ParameterError
from koubai.core.language import worded

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 (little-endian)",
    "utf-16-be": "UTF-16 (big-endian)",
    "utf-32": "UTF-32",
    "iso2022_jp": "ISO-2022-JP",
    "euc_jp": "EUC-JP",
    "cp932": "cp932 (Shift-JIS)",
    "cp1252": worded("tables.note.cp_western_european"),
}
MOST_JUDGED = 2**16
"""Maximum number of bytes of lines with special characters to judge."""
PLAUSIBLE = 0.5
"""Minimum average plausibility, out of 1, for an encoding to be accepted."""


class Encoding(NamedTuple):
    """A codec by Python's name, and whether it is plausible enough to use without asking."""

    codec: str
    is_sure: bool

    @property
    def name(self) -> str:
        """The common name."""
        return NAMES.get(self.codec, self.codec)


def check_encoding(encoding: str) -> None:
    """Raise ParameterError unless Python knows an encoding of texts by this name."""
    try:
        b"  ".decode(encoding)
    except UnicodeError:
        return  # an encoding, in which two blanks are no text
    except (LookupError, ValueError) as error:
        raise ParameterError(
            parameter="encoding",
            required=worded("core.must.python_knows"),
            got=repr(encoding),
            remedy=worded("core.remedy.try_utf"),
        ) from error


def recognised(content: bytes) -> Encoding:
    r"""Return the encoding of a text, judging by its beginning.

    Parameters
    ----------
    content : bytes
        The text, or the beginning of it.

    Examples
    --------
    >>> recognised("名前,年齢\nあき,3\n".encode("euc_jp")).name
    'EUC-JP'
    """
    for mark, codec in MARKS:
        if content.startswith(mark):
            return Encoding(codec, True)
    if zeros := _of_zero_bytes(content):
        return Encoding(zeros, True)
    if is_decodable(content, "utf-8"):
        return Encoding("iso2022_jp" if _is_iso_2022_jp(content) else "utf-8", True)
    judged = _special_lines(content)
    plausible = {
        codec: score(_decoded(judged, codec))
        for codec, score in (("euc_jp", _japanese), ("cp932", _japanese), ("cp1252", _western))
        if is_decodable(judged, codec) and is_decodable(content, codec)
    }
    if not plausible:
        return Encoding("cp1252", False)
    best = max(plausible, key=plausible.__getitem__)
    return Encoding(best, plausible[best] >= PLAUSIBLE)


def is_decodable(content: bytes, codec: str) -> bool:
    """Tell whether bytes, which may end within a character, are a text in an encoding."""
    try:
        _decoded(content, codec)
    except UnicodeError:
        return False
    return True


def _decoded(content: bytes, codec: str) -> str:
    """Return the text that bytes hold, without the beginning of a character at their end."""
    return codecs.getincrementaldecoder(codec)("strict").decode(content)


def _of_zero_bytes(content: bytes) -> str | None:
    """Return which UTF-16 without a mark it is, if it is one: ends of lines and separators then have a zero byte."""
    begin = content[: MOST_JUDGED // 2 * 2]
    begin = begin[: len(begin) // 2 * 2]
    for codec, zeros in (("utf-16-le", begin[1::2]), ("utf-16-be", begin[::2])):
        if zeros.count(0) < max(2, len(zeros) // 50) or not is_decodable(begin, codec):
            continue
        text = _decoded(begin, codec)
        strange = sum(c < " " and c not in "\t\r\n" for c in text)
        if not strange and ("\n" in text or "\r" in text):
            return codec
    return None


def _is_iso_2022_jp(content: bytes) -> bool:
    return (b"\x1b$B" in content or b"\x1b$@" in content) and is_decodable(content, "iso2022_jp")


def _special_lines(content: bytes) -> bytes:
    """Return the first lines that hold bytes beyond ASCII, whole ones."""
    whole = content[: content.rfind(b"\n") + 1] or content
    lines, size = [], 0
    for line in whole.split(b"\n"):
        if not line.isascii():
            lines.append(line)
            size += len(line) + 1
            if size > MOST_JUDGED:
                break
    return b"\n".join(lines)


def _japanese(text: str) -> float:
    """Return how plausible the characters beyond ASCII are in Japanese: kana and common kanji are, others hardly."""
    special = [character for character in text if ord(character) > 127]
    return sum(map(_of_japanese, special)) / max(1, len(special))


def _of_japanese(character: str) -> float:
    if "\u3041" <= character <= "\u30ff" or character in "、。「」・（）：％℃㎜㎡㈱①②③④⑤々〇～－":
        return 1.0
    if "\uff10" <= character <= "\uff5a":  # wide digits and letters
        return 0.9
    if "\uff61" <= character <= "\uff9f":  # half-width kana, which other encodings' bytes often look like
        return 0.3
    if "\u4e00" <= character <= "\u9fff":
        try:
            return 0.9 if character.encode("euc_jp")[0] <= 0xCF else 0.3  # the first level: the 2,965 common ones
        except UnicodeEncodeError:
            return 0.1
    return 0.2


WESTERN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýßœÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒšžŠŽ")
_PAIR = re.compile("(?<=[A-Za-z])[äéèëïöüß]{2}(?=[A-Za-z])")
"""Two letters that stand side by side within words, as in Größe and créé."""
SIGNS = frozenset("°€£§«»’‘“”–…²³µ½·×±ºª¿¡\u00a0")


def _western(text: str) -> float:
    """Return how plausible the characters beyond ASCII are in Western Europe: letters among plain letters, signs."""
    if not text:
        return 0.0
    total = n = 0.0
    pairs = {found.start() + i for found in _PAIR.finditer(text) for i in (0, 1)}
    for place, (before, character, after) in enumerate(zip(" " + text[:-1], text, text[1:] + " ", strict=True)):
        if ord(character) < 128:
            continue
        n += 1
        alone = before < "\x80" and after < "\x80"
        among_letters = (before + after).isalpha() or before.isalpha() or after.isalpha()
        if character in WESTERN:
            total += 1.0 if alone and among_letters else 0.6 if alone or place in pairs else 0.25
        elif character in SIGNS:
            total += 0.8 if alone else 0.25
    return total / max(1.0, n)
