"""Updates of a weight, recorded from `koubai.explain` for each optimizer, and what comes before the rule."""

from collections.abc import Sequence

import numpy as np

from koubai.core.formulas.tree import Formula, Quantity, Quotient, Symbol
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.core.schema import Record
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import trace_step
from koubai.explain.derivations import Step
from koubai.explain.network.updates import UpdateSteps, rule_name
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import OPTIMIZERS
from koubai.play.derived.plain import Marks, alike
from koubai.play.derived.recorded import LAYER, NODE, OTHER, WIDTH

ROWS = 7
"""Rows of the minibatch."""
NAMES = {LAYER: "l", NODE: "i", OTHER: "j"}
GIVEN = ("α", "t", "w", "E", "P", "g")
"""Letters of what an update starts from."""


class Recorder(UpdateSteps):
    """Notes which slot each letter is."""

    def slot(self, letter: str, index: int) -> Quantity:
        """Return a slot, and note it."""
        self.__dict__.setdefault("slots", {})[letter] = index
        return super().slot(letter, index)


def record_of_rules() -> Record:
    """Return the steps of every optimizer, and those from the rows' gradients to g."""
    rules = {}
    for name, kind in OPTIMIZERS.items():
        made = _update(kind(), Penalty())
        own = [step for step in made.steps if step.id.kind != "g"]
        slots = made.__dict__.get("slots", {})
        rules[name] = {
            "name": Marks().text(rule_name(kind())),
            "slots": slots,
            "steps": _steps(own, (*slots, *_subjects(made.steps))),
        }
    return {"rules": rules, "before": _before()}


def _before() -> Record:
    """Return the steps before a rule: the mean of a batch, each form of penalty, and g."""
    found: Record = {}
    for name, penalty in (("1", Penalty(l1=0.1)), ("2", Penalty(l2=0.1)), ("12", Penalty(l1=0.1, l2=0.2))):
        steps = {step.id.kind: step for step in _update(OPTIMIZERS["sgd"](), penalty).steps}
        found |= {f"penalty.{name}": steps["penalty"], "regularized": steps["regularized"], "g.regularized": steps["g"]}
    batch = {step.id.kind: step for step in _update(OPTIMIZERS["sgd"](), Penalty(), ROWS).steps}
    found |= {"batch_mean": batch["batch_mean"], "g": batch["g"]}
    recorded = {kind: _steps([step], ("λ",))[0] for kind, step in found.items()}
    recorded["batch_mean"]["symbols"] = _mean(batch["batch_mean"].symbols)
    return recorded


def _mean(formula: Formula) -> list[object]:
    """Return the mean over the rows as one of its terms and their number.

    Raises
    ------
    ValueError
        If its terms are not all alike.
    """
    assert isinstance(formula, Quotient)
    rows = [row for row in range(1, ROWS + 1) if row not in NAMES]
    terms = [Marks({**NAMES, row: "r"}, GIVEN).formula(formula.above.parts()[row - 1]) for row in rows]
    return ["/", ["sum", [], [alike(terms, "a mean")]], ["n", "$n"]]


def _update(rule: Optimizer, penalty: Penalty, n_rows: int = 1) -> Recorder:
    """Return the update of one weight of a network whose indices are known by their numbers."""
    network = Network.dense((WIDTH,) * 5, hidden=("tanh",) * 3, output="identity", loss="half_squared_error")
    theta = np.linspace(-0.3, 0.4, network.n_parameters)
    rows = Rows(np.linspace(0.3, 0.7, n_rows * WIDTH).reshape(n_rows, WIDTH), np.full((n_rows, WIDTH), 0.5))
    slots = rule.init(theta) + 0.01
    trace = trace_step(Plan(network, rule, penalty), State(theta, slots, 2), rows, 0.1)
    return Recorder(Plan(network, rule, penalty), trace, (LAYER, NODE, OTHER))


def _subjects(steps: Sequence[Step]) -> tuple[str, ...]:
    return tuple(step.subject.base for step in steps if isinstance(step.subject, Symbol))


def _steps(steps: Sequence[Step], letters: Sequence[str]) -> list[Record]:
    """Return steps as data; quantities with these letters, and those given, get their numbers on the page."""
    marks = Marks(NAMES, (*GIVEN, *letters))
    return [
        {
            "kind": step.id.kind,
            "heading": marks.text(step.heading),
            "subject": marks.formula(step.subject),
            "symbols": marks.formula(step.symbols),
            "notes": [marks.text(note) for note in step.notes],
        }
        for step in steps
    ]
