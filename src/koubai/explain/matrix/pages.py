"""Shapes, derivatives and identities of matrices as derivations (lecture slides 84-88)."""

from collections.abc import Mapping, Sequence

from koubai.core.errors import ParameterError
from koubai.core.formulas.pieces import Relation
from koubai.core.formulas.tree import Formula, Number, Partial, Symbol
from koubai.core.language import worded
from koubai.explain.derivations import Block, Derivation, Display, Section, Table, say
from koubai.explain.matrix.checking import DRAWS, difference_of_derivative, difference_of_sides
from koubai.explain.matrix.gradient import Passed
from koubai.explain.matrix.gradient import derivative as differentiate
from koubai.explain.matrix.grammar import names, parse
from koubai.explain.matrix.inference import Shaper, read_shapes
from koubai.explain.matrix.nodes import SCALAR, Node, shown, written

ROUNDING = 1e-9
"""Two sides that differ by less count as equal."""

IDENTITIES = (
    ("norm(x)**2", "x", "2 * x"),
    ("w.T @ x", "x", "w"),
    ("M @ x", "x", "M.T"),
    ("norm(x - a)**2", "x", "2 * (x - a)"),
    ("norm(A @ x - b)**2", "x", "2 * A.T @ (A @ x - b)"),
    ("inv(A).T", "", "inv(A.T)"),
    ("(A @ B).T", "", "B.T @ A.T"),
    ("(A + B).T", "", "A.T + B.T"),
    ("sum(w * x)", "", "w.T @ x"),
)
"""The lecture's identities: an expression, the variable of differentiation (if any), and the result."""


def shapes(expression: str, given: Mapping[str, str] | None = None) -> Derivation:
    """Explain the shape of an expression, operation by operation; for ``left == right``, also whether it holds.

    Parameters
    ----------
    expression : str
        For example ``"A.T @ x"``; see `koubai.explain.matrix.grammar`.
    given : Mapping of str to str
        Shapes by name, ``{"A": "m,k"}``; the sizes of other names follow from their use.

    Returns
    -------
    Derivation

    Raises
    ------
    ParameterError
        If the expression or a shape is invalid.
    ShapeError
        If shapes clash.
    """
    tree = parse(expression)
    fixed = read_shapes(given or {})
    unused = [name for name in fixed if name not in names(tree)]
    if unused:
        raise ParameterError(worded("explain.error.shape_unused", expression=repr(expression), name=unused[0]))
    shaper = Shaper(expression, fixed)
    node = shaper.run(tree)
    blocks = [*_given(shaper), operations(shaper)]
    whole = written(node) if node.kind != "equal" else Relation(*_sides(node))
    if node.kind == "equal":
        blocks.append(_verdict(node, shaper))
    else:
        blocks.append(say("explain.matrix.result_shape", shape=shown(node.shape)))
    section = Section(say("explain.section.shapes"), tuple(blocks))
    return Derivation(say("explain.title.shapes", expression=whole), (section,))


