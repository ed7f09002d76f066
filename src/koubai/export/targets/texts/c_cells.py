"""C reads a cell of text as a table is read: without blanks at its ends, and 3.0 as 3."""

from collections.abc import Sequence

from koubai.export.targets.formula_text import digits

CELL = """\
/* How many bytes a blank has that a text in UTF-8 begins with; 0 if it begins with another character. */
static int blank_at(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] == ' ' || (s[0] >= 9 && s[0] <= 13)) return 1;
    if (s[0] == 0xC2) return s[1] == 0x85 || s[1] == 0xA0 ? 2 : 0;
    if (s[0] == 0xE1) return s[1] == 0x9A && s[2] == 0x80 ? 3 : 0;
    if (s[0] == 0xE3) return s[1] == 0x80 && s[2] == 0x80 ? 3 : 0;
    if (s[0] != 0xE2) return 0;
    if (s[1] == 0x81) return s[2] == 0x9F ? 3 : 0;
    if (s[1] != 0x80) return 0;
    return (s[2] >= 0x80 && s[2] <= 0x8A) || s[2] == 0xA8 || s[2] == 0xA9 || s[2] == 0xAF ? 3 : 0;
}

/* A text without blanks at its ends, and the number of its bytes. */
static const char *stripped(const char *text, int *n_bytes)
{
    const char *end;
    for (int n; (n = blank_at(text)) > 0;) text += n;
    end = text;
    for (const char *s = text; *s;) {
        int n = blank_at(s);
        s += n > 0 ? n : 1;
        if (n == 0) end = s;
    }
    *n_bytes = (int)(end - text);
    return text;
}

"""

ZEROS = """\
/* The bytes of a text; of a whole number those before the decimal point, if zeros are behind it. */
static int bytes_without_zeros(const char *text, int n)
{
    int k = 0, digits = 0;
    if (n > 0 && (text[0] == '+' || text[0] == '-')) k++;
    for (; k < n && text[k] >= '0' && text[k] <= '9'; k++) digits++;
    if (digits == 0 || (text[k - digits] == '0' && digits > 1) || k == n || text[k] != '.') return n;
    for (int i = k + 1; i < n; i++)
        if (text[i] != '0') return n;
    return k;
}
"""

NUMBER = """\
/* Whether a text is one of the numbers that mark missing values. */
static int is_number_mark(const char *text, int n)
{
    static const double marks[] = {MARKS};
    char copy[64], *end;
    double x;
    if (n == 0 || n > 63 || (int)strspn(text, "+-.0123456789eE") < n) return 0;
    memcpy(copy, text, (size_t)n);
    copy[n] = 0;
    x = strtod(copy, &end);
    for (int k = 0; k < (int)(sizeof marks / sizeof *marks); k++)
        if (end == copy + n && x == marks[k]) return 1;
    return 0;
}
"""

CATEGORY = """\
/* The number of a category, a text in UTF-8; NULL is a missing one. */
typedef struct { const char *text; int code; } category;
static double code_of(const char *text, const category *known, int n_known, int other, int missing)
{
    int n, shorter;
    if (text == NULL) return missing;
    text = stripped(text, &n);IS_MARK
    for (;;) {
        for (int i = 0; i < n_known; i++)
            if ((int)strlen(known[i].text) == n && memcmp(text, known[i].text, (size_t)n) == 0) return known[i].code;
        shorter = bytes_without_zeros(text, n);
        if (shorter == n) return other;
        n = shorter;
    }
}
"""
AS_WRITTEN = """\
    for (int i = 0; i < n_known; i++)
        if ((int)strlen(known[i].text) == n && memcmp(text, known[i].text, (size_t)n) == 0) return known[i].code;
    return other;
}
"""
"""The end of the same, where 3.0 is another text than 3."""


def cells(numbers: Sequence[float], as_written: bool) -> list[str]:
    """Return what reads cells, with the numbers that mark missing ones; whether 3.0 is another text than 3."""
    found = [CELL, *([] if as_written else [ZEROS])]
    if numbers:
        found.append(NUMBER.replace("MARKS", ", ".join(map(digits, numbers))))
    return [line for part in found for line in (*part.rstrip().splitlines(), "")]


def category(numbers: Sequence[float], as_written: bool) -> list[str]:
    """Return what looks categories up."""
    is_mark = "\n    if (is_number_mark(text, n)) return missing;" if numbers else ""
    code = CATEGORY.replace("IS_MARK", is_mark)
    if as_written:
        code = code[: code.index("    for (;;)")].replace("n, shorter;", "n;") + AS_WRITTEN
    return [*code.splitlines(), ""]
