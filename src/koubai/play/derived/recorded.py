"""Steps of a network's pass, recorded from `koubai.explain` on a network whose indices are known by their numbers.

Each step is made once for a node in the middle of a network of five layers; what is the same for all terms of a sum is
kept once, and recording fails where it is not. So the equations stay written where they are, and the page has them all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from koubai.core.formulas.tree import Formula, Number, Quantity, Sum, Symbol
from koubai.core.losses import get_loss
from koubai.core.losses.base import Loss
from koubai.core.network import Network
from koubai.core.schema import Record
from koubai.explain.derivations import Step
from koubai.explain.network.activations import derivative, value
from koubai.explain.network.book import Book
from koubai.explain.network.losses import slope, term
from koubai.explain.network.passes import trace_of
from koubai.explain.network.steps import book_of
from koubai.play.derived.plain import Marks, Plain, filled, repeated

DEPTH, WIDTH, LAYER, NODE, OTHER = 5, 8, 3, 6, 7
"""Layers and nodes of the network, and the layer, the node and the term that are recorded."""
NEAR = {LAYER - 1: "l-1", LAYER: "l", LAYER + 1: "l+1", NODE: "i"}
LAST = {DEPTH - 1: "l-1", DEPTH: "l", NODE: "i"}
TARGETS = {"hinge": 1.0, "perceptron": 1.0, "poisson": 3.5}
"""A target that a loss accepts and that is not 0."""
FAR = 1000.0
"""A pre-activation for which formulas take the form that cannot overflow."""


def book(output: str, loss: str, hidden: str = "tanh", *, far: bool = False) -> Book:
    """Return one row's pass through the network; with ``far``, its pre-activations are very large."""
    kind = get_loss(loss)
    network = Network.dense((WIDTH,) * (DEPTH + 1), hidden=(hidden,) * (DEPTH - 1), output=output, loss=kind)
    theta = np.linspace(-0.013, 0.017, network.n_parameters) * (1e6 if far else 1)
    y = np.full(WIDTH, TARGETS.get(loss, 0.5))
    if loss == "cross_entropy":
        y = np.eye(WIDTH)[0]
    return book_of(trace_of(network, theta, np.linspace(0.3, 0.7, WIDTH), y))


def recorded(found: Book, names: Mapping[int, str], kind: str, *indices: int) -> Record:
    """Return a step as data; where its sum runs over all nodes, with one term of it and how often it stands."""
    step = found.step(kind, *indices)
    made = _plain(step, names)
    made["symbols"] = _gathered(step.symbols, names)
    kinds = dict.fromkeys(used.kind for used in step.uses)
    terms = [[used for used in step.uses if used.kind == each] for each in kinds]
    of_term = Marks({OTHER: "j", **{each: name for each, name in names.items() if each != NODE}})
    made["uses"] = [Marks(names).identifier(used) for each in terms if len(each) != WIDTH for used in each]
    made["each"] = [
        of_term.identifier(replace(each[0], indices=(*each[0].indices[:-1], OTHER)))
        for each in terms
        if len(each) == WIDTH
    ]
    return made


def _plain(step: Step, names: Mapping[int, str]) -> Record:
    marks = Marks(names)
    return {
        "heading": marks.text(step.heading),
        "subject": marks.formula(step.subject),
        "law": [marks.formula(each) for each in step.law],
        "notes": [marks.text(note) for note in step.notes],
    }


def _gathered(formula: Formula, names: Mapping[int, str]) -> Plain:
    """Return a formula with the one sum that runs over all nodes as what precedes it and one of its terms.

    Raises
    ------
    ValueError
        If the terms of such a sum are not all alike.
    """
    whole, marked = Marks({}).formula(formula), Marks(names).formula(formula)
    place = _place(whole)
    if place is None:
        return marked
    exact, shown = _at(whole, place), _at(marked, place)
    head, groups = repeated(exact[1:], WIDTH)
    body = _bodies(formula, names)
    numbers = {name: number for number, name in names.items()}
    for j, group in enumerate(groups, start=1):
        if filled(body, {**numbers, "j": j}) != group:
            raise ValueError(f"derivations: the terms of a sum must be alike; got {group!r} as number {j} of {body!r}.")
    gathered = ["sum", shown[1 : 1 + len(head)], body]
    return _with(marked, place, gathered)


