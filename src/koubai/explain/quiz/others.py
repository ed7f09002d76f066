"""Questions about the perceptron, gradient descent on a polynomial, and shapes."""

from fractions import Fraction

import numpy as np

from koubai.core.errors import ShapeError
from koubai.core.perceptron import learn
from koubai.explain.formula import Apply, Formula, Matrix, Number, Quantity, Symbol, add
from koubai.explain.learning_walk import Examples, perceptron
from koubai.explain.matrix.grammar import parse
from koubai.explain.matrix.inference import Shaper, read_shapes
from koubai.explain.matrix.nodes import written
from koubai.explain.matrix.pages import operations
from koubai.explain.matrix.pages import shapes as explain_shapes
from koubai.explain.quiz.questions import CLASH, Level, Question, is_clean, question
from koubai.explain.records import Block, Cell, Derivation, Display, Section, Step, Table, say
from koubai.explain.values import Notation, Value

RATES = (Fraction(1, 2), Fraction(1), Fraction(1, 4))


def perceptron_question(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for the weights after one example (easy) or after a pass over three (exam)."""
    n_rows, n_features = (1, 3) if level == "easy" else (3, 3)
    x = np.array([[Fraction(int(v)) for v in row] for row in rng.integers(-1, 3, (n_rows, n_features))], dtype=object)
    y = rng.choice([-1, 1], n_rows)
    start = np.array([Fraction(int(v), 2) for v in rng.integers(-3, 4, n_features)], dtype=object)
    rate = RATES[int(rng.integers(0, len(RATES)))]
    drawn = learn(x, y, learning_rate=rate, start=start)
    answer = tuple(drawn[-1].weights)
    n_wrong = sum(not seen.right for seen in drawn)
    zero = any(seen.score == 0 for seen in drawn)
    if not is_clean(answer) or (level == "exam" and n_wrong < 2) or not all(np.abs(row).sum() for row in x):
        return None
    if level == "easy" and n_wrong == 0 and rng.random() < 0.7:
        return None
    wrong: list[tuple[tuple[Value, ...], str]] = []
    if zero:
        wrong.append((_walk(x, y, start, rate, zero_is_positive=True), "zero_positive"))
    wrong += [
        (_walk(x, y, start, -rate), "sign_of_update"),
        (_walk(x, y, start, Fraction(1)), "no_rate"),
        (_walk(x, y, start, rate, always=True), "updated_though_right"),
        (tuple(start), "not_updated"),
    ]
    names = tuple(f"x{j}" for j in range(1, n_features + 1))
    examples = Examples(x, y, names, tuple(str(row) for row in range(1, n_rows + 1)))
    derivation = perceptron(examples, learning_rate=rate, start=start.tolist())
    columns: tuple[Cell, ...] = (
        say("explain.column.example"),
        *(Symbol("x", (j,)) for j in range(1, n_features + 1)),
        Symbol("y"),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (str(row + 1), *(Number(value) for value in x[row]), Number(Fraction(int(y[row])), signed=True))
        for row in range(n_rows)
    )
    subject = Symbol("w", (), n_rows, bold=True)
    prompt: list[Block] = [
        say("quiz.perceptron"),
        Table(columns, rows),
        Display((Symbol("η"), Number(rate))),
        Display((Symbol("w", (), 0, bold=True), Matrix(tuple((Number(value),) for value in start)))),
        say("quiz.ask_vector", quantity=subject),
    ]
    return question(prompt, subject, answer, derivation, wrong)


def _walk(
    x: np.ndarray,
    y: np.ndarray,
    start: np.ndarray,
    rate: Fraction,
    *,
    zero_is_positive: bool = False,
    always: bool = False,
) -> tuple[Value, ...]:
    """Return the weights that a mistaken learning rule ends with."""
    w = start
    for row, label in zip(x, y, strict=True):
        score = row @ w
        prediction = 1 if score > 0 or (zero_is_positive and score == 0) else -1
        if always or prediction != label:
            w = w + rate * int(label) * row
    return tuple(w)


def descent_question(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for x after one step of gradient descent on a parabola (easy), two on a cubic (exam)."""
    b, c = (Fraction(int(v)) for v in rng.integers(-3, 4, 2))
    a = Fraction(int(rng.integers(1, 4)))
    cubic = Fraction(int(rng.choice([-1, 1]))) if level == "exam" else Fraction(0)
    start, rate = Fraction(int(rng.integers(-3, 4))), Fraction(1, int(rng.choice([2, 4, 8])))
    coefficients = (c, b, a, cubic)
    n_steps = 1 if level == "easy" else 2
    points = [start]
    for _ in range(n_steps):
        points.append(points[-1] - rate * _slope(coefficients, points[-1]))
    slopes = [_slope(coefficients, point) for point in points[:-1]]
    if not is_clean([*points, *slopes]) or 0 in slopes or len(set(points)) < len(points):
        return None
    up = [start]
    for _ in range(n_steps):
        up.append(up[-1] + rate * _slope(coefficients, up[-1]))
    wrong: list[tuple[tuple[Value, ...], str]] = [
        ((up[-1],), "sign_of_update"),
        ((points[-2] - slopes[-1],), "no_rate"),
        ((points[-2] - rate * _value(coefficients, points[-2]),), "value_for_slope"),
    ]
    if n_steps == 2:
        wrong += [((points[1] - rate * slopes[0],), "old_gradient"), ((points[1],), "one_step_only")]
    derivation = _descent(coefficients, points, rate)
    subject = Symbol("x", (), n_steps)
    x = Symbol("x")
    prompt: list[Block] = [
        say("quiz.descent", count=n_steps),
        Display((_f(x), _polynomial(coefficients, x))),
        Display((Symbol("x", (), 0), Number(start))),
        Display((Symbol("α"), Number(rate))),
        say("quiz.ask", quantity=subject),
    ]
    return question(prompt, subject, (points[-1],), derivation, wrong)


def _value(coefficients: tuple[Fraction, ...], x: Fraction) -> Fraction:
    return sum((c * x**k for k, c in enumerate(coefficients)), Fraction(0))


def _slope(coefficients: tuple[Fraction, ...], x: Fraction) -> Fraction:
    return sum((k * c * x ** (k - 1) for k, c in enumerate(coefficients) if k), Fraction(0))


def _f(x: Formula, prime: bool = False) -> Formula:
    return Apply("f", (x,), prime=prime)


def _polynomial(coefficients: tuple[Fraction, ...], x: Formula) -> Formula:
    """Return a polynomial, the highest power first."""
    terms: list[Formula] = []
    for k, c in reversed(list(enumerate(coefficients))):
        power: Formula | None = None if k == 0 else x if k == 1 else x**k
        if c == 0:
            continue
        size = abs(c)
        term: Formula = Number(size) if power is None else power if size == 1 else Number(size) * power
        terms.append(-term if c < 0 else term)
    return add(*terms) if terms else Number(Fraction(0))


def _descent(coefficients: tuple[Fraction, ...], points: list[Fraction], rate: Fraction) -> Derivation:
    """Return the derivation of some steps of gradient descent on a polynomial."""
    slopes = tuple(k * c for k, c in enumerate(coefficients))[1:]
    x, alpha = Symbol("x"), Quantity(Symbol("α"), Number(rate))
    steps: list[Block] = [
        Display((_f(x), _polynomial(coefficients, x))),
        Display((_f(x, True), _polynomial(slopes, x))),
    ]
    law = (Symbol("x", (), "t+1"), Symbol("x", (), "t") - Symbol("α") * _f(Symbol("x", (), "t"), True))
    for t, point in enumerate(points[:-1]):
        here = Quantity(Symbol("x", (), t), Number(point))
        formula = _polynomial(slopes, here)
        slope = Quantity(_f(here.notation, True), Number(_slope(coefficients, point)))
        moved, after = here - alpha * slope, Number(points[t + 1])
        uses = (f"x.{t}",) if t else ()
        steps.append(
            Step(
                f"slope.{t}",
                say("quiz.step.slope", t=t),
                slope.notation,
                formula,
                slope.number,
                (),
                uses,
            )
        )
        steps.append(
            Step(
                f"x.{t + 1}",
                say("quiz.step.move", t=t + 1),
                Symbol("x", (), t + 1),
                moved,
                after,
                law,
                (*uses, f"slope.{t}"),
            )
        )
    title = say("quiz.title.descent_answer")
    return Derivation(title, (Section(say("quiz.section.steps"), tuple(steps)),), f"x.{len(points) - 1}", Notation())


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


def shapes_question(rng: np.random.Generator, level: Level) -> Question | None:
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
    formula = written(Shaper(text, {}).run(tree))  # set alike whether or not the given shapes fit
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
