"""C counts words with tables of Unicode's characters in the file, and nothing but the C library."""

from koubai.export.targets.formula_text import digits
from koubai.export.targets.loops import wrapped
from koubai.export.targets.texts.characters import Characters, Ranges, characters
from koubai.export.targets.texts.protocol import WritesFields
from koubai.export.words import MOST_CHARACTERS, MOST_COUNTED, Counted

BLANKS = ((9, 13), (32, 32), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029),
          (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000))  # fmt: skip
"""Blanks at the ends of a cell; U+001C to U+001F are blanks within a text as well."""

TYPES = (
    "typedef struct { unsigned first, last; } span;",
    "typedef struct { unsigned code; int start, n; } mapped;",
    "typedef struct { unsigned first, second, made; } pair;",
)
"""What the tables of characters are made of."""
TEXT = f"""\
typedef struct {{ const char *text; int place; }} term;

static int is_in(unsigned code, const span *spans, int n)
{{
    int low = 0, high = n - 1;
    while (low <= high) {{
        int middle = (low + high) / 2;
        if (code < spans[middle].first) high = middle - 1;
        else if (code > spans[middle].last) low = middle + 1;
        else return 1;
    }}
    return 0;
}}

static const mapped *mapping(unsigned code, const mapped *known, int n)
{{
    int low = 0, high = n - 1;
    while (low <= high) {{
        int middle = (low + high) / 2;
        if (code < known[middle].code) high = middle - 1;
        else if (code > known[middle].code) low = middle + 1;
        else return known + middle;
    }}
    return NULL;
}}

#define IS_IN(code, spans) is_in(code, spans, sizeof spans / sizeof *spans)
#define MAPPING(code, known) mapping(code, known, sizeof known / sizeof *known)

static int is_border(unsigned code) {{ return IS_IN(code, blanks) || (code >= 28 && code <= 31); }}
static int class_of(unsigned code)
{{
    const mapped *found = MAPPING(code, combining);
    return found ? found->n : 0;
}}

/* Reads a character of UTF-8; what is none is U+FFFD. */
static const char *next_character(const char *text, unsigned *code)
{{
    const unsigned char *s = (const unsigned char *)text;
    int more = *s < 0x80 ? 0 : *s < 0xC2 ? -1 : *s < 0xE0 ? 1 : *s < 0xF0 ? 2 : *s < 0xF5 ? 3 : -1;
    *code = more <= 0 ? *s : (unsigned)(*s & (0x3F >> more));
    for (int k = 1; k <= more; k++) {{
        if ((s[k] & 0xC0) != 0x80) more = -1;
        else *code = *code << 6 | (s[k] & 0x3F);
    }}
    if (more < 0) *code = 0xFFFD;
    return text + (more > 0 ? more + 1 : 1);
}}

static char *put_character(char *at, unsigned code)
{{
    int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    *at++ = (char)(more ? (0xF0 << (3 - more) & 0xFF) | (code >> 6 * more) : code);
    while (more--) *at++ = (char)(0x80 | (code >> 6 * more & 0x3F));
    return at;
}}

/* The bytes of a cell as words are counted in it; NULL if it is missing. */
static const char *stripped_cell(const char *text, const char *const *marks, int n_marks, int *n_bytes)
{{
    if (text == NULL) return NULL;
    text = stripped(text, n_bytes);
    for (int k = 0; k < n_marks; k++)
        if ((int)strlen(marks[k]) == *n_bytes && memcmp(marks[k], text, (size_t)*n_bytes) == 0) return NULL;
IS_MARK    *n_bytes = bytes_without_zeros(text, *n_bytes);
    return text;
}}

static int is_missing_text(const char *text, const char *const *marks, int n_marks)
{{
    int n_bytes;
    return stripped_cell(text, marks, n_marks, &n_bytes) == NULL;
}}

static unsigned together(unsigned first, unsigned second)
{{
    int low = 0, high = sizeof pairs / sizeof *pairs - 1;
    if (first >= 0x1100 && first < 0x1113 && second >= 0x1161 && second < 0x1176)
        return 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28;
    if (first >= 0xAC00 && first < 0xD7A4 && (first - 0xAC00) % 28 == 0 && second > 0x11A7 && second < 0x11C3)
        return first + second - 0x11A7;
    while (low <= high) {{
        int middle = (low + high) / 2;
        const pair *p = pairs + middle;
        if (first < p->first || (first == p->first && second < p->second)) high = middle - 1;
        else if (first != p->first || second != p->second) low = middle + 1;
        else return p->made;
    }}
    return 0;
}}

/* Takes a character apart (NFKD); returns how many there are then. */
static int apart(unsigned code, unsigned *out)
{{
    const mapped *found = MAPPING(code, decomposed);
    if (code >= 0xAC00 && code < 0xD7A4) {{
        unsigned s = code - 0xAC00;
        out[0] = 0x1100 + s / 588, out[1] = 0x1161 + s % 588 / 28, out[2] = 0x11A7 + s % 28;
        return s % 28 ? 3 : 2;
    }}
    if (found == NULL) {{
        out[0] = code;
        return 1;
    }}
    for (int k = 0; k < found->n; k++) out[k] = parts[found->start + k];
    return found->n;
}}

/* Puts characters into the order of their classes and together (NFC); returns how many there are then. */
static int composed(unsigned *c, int n)
{{
    int kept = 0, starter = -1, last = 0;
    for (int i = 1; i < n; i++)
        for (int k = i; k > 0 && class_of(c[k]) && class_of(c[k - 1]) > class_of(c[k]); k--) {{
            unsigned other = c[k];
            c[k] = c[k - 1], c[k - 1] = other;
        }}
    for (int i = 0; i < n; i++) {{
        int own = class_of(c[i]);
        unsigned made = starter >= 0 && (kept == starter + 1 || last < own) ? together(c[starter], c[i]) : 0;
        if (made) {{
            c[starter] = made;
            continue;
        }}
        if (own == 0) starter = kept;
        last = own;
        c[kept++] = c[i];
    }}
    return kept;
}}

static int is_final_sigma(const unsigned *c, int n, int at)
{{
    int k = at - 1;
    while (k >= 0 && IS_IN(c[k], ignored)) k--;
    if (k < 0 || !IS_IN(c[k], cased)) return 0;
    for (k = at + 1; k < n && IS_IN(c[k], ignored); k++) {{ }}
    return k == n || !IS_IN(c[k], cased);
}}

/* The characters of a text in one form: small letters of common width, one blank before, behind and between words. */
static int plain_text(const char *text, int n_bytes, unsigned **found)
{{
    const char *end = text + n_bytes;
    size_t most = 18 * (size_t)(n_bytes < {MOST_CHARACTERS} ? n_bytes : {MOST_CHARACTERS}) + 1;
    unsigned code, *c = malloc(sizeof *c * most), *z = malloc(sizeof *z * (2 * most + 2));
    int n = 0, m = 0;
    if (c == NULL || z == NULL) abort();
    for (int k = 0; text < end && k < {MOST_CHARACTERS}; k++) {{
        text = next_character(text, &code);
        n += apart(code, c + n);
    }}
    n = composed(c, n);
    z[m++] = ' ';
    for (int i = 0; i < n; i++) {{
        const mapped *small = MAPPING(c[i], lower);
        if (is_border(c[i])) {{
            if (z[m - 1] != ' ') z[m++] = ' ';
        }} else if (c[i] == 0x3A3)
            z[m++] = is_final_sigma(c, n, i) ? 0x3C2 : 0x3C3;
        else if (small == NULL)
            z[m++] = c[i];
        else
            for (int k = 0; k < small->n; k++) z[m++] = small_letters[small->start + k];
    }}
    if (z[m - 1] != ' ') z[m++] = ' ';
    free(c);
    *found = z;
    return m;
}}

/* Adds 1 for the term of these characters, if it is known. */
static void count(const unsigned *c, int n, const term *known, int n_known, double *z)
{{
    char text[200], *end = text;
    int low = 0, high = n_known - 1;
    for (int k = 0; k < n; k++) end = put_character(end, c[k]);
    *end = 0;
    while (low <= high) {{
        int middle = (low + high) / 2, order = strcmp(text, known[middle].text);
        if (order < 0) high = middle - 1;
        else if (order > 0) low = middle + 1;
        else {{
            z[known[middle].place] += 1;
            return;
        }}
    }}
}}

/* Sets (1 + ln n) w of each term that comes n times in a cell's text, divided by their length. */
static void counted(const char *cell, const char *const *marks, int n_marks, const term *words, int n_words,
                    const term *groups, int n_groups, const double *weights, double *z)
{{
    int n_bytes = 0, n_terms = n_words + n_groups, n, begin = -1;
    double total = 0;
    unsigned *c;
    const char *text = stripped_cell(cell, marks, n_marks, &n_bytes);
    for (int i = 0; i < n_terms; i++) z[i] = 0;
    if (text == NULL) return;
    n = plain_text(text, n_bytes, &c);
    for (int i = 0; i <= n; i++) {{
        int inside = i < n && IS_IN(c[i], of_words);
        if (inside && begin < 0) begin = i;
        if (!inside && begin >= 0) {{
            if (i - begin <= 40) count(c + begin, i - begin, words, n_words, z);
            begin = -1;
        }}
        for (int size = 2; size <= 4 && i + size <= n; size++) count(c + i, size, groups, n_groups, z);
    }}
    free(c);
    for (int i = 0; i < n_terms; i++) {{
        z[i] = z[i] > 0 ? (1 + log(fmin(z[i], {MOST_COUNTED}))) * weights[i] : 0;
        total += z[i] * z[i];
    }}
    for (int i = 0; i < n_terms && total > 0; i++) z[i] /= sqrt(total);
}}
"""
"""What reads a text, and what counts its words."""


