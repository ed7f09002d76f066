"""What the record of a preparation holds in a model file, and what is checked of it."""

from collections.abc import Mapping, Sequence

from koubai.core import schema
from koubai.core.schema import (
    F64,
    By,
    Description,
    Fields,
    Kind,
    Later,
    Listed,
    Maybe,
    Real,
    Record,
    Rule,
    Tensor,
    Text,
    Truth,
)
from koubai.tables.meaning.columns import BOOLEAN, CATEGORY, DATE, NUMBER, TEXT
from koubai.tables.meaning.date_formats import is_date_form
from koubai.tables.meaning.number_formats import FORMAT
from koubai.tables.preparing.dated import PARTS
from koubai.tables.preparing.texts.column import MOST_TERMS
from koubai.tables.preparing.texts.counting import LONGEST_WORD, are_groups

_COLUMN: dict[str, Kind] = {"name": Text(), "marks_missing": Truth()}
_SEEN: dict[str, Kind] = {"seen": Later(Maybe(Listed(Real(), 2, 2)))}
_STATISTICS: dict[str, Kind] = {"median": Real(), "mean": Real(), "scale": Real(above=0), "unit": Real(0)}
_NUMBER = Fields({**_COLUMN, **_STATISTICS, "format": Later(Maybe(FORMAT)), "edges": Later(Listed(Real())), **_SEEN})
_DATE_PARTS = Rule("a form has a day at most, a month and a year", lambda column: is_date_form(column["form"]))
_DATE: dict[str, Kind] = {"form": Text(longest=100), "parts": Listed(Text(PARTS), 1, different=True)}
_LABELS = Listed(Text(), different=True)
_TERMS: dict[str, Kind] = {
    "words": Listed(Text(longest=LONGEST_WORD), 0, MOST_TERMS, different=True),
    "groups": Listed(Text(longest=4), 0, MOST_TERMS, different=True),
}
_GROUPS = Rule("groups are two to four characters each", lambda column: are_groups(column["groups"]))
_COLUMNS = By(
    "kind",
    {
        NUMBER: _NUMBER,
        BOOLEAN: _NUMBER,
        CATEGORY: Fields({**_COLUMN, "categories": _LABELS, "rare": _LABELS}),
        TEXT: Fields({**_COLUMN, **_TERMS}, (_GROUPS,)),
        DATE: Fields({**_COLUMN, **_DATE, "pivot": Later(schema.Whole(0, 100)), **_SEEN}, (_DATE_PARTS,)),
    },
)
DESCRIPTION = Description(
    Fields(
        {
            "columns": Listed(_COLUMNS, 1),
            "summaries": Listed(Text()),
            "left_out": Listed(Fields({"name": Text(), "kind": Text(), "reason": Text()})),
        },
        (
            Rule("columns have different names", lambda record: _all_different(record["columns"])),
            Rule("a summary for each column", lambda record: len(record["summaries"]) == len(record["columns"])),
        ),
    ),
)
"""What the record of a preparation must hold."""


def _all_different(columns: Sequence[Mapping[str, object]]) -> bool:
    return len({column["name"] for column in columns}) == len(columns)


def tensor_of(column: Record) -> Tensor:
    """Return what the array of a column must be: quantiles, weights of terms, or statistics of a date's parts."""
    if column["kind"] == DATE:
        return Tensor(F64, (3, len(column["parts"])))
    if column["kind"] == TEXT:
        return Tensor(F64, (len(column["words"]) + len(column["groups"]),))
    return Tensor(F64, ("n_quantiles",))
