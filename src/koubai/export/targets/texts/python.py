"""Python counts words with its own tables of characters, which are those that koubai uses."""

from koubai.export.targets.formula_text import digits
from koubai.export.targets.loops import wrapped
from koubai.export.targets.texts.protocol import WritesMarks
from koubai.export.words import MOST_CHARACTERS, MOST_COUNTED, Counted

TEXT = f'''\
def text(row, name, marks):
    """Return a cell's text, None if it is missing."""
    value = cell(row, name, marks)
    return None if value is None else spelled(value)


def counted(text, words, groups, weights):
    """Return (1 + ln n) w of each term that comes n times in a text, divided by their length."""
    parts = unicodedata.normalize("NFKC", (text or "")[:{MOST_CHARACTERS}]).lower().split()
    plain = f" {{' '.join(parts)}} " if parts else " "
    terms = [words[word] for word in re.findall(r"\\w+", plain) if word in words]
    for size in (2, 3, 4):
        found = (plain[k : k + size] for k in range(len(plain) - size + 1))
        terms += [groups[group] for group in found if group in groups]
    z = [0.0] * len(weights)
    for place in terms:
        z[place] += 1
    z = [(1 + math.log(min(n, {MOST_COUNTED}))) * w if n else 0.0 for n, w in zip(z, weights)]
    length = math.sqrt(sum(x * x for x in z))
    return [x / length for x in z] if length > 0 else z
'''
"""What reads a text, and what counts its words."""


def python_counted(target: WritesMarks, step: Counted) -> None:
    """Add the tables of terms, and the call."""
    name, n = step.name, len(step.words)
    for part, terms, start in (("words", step.words, 0), ("groups", step.groups, n)):
        cells = [f"{term!r}: {start + place}" for place, term in enumerate(terms)]
        target.constants += [f"{name}_{part} = {{", *wrapped(cells, "    "), "}"]
    target.constants += [f"{name}_weights = [", *wrapped([digits(w) for w in step.weights.tolist()], "    "), "]"]
    target.say(step.note)
    cell = f"text(row, {step.given.name!r}, {target.marks_of(step.given)})"
    target.assign(name, f"counted({cell}, {name}_words, {name}_groups, {name}_weights)")