def quoted(text: str) -> str:
    """Return a text as C writes it, in UTF-8.

    A question mark is escaped too: C99 reads two of them and what follows as another character.
    """
    escaped = {'"': '\\"', "\\": "\\\\", "?": "\\?"}
    letters = (f"\\{ord(letter):03o}" if letter < " " or letter == "\x7f" else letter for letter in text)
    return '"' + "".join(escaped.get(letter, letter) for letter in letters) + '"'


def tables() -> list[str]:
    """Return the tables of characters."""
    known: Characters = characters()
    lines = [
        "/* What Unicode says of characters: how they are taken apart and put together, and what words are made of. */"
    ]
    spans = {"blanks": BLANKS, "of_words": known.words, "cased": known.cased, "ignored": known.ignored}
    lines += [*TYPES, ""]
    for name, ranges in spans.items():
        lines += _table("span", name, _spans(ranges))
    for name, flat, mapping in (
        ("decomposed", "parts", known.decomposed),
        ("lower", "small_letters", known.lower),
    ):
        letters = [letter for made in mapping.values() for letter in made]
        lines += _table("unsigned", flat, list(map(str, letters)))
        cells, start = [], 0
        for code, made in mapping.items():
            cells.append(f"{{{code}, {start}, {len(made)}}}")
            start += len(made)
        lines += _table("mapped", name, cells)
    lines += _table("mapped", "combining", [f"{{{code}, 0, {own}}}" for code, own in known.classes.items()])
    pairs = sorted((*pair, made) for pair, made in known.composed.items())
    return [*lines, *_table("pair", "pairs", [f"{{{a}, {b}, {made}}}" for a, b, made in pairs])]


