"""The shape of an expression in matrices and vectors, or its lack of one."""

import numpy as np

from koubai.core.errors import ShapeError
from koubai.core.formulas.tree import Formula, Symbol
from koubai.explain.derivations import Block, Derivation, Section, Table, say
from koubai.explain.matrix.grammar import parse
from koubai.explain.matrix.inference import Shaper, read_shapes
from koubai.explain.matrix.nodes import written
from koubai.explain.matrix.pages import operations
from koubai.explain.matrix.pages import shapes as explain_shapes
from koubai.explain.quiz.questions import Level, Question, question
from koubai.explain.quiz.reading import CLASH
from koubai.explain.quiz.topic import Topic

EASY = ("A.T @ x", "A @ z", "x.T @ x", "x @ x.T", "x.T @ A", "A @ B", "A @ x", "B.T @ A.T")
EXAM = (
    "x.T @ W @ x",
    "A.T @ W @ A",
    "x.T @ A @ z",
    "A @ B @ w",
    "(A @ B).T @ x",
    "x @ z.T + A",
    "norm(A @ z - x)**2",
    "A.T @ (A @ z - x)",
    "A @ A.T + W",
    "A.T @ A + W",
    "(x.T @ x) * A.T",
    "W @ A @ B.T",
)
LETTERS = (("m", "k", "n"), ("p", "q", "r"), ("n", "d", "h"), ("3", "2", "4"), ("5", "3", "2"), ("2", "4", "3"))


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for the shape of an expression, or whether it has none."""
    texts = EASY if level == "easy" else EXAM
    text = texts[int(rng.integers(0, len(texts)))]
    m, k, n = LETTERS[int(rng.integers(0, len(LETTERS)))]
    all_shapes = {"A": (m, k), "B": (k, n), "W": (m, m), "x": (m, "1"), "z": (k, "1"), "w": (n, "1")}
    used = [name for name in all_shapes if name in {token for token in text if token.isalpha()} - {"T"}]
    if "norm" in text:
        used = ["A", "z", "x"]
    given = {name: ",".join(all_shapes[name]) for name in used}
    tree = parse(text)
    formula = written(Shaper(text, {}).run(tree))  # typeset identically whether or not the given shapes fit
    shaper = Shaper(text, read_shapes(given))
    try:
        shape = shaper.run(tree).shape
        answer = f"{shape[0]}×{shape[1]}"
        derivation = explain_shapes(text, given)
    except ShapeError:
        answer, derivation = CLASH, _clash(formula, shaper)
    wrong: list[tuple[str, str]] = []
    if answer != CLASH:
        rows, columns = answer.split("×")
        wrong = [(f"{columns}×{rows}", "turned_shape"), (CLASH, "no_clash")]
    else:
        wrong = [(f"{a}×{b}", "clash") for a in (m, k, n, "1") for b in (m, k, n, "1")]
    table = Table(
        (say("explain.column.piece"), say("explain.column.shape")),
        tuple((Symbol(name, bold=True), "×".join(all_shapes[name])) for name in used),
    )
    prompt: list[Block] = [say("quiz.shapes"), table, say("quiz.ask_shape", expression=formula)]
    return question(prompt, formula, answer, derivation, wrong)


def _clash(formula: Formula, shaper: Shaper) -> Derivation:
    """Return the operations that fit, and the one that does not."""
    title = say("quiz.title.clash", expression=formula)
    assert shaper.problem is not None
    fitting: tuple[Block, ...] = (operations(shaper),) if shaper.reasons else ()
    return Derivation(title, (Section(say("explain.section.shapes"), (*fitting, shaper.problem)),))


TOPIC = Topic("shapes", slide=88, number=4, make=make, room={"easy": 15, "exam": 15}, how="quiz.how_shapes")
