"""What every derivation must satisfy, whatever it explains."""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from koubai.core.formulas.tree import Function, Matrix, Number, Quantity, result_of
from koubai.core.formulas.values import Notation
from koubai.explain.derivations import Derivation, Step
from koubai.views.formulas.latex import LatexWriter
from koubai.views.formulas.mathml import MathMLWriter
from koubai.views.formulas.plain import PlainWriter

from .reading import read_latex, read_mathml, read_plain

FULL = Notation(digits=17)
WAYS = ((PlainWriter, read_plain), (LatexWriter, read_latex), (MathMLWriter, read_mathml))


def floats(value):
    if isinstance(value, np.ndarray):
        return np.array([[float(entry) for entry in row] for row in value])
    return float(value)


def assert_same(read, expected, scale, what):
    np.testing.assert_allclose(floats(read), floats(expected), rtol=1e-9, atol=1e-11 * scale, err_msg=what)


def scale_of(step: Step) -> float:
    numbers = [abs(float(part.value)) for part in step.numbers.walk() if isinstance(part, Number)]
    finite = [number for number in numbers if np.isfinite(number)]
    return min(1e100, max([1.0, *finite])) ** 2


def check_step(step: Step, notation: Notation = FULL) -> None:
    """The formula in symbols, the formula with numbers and the result, as written in three ways, say one number."""
    expected = step.result.evaluate()
    scale = scale_of(step)
    assert_same(step.symbols.evaluate(), expected, scale, f"{step.id} computed")
    for writer_class, read in WAYS:
        writer = writer_class(notation)
        known = {
            writer.write(part.notation): part.evaluate() for part in step.symbols.walk() if isinstance(part, Quantity)
        }
        for form, names in ((step.symbols, known), (step.numbers, {}), (step.result, {})):
            written = writer.write(form)
            assert_same(read(written, names), expected, scale, f"{step.id} {writer_class.__name__}: {written}")
            broken = "".join(writer.breakable(form))
            assert_same(read(broken, names), expected, scale, f"{step.id} {writer_class.__name__}, broken: {broken}")


def check_derivation(derivation: Derivation, notation: Notation = FULL) -> None:
    """Every step reads back, and rests on earlier steps alone."""
    seen: set[str] = set()
    for step in derivation.steps:
        check_step(step, notation)
        assert step.id not in seen, step.id
        seen.add(step.id)
    if derivation.asked is not None:
        assert derivation.asked in seen


__all__ = ["FULL", "Fraction", "Function", "Matrix", "check_derivation", "check_step", "replace", "result_of"]
