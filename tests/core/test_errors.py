"""Errors: each is koubai's own and also the builtin that one would expect; checks and the registry say what came."""

import ast
import inspect
import pickle
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import koubai
from koubai.core import errors
from koubai.core.checks import check_count, check_real
from koubai.core.errors import FileError, InPython, KoubaiError, Parameter, ParameterError, ParameterTypeError
from koubai.core.registry import resolve
from koubai.estimators.given.parameters import EstimatorParameterError
from koubai.models.answering import UnfittedError

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, KoubaiError)]
PARTS = ("who", "parameter", "required", "got", "what", "remedy")


@dataclass(frozen=True)
class Ball:
    """Something with two hyperparameters."""

    mass: float = 1.0
    bounces: int = 3


@dataclass(frozen=True)
class HeavyBall(Ball):
    """A kind of it."""


BUILTINS = {
    "FileError": OSError,
    "LostProcessError": RuntimeError,
    "MissingError": AttributeError,
    "ParameterTypeError": TypeError,
    "UndefinedError": NotImplementedError,
}
"""What callers catch who know nothing of koubai, where that is not ValueError."""


def test_every_error_is_koubais_and_a_builtin() -> None:
    kinds = [kind for kind in KINDS if kind is not KoubaiError]
    assert len(kinds) >= 6
    for kind in kinds:
        assert issubclass(kind, BUILTINS.get(kind.__name__, ValueError))
        assert kind.__doc__


@pytest.mark.parametrize(
    ("value", "limits", "message"),
    [
        (0.0, {"above": 0}, "Ball: mass must be > 0 and finite; got 0.0. Try 1.0."),
        (-0.5, {"at_least": 0}, "Ball: mass must be >= 0 and finite; got -0.5. Try 1.0."),
        (1.0, {"at_least": 0, "below": 1}, "Ball: mass must be >= 0 and < 1; got 1.0. Try 1.0."),
        (2, {"above": 0, "at_most": 1}, "Ball: mass must be > 0 and <= 1; got 2.0. Try 1.0."),
        (np.inf, {}, "Ball: mass must be finite; got inf. Try 1.0."),
        (np.nan, {"at_least": 0, "at_most": 1}, "Ball: mass must be >= 0 and <= 1; got nan. Try 1.0."),
    ],
)
def test_a_number_outside_its_limits(value, limits, message) -> None:
    with pytest.raises(ParameterError) as caught:
        check_real(Ball(value), "mass", **limits)
    assert str(caught.value) == message


def test_what_is_no_number_or_no_whole_number() -> None:
    for value in ("heavy", None, True, np.ones(2)):
        with pytest.raises(ParameterTypeError, match=rf"Ball: mass must be a number; got {type(value).__name__}\. Try"):
            check_real(Ball(value), "mass")
    with pytest.raises(ParameterTypeError, match=r"Ball: bounces must be a whole number; got 2\.5\. Try 3\."):
        check_count(Ball(bounces=2.5), "bounces", 1)
    with pytest.raises(ParameterError, match=r"Ball: bounces must be >= 1; got 0\. Try 3\."):
        check_count(Ball(bounces=0), "bounces", 1)


def test_good_numbers_become_pythons_own() -> None:
    """A NumPy number would make float32 arrays wider, and does not go into JSON."""
    ball = Ball(np.float32(0.5), np.int64(4))
    check_real(ball, "mass")
    check_count(ball, "bounces", 0)
    assert (type(ball.mass), type(ball.bounces)) == (float, int)


def test_registry_takes_names_aliases_descriptions_and_instances() -> None:
    def find(given):
        return resolve(given, Ball, {"ball": Ball, "heavy_ball": HeavyBall}, {"sphere": "ball"}, "toy", "ball")

    ball = Ball(2.0)
    assert find(ball) is ball
    assert find("sphere") == Ball()
    assert find({"name": "heavy_ball", "mass": 7.0}) == HeavyBall(7.0)
    for given, error, message in (
        ("cube", ParameterError, "toy must be a known ball; got 'cube'. Try one of: ball, heavy_ball."),
        (
            Ball,
            ParameterTypeError,
            "toy must be the name of a ball or an instance; got type. Try one of: ball, heavy_ball.",
        ),
        (
            {"name": "ball", "size": 1, "colour": 2},
            ParameterError,
            "toy: ball must be given only mass, bounces; got colour, size. Leave it out.",
        ),
    ):
        with pytest.raises(error) as caught:
            find(given)
        assert str(caught.value) == message


@pytest.mark.parametrize("kind", [*KINDS, EstimatorParameterError, UnfittedError])
def test_every_kind_carries_its_parts_and_keeps_them_when_it_is_sent_to_another_process(kind) -> None:
    made = kind(parameter=Parameter("Dense", "n_out"), required=["> 0", InPython("None")], got="-1", remedy="Try 8.")
    for error in (made, pickle.loads(pickle.dumps(made))):
        assert str(error) == "Dense: n_out must be > 0 or None; got -1. Try 8."
        assert [getattr(error, part) for part in PARTS] == ["Dense", "n_out", ("> 0", "None"), "-1", "", "Try 8."]
        assert error.required[1].typed == ""
    whole = kind("All is said.", remedy="Nothing.")
    assert (str(whole), whole.parameter, whole.remedy) == ("All is said.", "", "Nothing.")


def test_parts_that_are_missing_leave_no_gap() -> None:
    assert str(ParameterError(parameter="task", required="be one", got="2")) == "task must be one; got 2."
    assert str(FileError(who="save", what="The disk is full.")) == "save: The disk is full."


def test_an_error_of_a_part_becomes_its_owners_with_all_its_parts() -> None:
    inner = ParameterError(who="Network", parameter="sizes", required="hold two", got="(1,)", remedy="Try (2, 1).")
    outer = inner.of("MLPClassifier")
    assert type(outer) is ParameterError
    assert str(outer) == "MLPClassifier: Network: sizes must hold two; got (1,). Try (2, 1)."
    assert (outer.who, outer.parameter, outer.remedy) == ("MLPClassifier", "sizes", "Try (2, 1).")


IN_PARTS = ("estimators", "models")
WHOLE = {"estimators/base.py": 1}
"""Files that give a whole sentence, and how often: scikit-learn's own words stand behind the divergence's."""


def test_errors_of_estimators_and_table_models_are_made_of_their_parts() -> None:
    """So that the command line and other callers can word them anew, instead of reading sentences."""
    root = Path(koubai.__file__).parent
    names = {kind.__name__ for kind in KINDS} | {"EstimatorParameterError", "UnfittedError"}
    found: Counter[str] = Counter()
    for path in (path for room in IN_PARTS for path in (root / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args:
                found[path.relative_to(root).as_posix()] += 1
    assert found == WHOLE
