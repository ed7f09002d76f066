"""SQL counts words in tables of characters: a text is cut into their numbers, and what follows are joins and windows.

Databases have no common way to bring texts into one form (SQLite has neither Unicode's forms nor regular expressions),
so the SELECT holds what Unicode says of characters (`koubai.export.targets.texts.characters`), as a file of C does, and
asks the database for nothing but the numbers of characters. All parts are for all texts of the table at once: a text's
own number is that of its row, or with several columns of texts the row's number times how many there are, and the
column's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from koubai.core.arrays import Array
from koubai.export.targets.sql.dialects import Dialect, text
from koubai.export.targets.sql.expressions import literal
from koubai.export.targets.texts.characters import Ranges, characters
from koubai.export.words import BORDERS, MOST_CHARACTERS, MOST_COUNTED, Counted, in_full
from koubai.tables.preparing.texts.counting import LONGEST_WORD, SHORTEST_WORD, SIZES

ROW = "koubai_row"
"""The number of a row, by which what its texts say is joined to it."""
FEATURE = "koubai_term_"
"""What the name of a term's feature begins with, while it is no column."""
WIDTH = 110
"""Characters of a line of values."""
SIGMAS = "σς"
SIGMA, FINAL = 0x3A3, 0x3C2

SYLLABLE = "44032 + (a.k * 21 + b.k) * 28"
HANGUL = f"""\
koubai_pairs (one, two, made) AS MATERIALIZED (
  SELECT one, two, made FROM koubai_given_pairs
  UNION ALL SELECT 4352 + a.k, 4449 + b.k, {SYLLABLE}
  FROM koubai_numbers a CROSS JOIN koubai_numbers b WHERE a.k < 19 AND b.k < 21
  UNION ALL SELECT {SYLLABLE}, 4519 + c.k, {SYLLABLE} + c.k
  FROM koubai_numbers a CROSS JOIN koubai_numbers b CROSS JOIN koubai_numbers c WHERE a.k < 19 AND b.k < 21 AND c.k > 0
),""".splitlines()
"""The syllables of Hangul, which are put together by arithmetic (The Unicode Standard, section 3.12)."""


@dataclass(frozen=True)
class Feature:
    """A term's feature, times a factor.

    Parameters
    ----------
    place : int
        The term's number among those of all columns.
    factor : float
        What its value is multiplied by.
    """

    place: int
    factor: float = 1.0


