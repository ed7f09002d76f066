"""The fit loop: however the epochs are cut into calls, θ is the same; patience, schedules, callbacks, faults."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from koubai.core.arrays import Array
from koubai.core.errors import DivergenceError
from koubai.engines.protocol import Patience, Plan, Rows, State
from koubai.engines.reference import ReferenceEngine
from koubai.optimizers.adam import Adam
from koubai.optimizers.momentum import Momentum
from koubai.optimizers.schedules import Adaptive, Constant, Cosine, InverseScaling, Schedule
from koubai.training.history import Epoch
from koubai.training.loop import TrainingCourse, train
from koubai.training.run import Run
from koubai.training.sources import InMemory

MakePlan = Callable[..., Plan]
MakeRun = Callable[..., Run]
REFERENCE = ReferenceEngine()


@dataclass
class CountingEngine(ReferenceEngine):
    """The reference engine, with a note of how many epochs each call asked for."""

    calls: list[int] = field(default_factory=list)

    def run(self, plan: Plan, state: State, rows: Rows, rates: Array, patience: Patience | None = None) -> Array:
        self.calls.append(len(rates))
        return super().run(plan, state, rows, rates, patience)


@dataclass(frozen=True)
class NewRowsEachEpoch:
    """A source that gives other rows in every epoch."""

    first: Rows
    constant: bool = False
    n_features: int = 2

    @property
    def n_rows(self) -> int:
        return self.first.n_rows

    def n_parts(self, plan: Plan) -> int:
        return 1

    def parts(self, plan: Plan, epoch: int, first: int = 0) -> Generator[Rows, None, None]:
        yield Rows(self.first.inputs + 0.01 * epoch, self.first.targets)

    def in_order(self) -> Iterator[Rows]:
        yield self.first

    def digest(self) -> str:
        return "new rows each epoch"


def one_epoch_a_call(epoch: Epoch) -> None:
    """A callback that wants nothing but to be called."""


@pytest.mark.parametrize("schedule", [Constant(), Cosine(warmup=0.1), InverseScaling(0.3), Adaptive()])
@pytest.mark.parametrize("optimizer", [Momentum(0.9), Adam()])
def test_how_epochs_are_cut_into_calls_does_not_matter(
    rows: Rows, make_plan: MakePlan, make_run: MakeRun, schedule: Schedule, optimizer: Any
) -> None:
    plan = make_plan(optimizer)
    together, apart = make_run(plan, limit=3.0), make_run(plan, limit=3.0)
    train(REFERENCE, plan, together, InMemory(rows), TrainingCourse(60, schedule))
    train(REFERENCE, plan, apart, InMemory(rows), TrainingCourse(60, schedule, callbacks=[one_epoch_a_call]))
    np.testing.assert_array_equal(together.theta, apart.theta)
    assert together.history.losses == apart.history.losses
    assert together.history.learning_rates == apart.history.learning_rates
    assert together.history.stopped == apart.history.stopped


def test_quick_epochs_run_many_to_a_call(rows: Rows, make_plan: MakePlan, make_run: MakeRun) -> None:
    plan, engine = make_plan(), CountingEngine()
    run = make_run(plan)
    train(engine, plan, run, InMemory(rows), TrainingCourse(200, Constant()))
    assert engine.calls[0] == 1
    assert sum(engine.calls) == run.done == len(run.history) == 200
    assert len(engine.calls) < 50


@pytest.mark.parametrize(
    "given", [{"callbacks": [one_epoch_a_call]}, {"score": lambda theta: 0.0}], ids=["callback", "score"]
)
def test_somebody_who_looks_gets_every_epoch(
    rows: Rows, make_plan: MakePlan, make_run: MakeRun, given: dict[str, Any]
) -> None:
    plan, engine = make_plan(), CountingEngine()
    train(engine, plan, make_run(plan), InMemory(rows), TrainingCourse(5, Constant(), **given))
    assert engine.calls == [1, 1, 1, 1, 1]


def test_a_source_may_give_other_rows_each_epoch(rows: Rows, make_plan: MakePlan, make_run: MakeRun) -> None:
    plan, engine = make_plan(), CountingEngine()
    run, by_hand = make_run(plan), make_run(plan)
    train(engine, plan, run, NewRowsEachEpoch(rows), TrainingCourse(3, Constant()))
    assert engine.calls == [1, 1, 1]
    for epoch in range(3):
        moved = Rows(rows.inputs + 0.01 * epoch, rows.targets)
        REFERENCE.run(plan, by_hand.state, moved, np.full((1, 3), 0.05))
    np.testing.assert_array_equal(run.theta, by_hand.theta)


def test_patience_stops_after_the_epochs_without_improvement(
    rows: Rows, make_plan: MakePlan, make_run: MakeRun
) -> None:
    plan = make_plan()
    run = make_run(plan, tolerance=1e9, limit=4.0)  # the first loss counts against infinity, so four more are too many
    train(REFERENCE, plan, run, InMemory(rows), TrainingCourse(100, Constant()))
    assert run.history.stopped == "patience"
    assert len(run.history) == 6
    assert run.patience.count == 5


def test_an_adaptive_schedule_lowers_the_rate_before_it_gives_up(
    rows: Rows, make_plan: MakePlan, make_run: MakeRun
) -> None:
    plan = make_plan()
    run = make_run(plan, learning_rate=1e-5, tolerance=1e9, limit=1.0)
    train(REFERENCE, plan, run, InMemory(rows), TrainingCourse(100, Adaptive(divisor=5, lowest=1e-6)))
    assert run.history.stopped == "patience"
    np.testing.assert_allclose(run.history.learning_rates, [1e-5] * 3 + [2e-6] * 2 + [4e-7] * 2)


def test_the_best_theta_is_kept(rows: Rows, make_plan: MakePlan, make_run: MakeRun) -> None:
    plan, scores, seen = make_plan(), iter([0.1, 0.5, 0.9, 0.4, 0.3, 0.2]), []

    def score(theta: Array) -> float:
        seen.append(theta.copy())
        return next(scores)

    run = make_run(plan, limit=2.0)
    train(REFERENCE, plan, run, InMemory(rows), TrainingCourse(6, Constant(), score=score, stop_on_score=True))
    assert run.history.stopped == "patience"
    assert run.history.validation_scores == [0.1, 0.5, 0.9, 0.4, 0.3, 0.2]
    assert run.best_score == 0.9
    np.testing.assert_array_equal(run.theta, seen[2])


def test_a_score_that_only_looks_changes_nothing(rows: Rows, make_plan: MakePlan, make_run: MakeRun) -> None:
    plan = make_plan()
    alone, watched = make_run(plan), make_run(plan)
    train(REFERENCE, plan, alone, InMemory(rows), TrainingCourse(5, Constant()))
    train(REFERENCE, plan, watched, InMemory(rows), TrainingCourse(5, Constant(), score=lambda theta: 1.0))
    np.testing.assert_array_equal(alone.theta, watched.theta)
    assert watched.best_theta is None


def test_callbacks_see_each_epoch_and_may_stop(rows: Rows, make_plan: MakePlan, make_run: MakeRun) -> None:
    plan, seen = make_plan(), []

    def note(epoch: Epoch) -> None:
        seen.append(epoch)

    run = make_run(plan)
    course = TrainingCourse(9, Constant(), callbacks=[lambda epoch: epoch.number == 3, note])
    train(REFERENCE, plan, run, InMemory(rows), course)
    assert run.history.stopped == "callback"
    assert [epoch.number for epoch in seen] == [1, 2, 3]
    assert seen == list(run.history)


def test_a_callback_may_say_that_it_was_ctrl_c_that_asked_for_the_end(
    rows: Rows, make_plan: MakePlan, make_run: MakeRun
) -> None:
    plan = make_plan()
    for answers, why in (
        ({2: "interrupted"}, "interrupted"),
        ({2: "because"}, "callback"),
        ({9: "interrupted"}, "epochs"),
    ):
        run = make_run(plan)
        course = TrainingCourse(9, Constant(), callbacks=[lambda epoch, given=answers: given.get(epoch.number)])
        train(REFERENCE, plan, run, InMemory(rows), course)
        assert run.history.stopped == why


def test_ctrl_c_keeps_what_is_learned(rows: Rows, make_plan: MakePlan, make_run: MakeRun) -> None:
    plan = make_plan()

    def interrupt(epoch: Epoch) -> None:
        if epoch.number == 4:
            raise KeyboardInterrupt

    run, four = make_run(plan), make_run(plan)
    with pytest.warns(UserWarning, match=r"^Training interrupted by user\.$"):
        train(REFERENCE, plan, run, InMemory(rows), TrainingCourse(9, Constant(), callbacks=[interrupt]))
    train(REFERENCE, plan, four, InMemory(rows), TrainingCourse(4, Constant()))
    assert run.history.stopped == "interrupted"
    np.testing.assert_array_equal(run.theta, four.theta)


def test_divergence_says_where_and_what_to_do(rows: Rows, make_plan: MakePlan, make_run: MakeRun) -> None:
    plan = make_plan()
    huge = Rows(rows.inputs, rows.targets * 1e200)
    run = make_run(plan, learning_rate=10.0)
    with pytest.raises(DivergenceError) as caught:
        train(REFERENCE, plan, run, InMemory(huge), TrainingCourse(50, Constant(), who="MLPRegressor"))
    words = str(caught.value)
    assert words.startswith(
        "MLPRegressor: training must stay finite; the parameters of layer 1 of 2 became NaN or infinite in epoch"
    )
    assert words.endswith(
        "learning rate 10). Lower the learning rate, or scale the inputs to a mean of 0 and a variance of 1."
    )


def test_a_loss_too_large_to_write_is_divergence_too(rows: Rows, make_plan: MakePlan, make_run: MakeRun) -> None:
    plan = make_plan()
    huge = Rows(rows.inputs, rows.targets * 1e200)
    with pytest.raises(
        DivergenceError, match=r"the loss became NaN or infinite in epoch 1 \(loss inf, learning rate 1e-210\)"
    ):
        train(REFERENCE, plan, make_run(plan, learning_rate=1e-210), InMemory(huge), TrainingCourse(50, Constant()))


def test_divergence_in_the_last_update_is_noticed(rows: Rows, make_plan: MakePlan, make_run: MakeRun) -> None:
    plan = make_plan(batch_size=10)
    large = Rows(rows.inputs, rows.targets * 1e100)
    with pytest.raises(DivergenceError, match=r"in epoch 1 \(loss [\d.]+e\+199, learning rate 1e\+300\)"):
        train(REFERENCE, plan, make_run(plan, learning_rate=1e300), InMemory(large), TrainingCourse(1, Constant()))


def test_divergence_after_a_good_epoch_keeps_the_best(rows: Rows, make_plan: MakePlan, make_run: MakeRun) -> None:
    plan, scores = make_plan(), iter([0.5, *[float("nan")] * 50])
    large = Rows(rows.inputs, rows.targets * 1e100)
    run = make_run(plan, learning_rate=1e20)
    course = TrainingCourse(50, Constant(), score=lambda theta: next(scores), stop_on_score=True)
    with pytest.warns(RuntimeWarning, match="The best parameters before it are kept"):
        train(REFERENCE, plan, run, InMemory(large), course)
    assert run.history.stopped == "diverged"
    assert run.best_score == 0.5
    assert np.isfinite(run.theta).all()


def test_verbose_speaks_as_scikit_learn_does(
    rows: Rows, make_plan: MakePlan, make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = make_plan()
    run = make_run(plan, learning_rate=2e-6, tolerance=1e9, limit=1.0)
    course = TrainingCourse(9, Adaptive(), score=lambda theta: 0.5, verbose=True)
    train(REFERENCE, plan, run, InMemory(rows), course)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Iteration 1, loss = {run.history.losses[0]:.8f}"
    assert lines[1] == "Validation score: 0.500000"
    assert lines[6] == (
        "Training loss did not improve more than tol=1000000000.000000 for 1 consecutive epochs. "
        "Setting learning rate to 0.000000"
    )
    assert lines[-1].endswith("for 1 consecutive epochs. Stopping.")


def test_the_progress_bar_is_on_standard_error(
    rows: Rows, make_plan: MakePlan, make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = make_plan()
    course = TrainingCourse(3, Constant(), score=lambda theta: 0.25, progress=True)
    train(REFERENCE, plan, make_run(plan), InMemory(rows), course)
    out, err = capsys.readouterr()
    assert out == ""
    assert "3/3" in err
    assert "loss" in err
    assert "validation 0.250" in err


def test_a_run_that_is_already_done_is_left_alone(rows: Rows, make_plan: MakePlan, make_run: MakeRun) -> None:
    plan, engine = make_plan(), CountingEngine()
    run = make_run(plan)
    train(engine, plan, run, InMemory(rows), TrainingCourse(2, Constant()))
    train(engine, plan, run, InMemory(rows), TrainingCourse(2, Constant()))
    assert sum(engine.calls) == 2
