"""The perceptron's rule on one example, recorded from `koubai.explain` on features known by their number."""

from typing import Any

import numpy as np

from koubai.core.formulas.tree import Formula
from koubai.core.schema import Record
from koubai.explain.derivations import Block, Display, Step, Text
from koubai.explain.learning_rule.learning_walk import one_example
from koubai.play.derived.plain import Marks, Plain, alike

FEATURES = 5
"""Features of the example."""
OPEN = ("w", "x", "y", "f", "η")


def record_of_learning() -> Record:
    """Return the rules as they are told, and the steps of an example that is misclassified."""
    derivation = one_example(np.full(FEATURES, -0.3), np.linspace(0.1, 0.9, FEATURES), 1, 0.1)
    rules = derivation.sections[0].blocks[:-2]  # without the numbers of η and w, which follow
    steps = {step.id.kind: _step(step) for step in derivation.steps if step.id.indices}
    steps["total"] = _step(next(step for step in derivation.steps if not step.id.indices))
    score = derivation.step("f.1")
    steps["f"]["symbols"] = ["sum", [], [_term(score.symbols)]]
    return {"rules": [_block(block) for block in rules], "steps": steps}


def _block(block: Block) -> Any:
    """Return a text, or a chain of formulas."""
    if isinstance(block, Text):
        return Marks().text(block)
    assert isinstance(block, Display)
    return {"chain": [Marks({}, OPEN).formula(each) for each in block.chain]}


def _step(step: Step) -> Record:
    marks = Marks({}, OPEN)
    return {
        "heading": marks.text(step.heading),
        "subject": marks.formula(step.subject),
        "law": [marks.formula(each) for each in step.law],
        "symbols": marks.formula(step.symbols),
    }


def _term(total: Formula) -> Plain:
    """Return the term of one feature.

    Raises
    ------
    ValueError
        If the terms are not all alike.
    """
    features = [j for j in range(1, FEATURES + 1) if j != 1]  # 1 is the number of the example, too
    return alike([Marks({j: "j"}, OPEN).formula(total.parts()[j - 1]) for j in features], "f(x)")
