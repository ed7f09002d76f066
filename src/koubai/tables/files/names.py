"""Normalisation of column names, the same for files and data frames."""

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence

from koubai.core.language import worded


def column_name(raw: object) -> str:
    """Return a column's name as koubai has it: a text without blanks around it, empty for anything that is not a name.

    The parts of a name of several levels are joined. A name that polars would take for a pattern, ``*`` or ``^…$``,
    is put in brackets.

    Examples
    --------
    >>> column_name(" height "), column_name(7), column_name(("size", "cm")), column_name("*"), column_name(None)
    ('height', '7', 'size_cm', '(*)', '')
    """
    if isinstance(raw, tuple):
        return column_name("_".join(part for part in map(column_name, raw) if part))
    if raw is None or raw != raw:  # NaN alone differs from itself
        return ""
    name = str(raw).strip()
    is_pattern = name == "*" or (name.startswith("^") and name.endswith("$"))
    return f"({name})" if is_pattern else name


def column_names(wanted: Iterable[object]) -> tuple[str, ...]:
    """Return names that somebody asks for as columns are named; a single text is one name."""
    return tuple(map(column_name, [wanted] if isinstance(wanted, str) else wanted))


def as_option(*names: str) -> str:
    """Return names, or cells, as they are given to an option that takes a list of them, ready for a shell.

    Examples
    --------
    >>> print(as_option("age", "n.v."), as_option("#DIV/0!"), as_option("income, net"))
    age,n.v. '#DIV/0!' '"income, net"'
    """
    listed = ",".join('"' + name.replace('"', '""') + '"' if re.search('[,"]', name) else name for name in names)
    return listed if re.fullmatch(r"[\w@%+=:,./-]+", listed) else shlex.quote(listed)


def unique_names(raw: Sequence[object]) -> tuple[list[str], tuple[str, ...]]:
    """Return a different name for each column, and what is to be said of them.

    A column without a name is called after its position. Where several have one name, the later ones get a suffix
    that no other column has.

    Examples
    --------
    >>> unique_names(["score ", "score", "", "score_2"])[0]
    ['score', 'score_3', 'column_3', 'score_2']
    """
    names = [column_name(name) or f"column_{position}" for position, name in enumerate(raw, 1)]
    counts = Counter(names)
    taken, seen = set(names), set[str]()
    suffixed = []
    last: dict[str, int] = {}
    for position, name in enumerate(names):
        if name in seen:
            number = last.get(name, 1) + 1
            while f"{name}_{number}" in taken:
                number += 1
            last[name] = number
            names[position] = f"{name}_{number}"
            taken.add(names[position])
            suffixed.append(names[position])
        seen.add(names[position])
    if not suffixed:
        return names, ()
    doubled = next(name for name, count in counts.items() if count > 1)
    shown = ", ".join(suffixed[:5]) + ("…" if len(suffixed) > 5 else "")
    return names, (worded("tables.note.several_columns_have_same_name", doubled=repr(doubled), shown=shown),)
