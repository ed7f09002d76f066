"""ONNX looks texts up as they stand; the few cells that stand for another text are looked up by regular expressions.

`koubai predict` strips blanks off a cell's ends, takes 3.0 for 3, and knows marks of missing values that are numbers in
every spelling. ONNX has no operator for that but RegexFullMatch, of opset 20, which says whether a text matches. So one
expression says of all cells at once whether any is written so, and only then all are looked up by what they match.
"""

import re
from collections.abc import Sequence

import numpy as np

from koubai.export.steps import Input
from koubai.export.targets.onnx_graph import OnnxWriter
from koubai.export.targets.texts.cells import BLANK, WHOLE, ZEROS, odd, patterns, spellings, stripped_match

LONGEST = 20_000
"""Approximate maximum length of a regular expression; longer ones are split into several."""


def onnx_codes(writer: OnnxWriter, inputs: Sequence[Input], texts: Sequence[str]) -> str:
    """Return the numbers of categories, (rows, inputs), of as many tensors of texts (rows, 1)."""
    graph = writer.graph
    found = [_looked_up(writer, *pair) for pair in zip(inputs, texts, strict=True)]
    graph.note = "categories as numbers"
    whole = texts[0] if len(texts) == 1 else graph.node("Concat", *texts, axis=1)
    as_they_stand = found[0] if len(found) == 1 else graph.node("Concat", *found, axis=1)
    graph.note = "any category with blanks around it, or a decimal point"
    written_oddly = graph.cast(graph.node("RegexFullMatch", whole, pattern=odd(inputs)), np.int64)
    total = graph.node("ReduceSum", written_oddly, keepdims=0)
    graph.note = "categories as numbers"
    with graph.branch("read as koubai reads a table", len(inputs)) as read:
        matched = [_matched(writer, *pair) for pair in zip(inputs, texts, strict=True)]
        graph.note = "categories as numbers"
        read.ends(matched[0] if len(matched) == 1 else graph.node("Concat", *matched, axis=1))
    with graph.branch("as they stand", len(inputs)) as standing:
        standing.ends(as_they_stand)
    test = graph.node("Greater", total, graph.places(0))
    codes = graph.node("If", test, then_branch=read.graph, else_branch=standing.graph)
    return str(graph.cast(codes, np.float64))


def _looked_up(writer: OnnxWriter, given: Input, texts: str) -> str:
    writer.graph.note = f"{given.name} as a number"
    known = given.known or {"": given.other}
    return str(
        writer.graph.node(
            "LabelEncoder",
            texts,
            domain="ai.onnx.ml",
            keys_strings=list(known),
            values_floats=[float(code) for code in known.values()],
            default_float=float(given.other),
        )
    )


def _matched(writer: OnnxWriter, given: Input, texts: str) -> str:
    """Return the numbers of a column's categories: which of them it is, each expression says by one binary digit."""
    graph, found = writer.graph, patterns(given)
    graph.note = f"{given.name} as a number"
    codes = graph.constant(np.array([given.other, *found], np.float32))
    place = graph.node("Expand", graph.places(0), graph.node("Shape", texts))
    for digit in range(len(found).bit_length()):
        own = [each for number, each in enumerate(found.values(), 1) if number >> digit & 1]
        is_one = matches(writer, texts, [pattern for each in own for pattern in each])
        value = graph.node("Mul", graph.cast(is_one, np.int64), graph.places(1 << digit))
        place = graph.node("Add", place, value)
    return str(graph.node("Gather", codes, place))


def matches(writer: OnnxWriter, texts: str, alternatives: Sequence[str]) -> str:
    """Return whether each text, without blanks at its ends, matches one of several patterns."""
    graph, shared, length = writer.graph, [list[str]()], 0
    for pattern in alternatives:
        if shared[-1] and length + len(pattern) > LONGEST:
            shared.append([])
            length = 0
        shared[-1].append(pattern)
        length += len(pattern)
    found = [graph.node("RegexFullMatch", texts, pattern=stripped_match(each)) for each in shared]
    both = found[0]
    for other in found[1:]:
        both = graph.node("Or", both, other)
    return both


def is_missing(writer: OnnxWriter, given: Input, texts: str) -> str:
    """Return whether each text is missing."""
    return matches(writer, texts, [*map(re.escape, given.marks), *spellings(given.numbers)])


def without_zeros(writer: OnnxWriter, texts: str) -> str:
    """Return texts, of those that are whole numbers alone what stands before the decimal point."""
    graph = writer.graph
    whole = graph.node("RegexFullMatch", texts, pattern=f"{BLANK}*{WHOLE}{ZEROS}{BLANK}*")
    parts, _ = graph.pair("StringSplit", texts, delimiter=".", maxsplit=1)
    before = graph.node("Gather", parts, graph.places(0), axis=-1)
    return str(graph.node("Where", whole, before, texts))