def values(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return a table of given values as a common table expression."""
    cells = [f"({', '.join(map(str, row))})" for row in rows]
    lines, line = [], ""
    for cell in cells:
        if line and len(line) + len(cell) > WIDTH:
            lines.append(line)
            line = ""
        line += f"{cell}, "
    return [
        f"{name} ({', '.join(columns)}) AS MATERIALIZED (VALUES",
        *(f"  {each.rstrip()}" for each in lines),
        f"  {line.rstrip(', ')}",
        "),",
    ]


def cleaned(dialect: Dialect, given_marks: Sequence[str], numbers: Sequence[float], cell: str) -> str:
    """Return the text of a cell that is without blanks at its ends; NULL if it is missing.

    A whole number is without a decimal point, as in every table that is read.
    """
    missing = [f"{cell} IN ({', '.join(map(text, given_marks))})"] if given_marks else []
    if numbers:
        missing.append(f"{dialect.as_number(cell)} IN ({', '.join(map(dialect.literal, numbers))})")
    before = f"substr({cell}, 1, length(rtrim({cell}, '0')) - 1)"
    unsigned = f"CASE WHEN substr({cell}, 1, 1) IN ('+', '-') THEN substr({before}, 2) ELSE {before} END"
    is_whole = f"rtrim({cell}, '0') LIKE '%.' AND ltrim({unsigned}, '0123456789') = '' AND {unsigned} <> ''"
    is_whole += f" AND ({unsigned} = '0' OR {unsigned} NOT LIKE '0%')"
    tests = [f"WHEN {' OR '.join(missing)} THEN NULL"] if missing else []
    return f"CASE {' '.join([*tests, f'WHEN {is_whole} THEN {before}'])} ELSE {cell} END"


def counting(dialect: Dialect, counted: Sequence[Counted], columns: Sequence[str], source: str) -> list[str]:
    """Return the parts from a table's texts to `koubai_terms`: for a row, the places of terms and their features.

    Parameters
    ----------
    dialect : Dialect
        The kind of SQL.
    counted : sequence of Counted
        What is counted, column by column.
    columns : sequence of str
        The columns of ``source`` that hold the texts.
    source : str
        A part with these and with the number of the row.
    """
    has_sigma = any(letter in term for step in counted for term in (*step.words, *step.groups) for letter in SIGMAS)
    return [
        *_of_unicode(has_sigma),
        *_of_terms(counted),
        "-- the texts, and the number of each of their characters",
        *_cut(dialect, columns, source),
        "-- characters taken apart and put together, in one form (NFKC)",
        *_composed(),
        "-- in small letters, with one blank before, behind and between words",
        *_small(dialect, has_sigma),
        "-- words and groups of characters, and how often the known ones come",
        *_terms(dialect, len(counted)),
    ]


def _of_unicode(has_sigma: bool) -> list[str]:
    known = characters()
    apart = [(code, k, part) for code, parts in known.decomposed.items() for k, part in enumerate(parts, 1)]
    small = [(code, k, part) for code, parts in known.lower.items() for k, part in enumerate(parts, 1)]
    spans: dict[str, Ranges] = {"koubai_inside": known.words}
    if has_sigma:
        spans |= {"koubai_cased": known.cased, "koubai_ignored": known.ignored}
    lines = ["-- what Unicode says of characters, by their numbers: how they are taken apart, which class marks have,"]
    lines += ["-- which two make one, small letters, and ranges of what words are made of"]
    lines += values("koubai_apart", ("code", "k", "part"), apart)
    lines += values("koubai_classes", ("code", "class"), known.classes.items())
    pairs = ((*pair, made) for pair, made in known.composed.items())
    lines += values("koubai_given_pairs", ("one", "two", "made"), pairs)
    lines += values("koubai_numbers", ("k",), ((k,) for k in range(28)))
    lines += HANGUL
    lines += values("koubai_lower", ("code", "k", "small"), small)
    for name, ranges in spans.items():
        lines += values(name, ("low", "high"), ranges)
    return lines


def _of_terms(counted: Sequence[Counted]) -> list[str]:
    lines = ["-- words and groups of characters with their places and weights"]
    for part in ("words", "groups"):
        rows, start = [], 0
        for number, step in enumerate(counted):
            first = start + (len(step.words) if part == "groups" else 0)
            for place, term in enumerate(getattr(step, part), first):
                rows.append((number, text(term), place, literal(step.weights[place - start])))
            start += len(step.weights)
        lines += values(f"koubai_{part}", ("of_column", "term", "place", "weight"), rows or [(-1, "''", -1, 1.0)])
    return lines


def _cut(dialect: Dialect, columns: Sequence[str], source: str) -> list[str]:
    own = [
        f"SELECT {ROW} * {len(columns)} + {number}, {ROW}, ' ' || substr({column}, 1, {MOST_CHARACTERS}) || ' '"
        f" FROM {source} WHERE {column} IS NOT NULL"
        for number, column in enumerate(columns)
    ]
    return f"""\
koubai_texts (text_no, {ROW}, cell) AS MATERIALIZED (
  {" UNION ALL ".join(own)}
),
koubai_places (text_no, place, most) AS (
  SELECT text_no, 1, length(cell) FROM koubai_texts
  UNION ALL SELECT text_no, place + 1, most FROM koubai_places WHERE place < most
),
koubai_codes AS MATERIALIZED (
  SELECT p.text_no, p.place, {dialect.code_of("substr(t.cell, p.place, 1)")} AS code
  FROM koubai_places p JOIN koubai_texts t ON t.text_no = p.text_no
),""".splitlines()


def _composed() -> list[str]:
    """Return how characters are taken apart, put into the order of their classes, and together.

    What can be put together begins with a character of class 0 that is the second of no pair, so texts are cut there;
    within such a block of several characters, one after another is looked at, beside the starter before it.
    """
    classes = characters().classes
    seconds = sorted({two for _, two in characters().composed if two not in classes})
    is_second = f"code IN ({', '.join(map(str, seconds))}) OR code BETWEEN 4449 AND 4469 OR code BETWEEN 4520 AND 4546"
    over = "PARTITION BY text_no ORDER BY"
    rows = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    return f"""\
koubai_parts AS MATERIALIZED (
  SELECT s.text_no, s.place, coalesce(a.k, 1) AS k, coalesce(a.part, s.code) AS code
  FROM koubai_codes s LEFT JOIN koubai_apart a ON a.code = s.code
),
koubai_marked AS MATERIALIZED (
  SELECT p.text_no, p.place, p.k, p.code, coalesce(c.class, 0) AS class
  FROM koubai_parts p LEFT JOIN koubai_classes c ON c.code = p.code
),
koubai_segments AS MATERIALIZED (
  SELECT text_no, place, k, code, class, CASE WHEN class > 0 OR {is_second} THEN 0 ELSE 1 END AS begins,
    sum(CASE WHEN class = 0 THEN 1 ELSE 0 END) OVER ({over} place, k {rows}) AS segment
  FROM koubai_marked
),
koubai_ordered AS MATERIALIZED (
  SELECT text_no, code, class, row_number() OVER ({over} segment, class, place, k) AS i,
    sum(begins) OVER ({over} segment, class, place, k {rows}) AS block
  FROM koubai_segments
),
koubai_blocks AS MATERIALIZED (
  SELECT text_no, i, code, class, block, count(*) OVER (PARTITION BY text_no, block) AS n,
    min(i) OVER (PARTITION BY text_no, block) AS first
  FROM koubai_ordered
),
koubai_several AS MATERIALIZED (SELECT text_no, i, code, class, block, first FROM koubai_blocks WHERE n > 1),
koubai_joined (text_no, block, i, starter_at, starter, last, kept) AS (
  SELECT text_no, block, i, i, code, 0, -1 FROM koubai_several WHERE i = first
  UNION ALL
  SELECT j.text_no, j.block, b.i, CASE WHEN p.made IS NULL AND b.class = 0 THEN b.i ELSE j.starter_at END,
    CASE WHEN p.made IS NOT NULL THEN p.made WHEN b.class = 0 THEN b.code ELSE j.starter END,
    CASE WHEN p.made IS NULL THEN b.class ELSE j.last END,
    CASE WHEN p.made IS NULL AND b.class > 0 THEN b.code ELSE -1 END
  FROM koubai_joined j
  JOIN koubai_several b ON b.text_no = j.text_no AND b.block = j.block AND b.i = j.i + 1
  LEFT JOIN koubai_pairs p ON p.one = j.starter AND p.two = b.code AND (j.last = 0 OR j.last < b.class)
),
koubai_formed AS MATERIALIZED (
  SELECT text_no, i, code FROM koubai_blocks WHERE n = 1
  UNION ALL SELECT text_no, i, kept FROM koubai_joined WHERE kept >= 0
  UNION ALL SELECT text_no, starter_at, starter FROM (
    SELECT text_no, starter_at, starter, lead(starter_at) OVER (PARTITION BY text_no, block ORDER BY i) AS other
    FROM koubai_joined
  ) koubai_starters WHERE other IS NULL OR other <> starter_at
),""".splitlines()


def _small(dialect: Dialect, has_sigma: bool) -> list[str]:
    blanks = ", ".join(str(ord(blank)) for blank in in_full(BORDERS))
    source, lines = "koubai_formed", []
    if has_sigma:
        over, source = "OVER (PARTITION BY text_no ORDER BY i ROWS BETWEEN", "koubai_sigmas"
        lines = f"""\
koubai_greek AS MATERIALIZED (SELECT DISTINCT text_no FROM koubai_formed WHERE code = {SIGMA}),
koubai_cases AS MATERIALIZED (
  SELECT f.text_no, f.i, f.code,
    CASE WHEN EXISTS (SELECT 1 FROM koubai_ignored WHERE f.code BETWEEN low AND high) THEN NULL
      WHEN EXISTS (SELECT 1 FROM koubai_cased WHERE f.code BETWEEN low AND high) THEN f.i * 2 + 1
      ELSE f.i * 2 END AS here
  FROM koubai_formed f JOIN koubai_greek g ON g.text_no = f.text_no
),
koubai_ends AS MATERIALIZED (
  SELECT text_no, i FROM (
    SELECT text_no, i, code, max(here) {over} UNBOUNDED PRECEDING AND 1 PRECEDING) AS before,
      min(here) {over} 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS behind
    FROM koubai_cases
  ) koubai_beside WHERE code = {SIGMA} AND before % 2 = 1 AND coalesce(behind, 0) % 2 = 0
),
koubai_sigmas AS MATERIALIZED (
  SELECT f.text_no, f.i, CASE WHEN e.i IS NULL THEN f.code ELSE {FINAL} END AS code
  FROM koubai_formed f LEFT JOIN koubai_ends e ON e.text_no = f.text_no AND e.i = f.i
),""".splitlines()
    return [
        *lines,
        *f"""\
