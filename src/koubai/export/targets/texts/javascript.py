"""JavaScript counts words with the characters' properties that browsers and Node know."""

import json

from koubai.export.targets.formula_text import digits
from koubai.export.targets.loops import wrapped
from koubai.export.targets.texts.protocol import WritesMarks
from koubai.export.words import BORDERS, MOST_CHARACTERS, MOST_COUNTED, Counted


def escaped(characters: str) -> str:
    """Return a class of regular expressions in ASCII."""
    return "".join(letter if " " < letter < "\x7f" else f"\\u{ord(letter):04x}" for letter in characters)


TEXT = f"""\
/** Return a cell's text, null if it is missing. */
function text(row, name, marks) {{
  const value = cell(row, name, marks);
  return value === null ? null : spelled(value);
}}

/** Return (1 + ln n) w of each term that comes n times in a text, divided by their length. */
function counted(text, words, groups, weights) {{
  const given = Array.from(text ?? "").slice(0, {MOST_CHARACTERS}).join("");
  const parts = given.normalize("NFKC").toLowerCase().split(/[{escaped(BORDERS)}]+/).filter((part) => part);
  const letters = Array.from(parts.length ? ` ${{parts.join(" ")}} ` : " ");
  const terms = letters.join("").match(/[\\p{{L}}\\p{{N}}_]+/gu)?.map((word) => words.get(word)) ?? [];
  for (const size of [2, 3, 4])
    for (let k = 0; k + size <= letters.length; k++) terms.push(groups.get(letters.slice(k, k + size).join("")));
  const z = new Float64Array(weights.length);
  for (const place of terms) if (place !== undefined) z[place] += 1;
  let total = 0;
  for (let i = 0; i < z.length; i++) {{
    z[i] = z[i] ? (1 + Math.log(Math.min(z[i], {MOST_COUNTED}))) * weights[i] : 0;
    total += z[i] * z[i];
  }}
  return total > 0 ? z.map((x) => x / Math.sqrt(total)) : z;
}}
"""
"""What reads a text, and what counts its words."""


def javascript_counted(target: WritesMarks, step: Counted) -> None:
    """Add the tables of terms, and the call."""
    name, n = step.name, len(step.words)
    for part, terms, start in (("words", step.words, 0), ("groups", step.groups, n)):
        cells = [f"[{json.dumps(term, ensure_ascii=False)}, {start + place}]" for place, term in enumerate(terms)]
        target.constants += [f"const {name}_{part} = new Map([", *wrapped(cells, "  "), "]);", ""]
    weights = wrapped([digits(w) for w in step.weights.tolist()], "  ")
    target.constants += [f"const {name}_weights = [", *weights, "];", ""]
    target.say(step.note)
    cell = f"text(row, {json.dumps(step.given.name, ensure_ascii=False)}, {target.marks_of(step.given)})"
    target.add(f"const {name} = counted({cell}, {name}_words, {name}_groups, {name}_weights);")