def derivative(expression: str, by: str, given: Mapping[str, str] | None = None) -> Derivation:
    """Explain the symbolic derivative of an expression, with its shape and a numerical check.

    Parameters
    ----------
    expression : str
        A scalar such as ``"norm(A @ x - b)**2"``, or a column vector such as ``"M @ x"``.
    by : str
        The name to differentiate with respect to.
    given : Mapping of str to str
        Shapes by name; the sizes of other names follow from their use.

    Returns
    -------
    Derivation

    Raises
    ------
    ParameterError
        If the expression is invalid, is an equation, or does not contain ``by``.
    ShapeError
        If shapes clash, or the expression is neither a scalar nor a vector.
    """
    tree = parse(expression)
    if tree.operator == "==":
        raise ParameterError(worded("explain.error.no_equation", got=repr(expression)))
    if by not in names(tree):
        first = (names(tree) or ["x"])[0]
        raise ParameterError(worded("explain.error.by", expression=repr(expression), got=repr(by), first=first))
    shaper = Shaper(expression, read_shapes(given or {}))
    node = shaper.run(tree)
    found = differentiate(node, by, shaper.shapes[by])
    name = Symbol(by, bold=shaper.shapes[by] != SCALAR)
    sections = [Section(say("explain.section.shapes"), (*_given(shaper), operations(shaper)))]
    if found.sweep:
        sections.append(_sweep(found.sweep))
    result: list[Block] = [] if found.sweep else [say("explain.matrix.vector")]
    result.append(Display((_partial(node, name), written(found.result))))
    result.append(say("explain.matrix.result_shape", shape=shown(found.result.shape)))
    result.append(say("explain.matrix.layout", name=name))
    sections.append(Section(say("explain.section.derivative"), tuple(result)))
    worst = difference_of_derivative(node, found.result, by, shaper.shapes)
    check = say("explain.matrix.check", count=DRAWS, difference=Number(float(f"{worst:.1e}")))
    sections.append(Section(say("explain.section.check"), (check,)))
    title = say("explain.title.derivative", expression=written(node), name=name)
    return Derivation(title, tuple(sections))


def identities() -> Derivation:
    """Explain the lecture's vector and matrix identities, each checked on random matrices.

    Returns
    -------
    Derivation
    """
    rows = []
    for text, by, outcome in IDENTITIES:
        shaper = Shaper(text, {})
        tree = parse(f"{text} == {outcome}") if not by else parse(text)
        node = shaper.run(tree)
        if by:
            result = differentiate(node, by, shaper.shapes[by]).result
            worst = difference_of_derivative(node, result, by, shaper.shapes)
            left: Formula = _partial(node, Symbol(by, bold=True))
            right = written(result)
        else:
            left, _, right = _sides(node)
            result = node.parts[0]
            worst = difference_of_sides(node.parts[0], node.parts[1], shaper.shapes)
        rows.append((Relation(left, "=", right), shown(result.shape), Number(float(f"{worst:.0e}"))))
    columns = (
        say("explain.column.identity"),
        say("explain.column.shape"),
        say("explain.column.difference"),
    )
    blocks = (say("explain.identity.checked", count=DRAWS), Table(columns, tuple(rows)))
    return Derivation(say("explain.title.identities"), (Section(say("explain.section.identities"), blocks),))


def _given(shaper: Shaper) -> list[Block]:
    """Return the names with their shapes."""
    rows = tuple((Symbol(name, bold=shape != SCALAR), shown(shape)) for name, shape in shaper.shapes.items())
    columns = (say("explain.column.piece"), say("explain.column.shape"))
    return [say("explain.matrix.shapes_taken"), Table(columns, rows)] if rows else []


def operations(shaper: Shaper) -> Table:
    """Return the operations, each with its shape and the reason."""
    rows = [(written(reason.node), shown(reason.node.shape), reason.why) for reason in shaper.reasons]
    columns = (say("explain.column.piece"), say("explain.column.shape"), say("explain.column.reason"))
    return Table(columns, tuple(rows))


def _sides(node: Node) -> tuple[Formula, str, Formula]:
    return written(node.parts[0]), "=", written(node.parts[1])


def _verdict(node: Node, shaper: Shaper) -> Block:
    worst = difference_of_sides(node.parts[0], node.parts[1], shaper.shapes)
    key = "explain.matrix.equal" if worst < ROUNDING else "explain.matrix.unequal"
    return say(key, count=DRAWS, difference=Number(float(f"{worst:.1e}")))


def _partial(node: Node, name: Symbol) -> Formula:
    """Return ∂(expression)/∂name."""
    return Partial(written(node), name)


def _sweep(sweep: Sequence[Passed]) -> Section:
    rows = [
        (written(passed.node), written(passed.derivative), say(f"explain.rule.piece.{passed.rule}")) for passed in sweep
    ]
    columns = (say("explain.column.piece"), say("explain.column.derivative"), say("explain.column.reason"))
    return Section(say("explain.section.sweep"), (say("explain.matrix.start"), Table(columns, tuple(rows))))