def _spans(ranges: Ranges) -> list[str]:
    return [f"{{{first}, {last}}}" for first, last in ranges]


def _table(kind: str, name: str, cells: list[str]) -> list[str]:
    return [f"static const {kind} {name}[{len(cells)}] = {{", *wrapped(cells, "    "), "};", ""]


def helpers(has_numbers: bool) -> list[str]:
    """Return the tables of characters, and what reads texts with them; whether numbers mark missing ones."""
    is_mark = "    if (is_number_mark(text, *n_bytes)) return NULL;\n" if has_numbers else ""
    return [*tables(), *TEXT.replace("IS_MARK", is_mark).splitlines(), ""]


def c_counted(target: WritesFields, step: Counted) -> None:
    """Add the tables of terms, and the call."""
    name, n = step.name, len(step.words)
    for part, terms, start in (("words", step.words, 0), ("groups", step.groups, n)):
        by_bytes = sorted((term.encode(), start + place, term) for place, term in enumerate(terms))
        cells = [f"{{{quoted(term)}, {place}}}" for _, place, term in by_bytes] or ['{"", 0}']
        target.constants += _table("term", f"{name}_{part}", cells)
    target.constants += _table("double", f"{name}_weights", [digits(w) for w in step.weights.tolist()])
    target.say(step.note)
    target.declare(name, step.width)
    value = f"row->{target.fields[step.given.name]}"
    marks = f"{target.fields[step.given.name]}_marks, {len(step.given.marks)}"
    target.add(f"counted({value}, {marks}, {name}_words, {n}, {name}_groups, {len(step.groups)},")
    target.add(f"        {name}_weights, {name});")
