"""Every step of every lesson can be solved: its goal is reached, and was not from the start."""

from dataclasses import replace

import numpy as np
import pytest

from koubai.play.classroom import lessons
from koubai.play.classroom.goals import COMPARISONS, METRICS, is_met
from koubai.play.runs.run import PlaygroundRun
from koubai.play.settings import VIEW, Settings

from .solutions import SOLUTIONS

POOR_SHARE = 0.5


def test_every_lesson_has_solutions_and_they_are_at_least_ten():
    assert set(SOLUTIONS) == set(lessons.names())
    assert len(SOLUTIONS) >= 10


def measured(run, **besides):
    sizes = run.experiment.network.sizes
    train, test, accuracies = run.experiment.losses(run.moment.state.theta)
    return {
        "train_loss": train,
        "test_loss": test,
        "train_accuracy": accuracies[0],
        "test_accuracy": accuracies[1],
        "mistakes": run.moment.mistakes if run.moment.state.epoch else None,
        "epoch": run.moment.state.epoch,
        "hidden_layers": len(sizes) - 2,
        "hidden_nodes": sum(sizes[1:-1]),
        "features": sizes[0],
        "parameters": run.experiment.network.n_parameters,
        **besides,
    }


def starts_of(run, count):
    """How many of so many starts end in a poor minimum, by the page's rule."""
    flat = run.experiment.losses(np.zeros(run.experiment.network.n_parameters))[0]
    n_poor = 0
    for seed in range(count):
        other = PlaygroundRun.of(replace(run.settings, seed=seed), {})
        other.train(200)
        n_poor += not other.experiment.losses(other.moment.state.theta)[0] <= POOR_SHARE * flat
    return {"starts": count, "poor_starts": n_poor}


@pytest.mark.parametrize("name", lessons.names())
def test_each_step_s_goal_is_reached_by_its_solution_and_not_before(name):
    settings = Settings()
    for step, solution in zip(lessons.ready(name)["steps"], SOLUTIONS[name], strict=True):
        settings = settings.changed(step["settings"])
        wanted = solution.get("settings", {})
        assert set(wanted) <= {*step["free"], *(("activations", "dropout") if "hidden" in step["free"] else ()), *VIEW}
        assert not is_met(step["goal"], measured(PlaygroundRun.of(settings, {}))), (
            "a goal that is reached before anything is done"
        )
        run = PlaygroundRun.of(settings.changed(wanted), {})
        besides = {"derivations": solution.get("derivations"), "branches": int("branch" in solution)}
        if "starts" in solution:
            besides |= starts_of(run, solution["starts"])
        for _ in range(solution.get("epochs", 0)):
            run.train(1)
            if is_met(step["goal"], measured(run, **besides)):
                break
        assert is_met(step["goal"], measured(run, **besides)), (step["goal"], measured(run, **besides))


@pytest.mark.parametrize("comparison", COMPARISONS)
def test_a_condition_is_met_on_its_side_of_the_limit_alone(comparison):
    met = [is_met({"epoch": {comparison: 2}}, {"epoch": value}) for value in (1, 2, 3)]
    assert (
        met
        == {
            "below": [True, False, False],
            "above": [False, False, True],
            "at_most": [True, True, False],
            "at_least": [False, True, True],
        }[comparison]
    )


@pytest.mark.parametrize("value", [None, "3", True, float("nan")])
def test_what_is_no_number_meets_no_condition(value):
    assert not is_met({"epoch": {"at_least": 0}}, {"epoch": value})
    assert not is_met({"epoch": {"at_least": 0}}, {})


def test_the_page_measures_and_compares_the_same(request):
    from importlib.resources import files

    page = (files("koubai") / "play" / "static" / "lessons" / "goals.js").read_text(encoding="utf-8")
    for metric in METRICS:
        assert f"{metric}:" in page, metric
    for comparison in COMPARISONS:
        assert f"  {comparison}: " in page, comparison
