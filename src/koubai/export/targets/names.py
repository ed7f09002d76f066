"""What code calls columns that are called anything: names that it can have, and remarks that end where they should."""

import re
from collections.abc import Collection


def on_a_line(text: str) -> str:
    """Return a text for a remark, on one line: a line's end, or a character that no one sees, would end the remark.

    Examples
    --------
    >>> on_a_line("width" + chr(10) + "in cm" + chr(0x2028))
    'width in cm'
    """
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


class Names:
    """Gives each text a name of letters, digits and underscores, always the same and no two the same.

    Parameters
    ----------
    taken : collection of str
        Names that mean something else.

    Examples
    --------
    >>> names = Names(["int"])
    >>> names["bill length (mm)"], names["int"], names["年齢"], names["体重"], names["bill length (mm)"]
    ('bill_length_mm', 'int_2', 'x', 'x_2', 'bill_length_mm')
    """

    def __init__(self, taken: Collection[str] = ()) -> None:
        self._used = set(taken)
        self._found: dict[str, str] = {}

    def __getitem__(self, text: str) -> str:
        if text not in self._found:
            plain = re.sub(r"[^0-9A-Za-z]+", "_", text).strip("_")
            plain = plain if plain[:1].isalpha() else f"x_{plain}".rstrip("_")
            name, count = plain, 1
            while name in self._used:
                count += 1
                name = f"{plain}_{count}"
            self._used.add(name)
            self._found[text] = name
        return self._found[text]