def _bodies(formula: Formula, names: Mapping[int, str]) -> list[Plain]:
    """Return the terms of the sum that belong to the node that is recorded."""
    whole = next(part for part in formula.walk() if isinstance(part, Sum) and len(part.terms) >= WIDTH)
    marks = Marks({**names, OTHER: "j"})
    return repeated([marks.formula(each) for each in whole.terms], WIDTH)[1][OTHER - 1]


def _place(plain: Plain) -> tuple[int, ...] | None:
    """Return where in a formula the sum over all nodes stands."""
    if plain[0] == "+" and len(plain) > WIDTH:
        return ()
    for at, part in enumerate(plain):
        found = _place(part) if isinstance(part, list) and part and isinstance(part[0], str) else None
        if found is not None:
            return (at, *found)
    return None


def _at(plain: Any, place: Sequence[int]) -> Any:
    return plain if not place else _at(plain[place[0]], place[1:])


def _with(plain: Any, place: Sequence[int], part: Any) -> Any:
    if not place:
        return part
    return [_with(each, place[1:], part) if at == place[0] else each for at, each in enumerate(plain)]


def of_activation(name: str) -> Record:
    """Return z and φ'(u) of a hidden layer with this activation, and their forms where u is very large."""
    found = book("identity", "half_squared_error", name)
    phi, marks = found.network.layers[LAYER - 1].activation, Marks(NEAR)
    u = Quantity(found.symbol("u", LAYER, NODE), Number(FAR))
    z = found.z(LAYER, NODE)
    steps = {kind: recorded(found, NEAR, kind, LAYER, NODE) for kind in ("z", "slope")}
    for kind, far in (("z", value(phi, u, FAR)), ("slope", derivative(phi, u, z))):
        told = marks.formula(far)
        if told != steps[kind]["symbols"]:
            steps[kind]["far"] = told
    return steps


def of_loss(loss: Loss, output: str) -> Record:
    """Return E and ∂E/∂z of an output, and the form of a term whose target is 0."""
    found = book(output, loss.name)
    steps: Record = {"letter": loss.letter}
    steps |= {"E": recorded(found, LAST, "E"), "dz": recorded(found, LAST, "dz", DEPTH, NODE)}
    if loss.term_formula(Symbol("z"), Symbol("y")) is None or loss.gradient_formula(Symbol("z"), Symbol("y")) is None:
        return steps  # its notation with a number, which no page can compute
    marks, zero = Marks({**LAST, OTHER: "j"}), Number(0)
    z, y = found.z(DEPTH, OTHER), found.y(OTHER)
    none = Quantity(y.notation, replace(zero, value=0 * y.evaluate()))
    with_none, usual = marks.formula(term(loss, z, none)), marks.formula(term(loss, z, y))
    if with_none != usual:
        steps["E"]["of_none"] = with_none
    assert marks.formula(slope(loss, z, y))[0] != "q"
    return steps


def of_layers() -> Record:
    """Return the steps that are the same for all activations and losses."""
    plain, several = book("tanh", "absolute_error"), book("softmax", "half_squared_error")
    far = book("softmax", "half_squared_error", "identity", far=True)
    return {
        "u": recorded(plain, NEAR, "u", LAYER, NODE),
        "dz": recorded(plain, NEAR, "dz", LAYER, NODE),
        "delta": recorded(plain, NEAR, "delta", LAYER, NODE),
        "delta.output": recorded(plain, LAST, "delta", DEPTH, NODE),
        "delta.softmax": recorded(several, LAST, "delta", DEPTH, NODE),
        "delta.half_squared_error": recorded(book("tanh", "half_squared_error"), LAST, "delta", DEPTH, NODE),
        "z.softmax": recorded(several, LAST, "z", DEPTH, NODE),
        "S": recorded(several, LAST, "S", DEPTH),
        "z.softmax.far": recorded(far, LAST, "z", DEPTH, NODE),
        "S.far": recorded(far, LAST, "S", DEPTH),
        "grad": recorded(plain, {**NEAR, OTHER: "j"}, "grad", LAYER, NODE, OTHER),
        "grad.bias": recorded(plain, NEAR, "grad", LAYER, NODE, 0),
    }
