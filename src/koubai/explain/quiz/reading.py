"""Answers as people write them: full-width digits, mixed numbers, ``1行1列``, LaTeX's fractions, a name before =."""

import re
import unicodedata
from fractions import Fraction

from koubai.core.formulas.values import Value, parse_number

CLASH = "×"
"""The answer for an expression without a shape."""
LETTERS = "ABCDEFGH"
"""The letters of choices."""

MINUS = str.maketrans(dict.fromkeys("−‐‑–—―", "-") | {"⁄": "/", "÷": "/"})
LONG_VOWEL = re.compile(r"(?<![ァ-ヶ])ー(?=\s*[\d.])")
"""The sign of a long vowel before a number, which Japanese keyboards give for a minus."""
VULGAR = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅞])")
"""Between a digit and a fraction in one character, as in 3½, which would become 31/2."""
FRAC = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
NAMED = re.compile(r"^[^=＝≈]{1,24}[=＝≈]")
MIXED = re.compile(r"([+-]?)\s*(\d+)\s+(\d+/\d+)")
ROWS_COLUMNS = re.compile(r"(\w+)\s*行\s*(\w+)\s*列")
NO_SHAPE = re.compile(
    r"[x×]|none|clash|no|-|undefined|impossible|.*(?:not (?:defined|possible)|cannot|can't).*"
    r"|.*(?:なし|ない|不可|ません|不能|未定義).*",
    re.IGNORECASE,
)
SCALARS = ("1", "scalar", "a scalar", "スカラー", "数")
KANA = {"ア": "A", "イ": "B", "ウ": "C", "エ": "D", "オ": "E", "カ": "F"}


def _plain(text: str) -> str:
    """Return a text with its characters unified, without brackets around it and without a name before =."""
    unified = unicodedata.normalize("NFKC", VULGAR.sub(" ", text)).translate(MINUS)
    unified = FRAC.sub(r"\1/\2", LONG_VOWEL.sub("-", unified)).replace("$", " ").replace("\\", " ")
    unified = NAMED.sub("", unified.strip()).strip()
    return unified.rstrip("。.").strip("()[]{}「」").strip()


def read_numbers(text: str, count: int) -> tuple[Value, ...] | None:
    """Return ``count`` numbers as written, or None unless the text is exactly that many numbers.

    Examples
    --------
    >>> read_numbers("３　／　１６", 1), read_numbers("-3 5/32", 1)
    ((Fraction(3, 16),), (Fraction(-101, 32),))
    >>> read_numbers("w = (1/2, 0 , −1)", 3)
    (Fraction(1, 2), Fraction(0, 1), Fraction(-1, 1))
    """
    cleaned = re.sub(r"\s*/\s*", "/", _plain(text))
    pieces = [piece.strip() for piece in re.split(r"[,;、]", cleaned) if piece.strip()]
    if len(pieces) == 1 and count > 1:
        pieces = pieces[0].split()
    numbers = [_number(piece) for piece in pieces]
    found = tuple(number for number in numbers if number is not None)
    return found if len(found) == len(numbers) == count else None


def _number(piece: str) -> Value | None:
    mixed = MIXED.fullmatch(piece)
    if mixed:
        sign, whole, rest = mixed.groups()
        part = parse_number(rest)
        if not isinstance(part, Fraction) or part >= 1:
            return None
        return (-1 if sign == "-" else 1) * (int(whole[:60]) + part)
    signed = re.sub(r"^([+-])\s+", r"\1", piece)
    return None if " " in signed else parse_number(signed)


def read_shape(text: str) -> str | None:
    """Return a shape as ``rows×columns``, `CLASH` if the answer is that there is none, or None.

    Examples
    --------
    >>> read_shape("1行1列"), read_shape("k x 1"), read_shape("計算できない"), read_shape("スカラー")
    ('1×1', 'k×1', '×', '1×1')
    """
    cleaned = re.sub(r"(行列|matrix)$", "", _plain(text)).strip()
    if cleaned.lower() in SCALARS:
        return "1×1"
    if not cleaned and "×" in text:
        return CLASH
    named = ROWS_COLUMNS.fullmatch(cleaned)
    if named:
        return "×".join(named.groups())
    if NO_SHAPE.fullmatch(cleaned):
        return CLASH
    sizes = re.split(r"\s*(?:[x×*,、]|-?\bby\b-?|かける)\s*", cleaned)
    return "×".join(sizes) if len(sizes) == 2 and all(re.fullmatch(r"\w+", size) for size in sizes) else None


def read_choice(text: str, count: int) -> str | None:
    """Return the letter of a choice: written as a letter, as a number from 1, or as ア, イ, ….

    Examples
    --------
    >>> read_choice("ｂ", 4), read_choice("(3)", 4), read_choice("エ", 4), read_choice("E", 4)
    ('B', 'C', 'D', None)
    """
    cleaned = _plain(text).upper().rstrip(".)")
    letter = KANA.get(cleaned, cleaned)
    if re.fullmatch("[1-9]", letter):
        letter = LETTERS[int(letter) - 1 : int(letter)]
    return letter if len(letter) == 1 and letter in LETTERS[:count] else None