koubai_small AS MATERIALIZED (
  SELECT text_no, i, k, CASE WHEN code IN ({blanks}) THEN 32 ELSE code END AS code FROM (
    SELECT f.text_no, f.i, coalesce(l.k, 1) AS k, coalesce(l.small, f.code) AS code
    FROM {source} f LEFT JOIN koubai_lower l ON l.code = f.code
  ) koubai_letters
),
koubai_alphabet AS MATERIALIZED (
  SELECT code, {dialect.character("code")} AS letter,
    CASE WHEN EXISTS (SELECT 1 FROM koubai_inside WHERE code BETWEEN low AND high) THEN 1 ELSE 0 END AS inside
  FROM (SELECT DISTINCT code FROM koubai_small) koubai_found
),
koubai_plain AS MATERIALIZED (
  SELECT p.text_no, row_number() OVER (PARTITION BY p.text_no ORDER BY p.i, p.k) AS place, a.letter, a.inside
  FROM (
    SELECT text_no, i, k, code, lag(code) OVER (PARTITION BY text_no ORDER BY i, k) AS before FROM koubai_small
  ) p JOIN koubai_alphabet a ON a.code = p.code
  WHERE p.code <> 32 OR p.before IS NULL OR p.before <> 32
),""".splitlines(),
    ]


def _terms(dialect: Dialect, n_columns: int) -> list[str]:
    over = "OVER (PARTITION BY text_no ORDER BY place"
    groups = [
        " || ".join(["letter", *(f"lead(letter, {k}) {over})" for k in range(1, size))]) + f" AS of_{size}"
        for size in SIZES
    ]
    of_column = f"g.text_no % {n_columns} = t.of_column"
    found = [
        f"SELECT g.text_no, t.place, t.weight FROM koubai_groups_of g JOIN koubai_groups t"
        f" ON t.term = g.of_{size} AND {of_column}"
        for size in SIZES
    ]
    found.append(
        f"SELECT g.text_no, t.place, t.weight FROM koubai_words_of g JOIN koubai_words t"
        f" ON t.term = g.word AND {of_column} WHERE g.place = g.end_at"
    )
    n = f"CAST({dialect.smallest}(count(*), {MOST_COUNTED}) AS {dialect.real})"
    return f"""\
