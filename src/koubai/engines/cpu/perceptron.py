"""Running the perceptron's kernels: many passes in few compiled calls, for all two-class problems in one sweep."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import DivergenceError
from koubai.engines.cpu.entries import run_perceptron
from koubai.engines.cpu.kernels import perceptron_records as records
from koubai.engines.cpu.layout import lent
from koubai.engines.cpu.perceptron_records import LabelledRows, LearningRule, Outcome, Pass, PassPlan, Problems, Weights

PENALTIES: Mapping[str | None, int] = {
    None: records.NO_PENALTY,
    "l1": records.L1,
    "l2": records.L2,
    "elasticnet": records.ELASTIC_NET,
}
"""Penalties by name."""
VARIANTS: Mapping[str, int] = {"plain": records.PLAIN, "averaged": records.AVERAGED, "pocket": records.POCKET}
"""Variants by name."""
ORDERS: Mapping[str, int] = {"in order": records.IN_ORDER, "shuffled": records.SHUFFLED, "random": records.DRAWN}
"""Orders of the rows by name."""

WORK_PER_CALL = 500_000_000
"""Approximate number of products per compiled call (at most a second), since Ctrl-C is handled between calls."""
PASSES_PER_CALL = 1000
"""Maximum number of passes tallied in one compiled call."""


def train(
    rows: LabelledRows,
    problems: Problems,
    rule: LearningRule,
    plan: PassPlan,
    state: Weights,
    after_pass: Callable[[Pass], npt.NDArray[np.bool_]] | None = None,
    n_threads: int = 1,
) -> Outcome:
    """Run passes over the rows until every problem has stopped, modifying ``state`` in place.

    Parameters
    ----------
    rows, problems, rule, plan
        What is learned, how, and for how long. Arrays have the dtype of the weights, float32 or float64.
    state : Weights
        Where to start; it holds the result.
    after_pass : callable, optional
        Called after each pass, returns which of the problems shown to it stop.
    n_threads : int
        Threads among which the problems are divided, >= 1; with ``after_pass`` there is one. The result is the same.

    Raises
    ------
    DivergenceError
        If weights become NaN or infinite.
    """
    parts = np.array_split(np.arange(problems.classes.size), min(max(1, n_threads), problems.classes.size))
    if after_pass or len(parts) == 1:
        return _Run(rows, problems, rule, plan, state, after_pass).finish()
    state.prepare(rule.variant)
    runs = [_Run(rows, problems.take(part), rule, plan, state.take(part), None) for part in parts]
    with ThreadPoolExecutor(len(parts)) as threads:
        outcomes = list(threads.map(_Run.finish, runs))
    for part, run in zip(parts, runs, strict=True):
        state.put(part, run.state)
    return _joined(outcomes)


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    """Merge partial outcomes."""
    n_passes = max(len(outcome.mistakes) for outcome in outcomes)
    padded = [np.pad(outcome.mistakes, ((0, n_passes - len(outcome.mistakes)), (0, 0))) for outcome in outcomes]
    return Outcome(
        np.concatenate([outcome.passes for outcome in outcomes]),
        np.concatenate(padded, axis=1),
        np.concatenate([outcome.separated for outcome in outcomes]),
    )


class _Run:
    """One training: compiled calls, each until a problem stops; the remaining problems are then compacted."""

    def __init__(
        self,
        rows: LabelledRows,
        problems: Problems,
        rule: LearningRule,
        plan: PassPlan,
        state: Weights,
        after_pass: Callable[[Pass], npt.NDArray[np.bool_]] | None,
    ) -> None:
        self.plan, self.state, self.after_pass = plan, state, after_pass
        self.examples, self.members = _examples(rows), rows.members
        self.rule = _rule(rule, state.weights.dtype)
        state.prepare(rule.variant)
        self.model = _model(problems, self.rule, state)
        self.order = np.empty(rows.members.size, np.int64)
        n = problems.classes.size
        self.active = np.arange(n)
        self.passes_done = 0
        self.outcome = Outcome(np.zeros(n, np.int64), np.zeros((0, n), np.int64), np.zeros(n, np.bool_))
        work = max(1, rows.inputs.size * self.model.weights.shape[1])
        self.passes_per_call = 1 if after_pass else int(np.clip(WORK_PER_CALL // work, 1, PASSES_PER_CALL))

    def finish(self) -> Outcome:
        """Run all problems to their end."""
        while self.active.size:
            stopped = self._call()
            if self.passes_done >= self.plan.max_passes:
                stopped[:] = True
            if stopped.any():
                self._put_away(stopped)
        return self.outcome

    def _call(self) -> npt.NDArray[np.bool_]:
        """Make one compiled call; return which of the running problems stopped."""
        n_passes = min(self.passes_per_call, self.plan.max_passes - self.passes_done)
        plan = _pass_block(self.plan, self.passes_done, n_passes)
        tallies = np.zeros((n_passes, 3, self.active.size))
        stopped = np.zeros(self.active.size, np.bool_)
        ran = int(
            run_perceptron(self.examples, self.members, plan, self.rule, self.model, tallies, self.order, stopped)
        )
        if ran < 0:
            raise DivergenceError(_overflow(self.passes_done + records.OVERFLOW - ran + 1))
        self.passes_done += ran
        mistakes = np.zeros((ran, self.outcome.passes.size), np.int64)
        mistakes[:, self.active] = tallies[:ran, records.MISTAKES]
        self.outcome.mistakes = np.concatenate([self.outcome.mistakes, mistakes])
        if self.after_pass:
            stopped |= self.after_pass(self._pass(tallies[0]))
        return stopped

    def _pass(self, tally: Array) -> Pass:
        weights, numbers = self.model.weights[:, : self.active.size], self.model.numbers
        return Pass(self.passes_done, self.active, weights, numbers[records.SCALE], numbers[records.BIAS], *tally)

    def _put_away(self, stopped: npt.NDArray[np.bool_]) -> None:
        """Write stopped problems to the state, and keep only the columns of the others."""
        columns, to = np.flatnonzero(stopped), self.active[stopped]
        model, numbers, state = self.model, self.model.numbers, self.state
        raw = model.weights[:, columns]
        state.weights[:, to] = raw * numbers[records.SCALE, columns].astype(raw.dtype)
        state.biases[to] = bias = numbers[records.BIAS, columns]
        if state.sums is not None and state.bias_sums is not None and state.counts is not None:
            state.sums[:, to] = model.sums[:, columns] + numbers[records.STEPS, columns] * raw
            state.counts[to] = numbers[records.COUNT, columns]
            state.bias_sums[to] = numbers[records.BIAS_SUM, columns] + numbers[records.COUNT, columns] * bias
        if state.pocket is not None and state.pocket_biases is not None:
            state.pocket[:, to] = model.pocket[:, columns]
            state.pocket_biases[to] = numbers[records.POCKET_BIAS, columns]
        self.outcome.passes[to] = self.passes_done
        self.outcome.separated[to] = numbers[records.SEPARATED, columns] == 1.0
        rest = np.flatnonzero(~stopped)
        self.active = self.active[rest]
        if rest.size:
            matrices = model.weights, model.pulled, model.sums, model.pocket, model.candidate
            self.model = _with_room([matrix[:, rest] for matrix in matrices], numbers[:, rest])


def _overflow(number: int) -> str:
    return (
        f"Perceptron: weights must stay finite; got a floating-point under-/overflow in pass {number}. "
        f"Scale the features, with StandardScaler or MinMaxScaler."
    )


def _examples(rows: LabelledRows) -> records.Examples:
    own = _lent(rows.labels), _lent(rows.weights)
    if isinstance(rows.inputs, np.ndarray):
        return records.Examples(_lent(rows.inputs), None, None, *own)
    data, indices, starts = rows.inputs.data.reshape(1, -1), rows.inputs.indices, rows.inputs.indptr
    unsigned = indices.view(np.uint32) if indices.dtype == np.int32 else indices.astype(np.uint32)
    return records.Examples(_lent(data), _lent(unsigned), _lent(starts.astype(np.int64, copy=False)), *own)


def _lent(array: Array) -> Array:
    return lent(array, array.dtype)


def _rule(rule: LearningRule, dtype: npt.DTypeLike) -> records.CodedRule:
    return records.CodedRule(
        float(rule.learning_rate),
        PENALTIES[rule.penalty],
        float(rule.alpha),
        {"l1": 1.0, "l2": 0.0}.get(str(rule.penalty), float(rule.l1_ratio)),
        bool(rule.fit_bias),
        float(rule.bias_share),
        bool(rule.ties_wrong),
        VARIANTS[rule.variant],
        1e-6 if dtype == np.float32 else 1e-9,
    )


def _pass_block(plan: PassPlan, first: int, n_passes: int) -> records.PassBlock:
    tolerance = -np.inf if plan.tolerance is None else float(plan.tolerance)
    order = ORDERS[plan.order]
    first += plan.first_pass
    return records.PassBlock(order, plan.seed, first, n_passes, tolerance, plan.patience, plan.until_separated)


def _model(problems: Problems, rule: records.CodedRule, state: Weights) -> records.Model:
    """Return the kernels' state at the start of training."""
    v, nothing = state.weights, state.weights[:0]
    has_l1 = rule.penalty in (records.L1, records.ELASTIC_NET)
    pocket = nothing if state.pocket is None else state.pocket
    pulled = np.zeros_like(v) if has_l1 else nothing
    sums = np.zeros((0, v.shape[1])) if state.sums is None else state.sums
    return _with_room([v, pulled, sums, pocket, np.zeros_like(pocket)], _numbers(problems, state))


