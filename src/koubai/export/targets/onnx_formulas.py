"""Formulas as nodes of an ONNX graph, with the operators that ONNX has for common ones."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from koubai.core.activations.base import sigmoid_formula
from koubai.core.formulas.pieces import Cases, Relation
from koubai.core.formulas.tree import (
    Formula,
    Function,
    Negative,
    Number,
    Power,
    Product,
    Quantity,
    Quotient,
    Sum,
    Symbol,
)
from koubai.export.functions import ERF, polynomials_of

NAMES = {"exp": "Exp", "log": "Log", "tanh": "Tanh", "erf": "Erf", "cos": "Cos", "sin": "Sin", "sqrt": "Sqrt",
         "abs": "Abs", "max": "Max", "min": "Min", "sign": "Sign", "floor": "Floor"}  # fmt: skip
RELATIONS = {"<": "Less", ">": "Greater", "≤": "LessOrEqual", "≥": "GreaterOrEqual", "=": "Equal"}

Node = Callable[..., str]
"""Adds an operator with its inputs' names to the graph; returns its output's name."""
Constant = Callable[[npt.ArrayLike], str]
"""Adds an array to the graph; returns its name."""


class Formulas:
    """Writes formulas of one precision as operators; what occurs twice is computed once.

    Parameters
    ----------
    node, constant : callable
        Add to the graph.
    dtype : numpy dtype
        The precision.
    symbols : mapping of str to str
        The tensor that each symbol stands for.
    """

    def __init__(self, node: Node, constant: Constant, dtype: npt.DTypeLike, symbols: Mapping[str, str]) -> None:
        self.node, self.constant, self.dtype = node, constant, np.dtype(dtype)
        self.symbols = dict(symbols)
        self._known: dict[Formula, str] = {}

    def write(self, formula: Formula) -> str:
        """Return the tensor of a formula's values."""
        if formula not in self._known:
            self._known[formula] = self._written(formula)
        return self._known[formula]

    def _written(self, formula: Formula) -> str:
        match formula:
            case Number():
                return self.constant(np.array(float(formula.value), self.dtype))
            case Quantity():
                return self.write(formula.number)
            case Symbol():
                return self.symbols[formula.base]
            case Negative():
                return self.node("Neg", self.write(formula.inside))
            case Sum():
                return self._sum(formula)
            case Product():
                return self._chain("Mul", [self.write(factor) for factor in formula.factors])
            case Quotient():
                return self._quotient(formula)
            case Power():
                return self._power(formula)
            case Function():
                return self._function(formula)
            case Relation():
                return self.node(RELATIONS[formula.operator], self.write(formula.left), self.write(formula.right))
            case Cases():
                value, condition = formula.branches[0]
                other = formula.branches[1][0]
                return self.node("Where", self.write(condition), self.write(value), self.write(other))
        raise TypeError(f"{type(formula).__name__} cannot be computed.")

    def _chain(self, operator: str, tensors: list[str]) -> str:
        found = tensors[0]
        for tensor in tensors[1:]:
            found = self.node(operator, found, tensor)
        return found

    def _sum(self, formula: Sum) -> str:
        first, *others = formula.terms
        found = self.write(first)
        for term in others:
            minus = isinstance(term, Negative)
            inside = term.inside if isinstance(term, Negative) else term
            found = self.node("Sub" if minus else "Add", found, self.write(inside))
        return found

    def _quotient(self, formula: Quotient) -> str:
        inside = _inside_sigmoid(formula)
        if inside is not None:
            return self.node("Sigmoid", self.write(inside))
        several = polynomials_of(formula)
        if several is not None:
            return self._ratio(*several)
        return self.node("Div", self.write(formula.above), self.write(formula.below))

    def _ratio(self, x: Formula, above: tuple[float, ...], below: tuple[float, ...]) -> str:
        """Return the quotient of two polynomials, both by Horner's rule at once."""
        n = max(len(above), len(below))
        both = np.array([[*each, *[0.0] * (n - len(each))] for each in (above, below)], self.dtype)  # (2, n)
        at = self.node("Unsqueeze", self.write(x), self.constant(np.array([-1], np.int64)))
        found = self.constant(both[:, -1])
        for k in range(n - 2, -1, -1):
            found = self.node("Add", self.node("Mul", found, at), self.constant(both[:, k]))
        first, second = (
            self.node("Gather", found, self.constant(np.array(place, np.int64)), axis=-1) for place in (0, 1)
        )
        return self.node("Div", first, second)

    def _power(self, formula: Power) -> str:
        base = self.write(formula.base)
        if isinstance(formula.exponent, Number) and formula.exponent.value == 2:
            return self.node("Mul", base, base)
        return self.node("Pow", base, self.write(formula.exponent))

    def _function(self, formula: Function) -> str:
        if formula.name == "max" and len(formula.arguments) == 2 and formula.arguments[0] == Number(0):
            return self.node("Relu", self.write(formula.arguments[1]))
        arguments = [self.write(argument) for argument in formula.arguments]
        if formula.name == "erf" and self.dtype == np.float64:  # ONNX runtimes have it in single precision
            inside = Formulas(self.node, self.constant, self.dtype, {"x": arguments[0]})
            return inside.program(ERF.bindings)
        return self.node(NAMES[formula.name], *arguments)

    def program(self, bindings: tuple[tuple[str, Formula], ...]) -> str:
        """Compute bindings in order; return the tensor of the last."""
        found = ""
        for name, formula in bindings:
            found = self.symbols[name] = self.write(formula)
        return found


def _inside_sigmoid(formula: Quotient) -> Formula | None:
    """Return x if the formula is σ(x)."""
    below = formula.below
    if isinstance(below, Sum) and len(below.terms) == 2:
        exponential = below.terms[1]
        if isinstance(exponential, Function) and isinstance(exponential.arguments[0], Negative):
            inside = exponential.arguments[0].inside
            return inside if sigmoid_formula(inside) == formula else None
    return None