koubai_groups_of AS MATERIALIZED (
  SELECT text_no, {", ".join(groups)}
  FROM koubai_plain
),
koubai_runs AS MATERIALIZED (
  SELECT text_no, place, letter, run, count(*) OVER (PARTITION BY text_no, run) AS n FROM (
    SELECT text_no, place, letter, inside, sum(1 - inside) {over}
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
    FROM koubai_plain
  ) koubai_numbered WHERE inside = 1
),
koubai_words_of AS MATERIALIZED (
  SELECT text_no, place, max(place) OVER (PARTITION BY text_no, run) AS end_at,
    {dialect.put_together("letter")} OVER (PARTITION BY text_no, run ORDER BY place
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS word
  FROM koubai_runs WHERE n BETWEEN {SHORTEST_WORD} AND {LONGEST_WORD}
),
koubai_counts AS MATERIALIZED (
  SELECT text_no, place, (1 + ln({n})) * weight AS value FROM (
    {f"{chr(10)}    UNION ALL ".join(found)}
  ) koubai_known GROUP BY text_no, place, weight
),
koubai_terms AS MATERIALIZED (
  SELECT t.{ROW} AS of_row, c.place,
    c.value / sqrt(sum(c.value * c.value) OVER (PARTITION BY c.text_no)) AS value
  FROM koubai_counts c JOIN koubai_texts t ON t.text_no = c.text_no
),""".splitlines()


def sums(name: str, features: Sequence[Feature], weights: Array) -> tuple[list[str], list[str]]:
    """Return the parts that add up the features of a row by weights, and the sums' columns.

    Parameters
    ----------
    name : str
        The vector that the sums are a part of.
    features : sequence of Feature
        The features.
    weights : array of shape (n_features, n_sums)
        Their weights.
    """
    n = weights.shape[1]
    columns = [f"{name}_{k}_by_terms" for k in range(1, n + 1)]
    rows = (
        (feature.place, *(literal(weight * feature.factor) for weight in own))
        for feature, own in zip(features, weights, strict=True)
        if own.any()
    )
    lines = values(f"{name}_by_term", ("place", *(f"w_{k}" for k in range(1, n + 1))), rows)
    added = [f"sum(t.value * w.w_{k}) AS {column}" for k, column in enumerate(columns, 1)]
    lines += [f"{name}_by_terms AS MATERIALIZED (", f"  SELECT t.of_row AS {name}_of_row,"]
    lines += [f"    {', '.join(added)}"]
    lines += [f"  FROM koubai_terms t JOIN {name}_by_term w ON w.place = t.place GROUP BY t.of_row", "),"]
    return lines, columns


def pivoted(name: str, features: Sequence[Feature]) -> tuple[list[str], list[str]]:
    """Return the parts that make columns of some features, and the columns."""
    columns = [f"{name}_{k}_by_terms" for k in range(1, len(features) + 1)]
    made = [
        f"sum(CASE WHEN place = {feature.place} THEN value * {literal(feature.factor)} ELSE 0 END) AS {column}"
        for feature, column in zip(features, columns, strict=True)
    ]
    lines = [f"{name}_by_terms AS MATERIALIZED (", f"  SELECT of_row AS {name}_of_row, {', '.join(made)}"]
    return [*lines, "  FROM koubai_terms GROUP BY of_row", "),"], columns