def _with_room(matrices: Sequence[Array], numbers: Array) -> records.Model:
    """Return the kernels' state with columns padded, and with room for scores."""
    weights, pulled, sums, pocket, candidate = (_padded(matrix) for matrix in matrices)
    room = np.zeros(max(records.AHEAD, weights.shape[1]))
    return records.Model(weights, pulled, sums, pocket, candidate, np.array(numbers, order="C"), room)


def _numbers(problems: Problems, state: Weights) -> Array:
    """Return the single numbers of each problem, (N_NUMBERS, K), at the start of training."""
    v = state.weights
    numbers = np.zeros((records.N_NUMBERS, v.shape[1]))
    numbers[records.CLASS] = problems.classes
    numbers[records.POSITIVE], numbers[records.NEGATIVE] = problems.positive, problems.negative
    numbers[records.BIAS] = state.biases
    numbers[records.SCALE] = numbers[records.CHANGED] = 1.0
    numbers[records.SQUARE], numbers[records.MAGNITUDE] = np.einsum("ij,ij->j", v, v), np.abs(v).sum(axis=0)
    numbers[records.BEST], numbers[records.POCKET_WRONG] = np.inf, np.nan
    if state.bias_sums is not None and state.counts is not None:
        numbers[records.COUNT] = state.counts
        numbers[records.BIAS_SUM] = state.bias_sums - state.counts * state.biases
    if state.pocket_biases is not None:
        numbers[records.POCKET_BIAS] = state.pocket_biases
    return numbers


def _padded(matrix: Array) -> Array:
    """Return a copy with zero columns added up to a multiple of four, unless there is only one."""
    m, n = matrix.shape
    wide = np.zeros((m, n if n == 1 else -(-n // 4) * 4), matrix.dtype)
    wide[:, :n] = matrix
    return wide
