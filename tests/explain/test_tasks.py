"""A notebook's check says in one sentence what is wrong with an answer, in both languages."""

import numpy as np
import pytest

from koubai.explain import Checks
from koubai.explain.tasks import TaskError


def unsolved() -> float:
    raise NotImplementedError


ANSWERS = {
    "np": np,
    "unsolved": unsolved,
    "nothing": lambda: None,
    "half": lambda: 0.5,
    "pair": lambda: [1.0, 2.0],
    "words": lambda: ["a", "b"],
    "failing": lambda: 1 / 0,
    "odd": lambda: {"a": 1},
}
check = Checks(ANSWERS, "en")


@pytest.mark.parametrize(
    ("asked", "expected", "message"),
    [
        ("unsolved()", 1, "unsolved(): not solved yet. Write your answer where the cell says YOUR CODE HERE."),
        ("missing()", 1, "missing(): missing is not defined. Run the cells above, from the first on."),
        ("nothing()", 1, "nothing() gives nothing (None). Does the function end with return?"),
        ("failing()", 1, "failing() ends with an error: ZeroDivisionError: division by zero"),
        ("odd()", 1, "odd() must give numbers; got {'a': 1}."),
        ("pair()", [1, 2, 3], "pair() must have the shape (3,); got (2,)."),
        ("pair()", [1, 3], "pair() must be [1, 3]; got [1, 2]. Look again."),
        ("half()", 0.25, "half() must be 0.25; got 0.5. You have forgotten to square."),
        ("words()", ["a", "c"], "words() must be ['a', 'c']; got ['a', 'b']. Look again."),
        ("half() * np.nan", 0.5, "half() * np.nan must be 0.5; got nan. Look again."),
        ("half() * 4000000", 1, "half() * 4000000 must be 1; got 2000000. Look again."),
    ],
)
def test_a_wrong_answer_is_told_in_a_sentence(asked, expected, message) -> None:
    with pytest.raises(TaskError) as raised:
        check(asked, expected, "Look again.", mistakes=[(0.5, "You have forgotten to square.")])
    assert str(raised.value) == message
    assert raised.value._render_traceback_() == [f"✗ {message}"]


def test_a_right_answer_is_right_within_the_tolerance(capsys) -> None:
    check("half()", 0.5 + 1e-8)
    check("pair()", np.array([1, 2]))
    check("words()", ["a", "b"])
    check("half()", 0.6, tolerance=0.2)
    assert capsys.readouterr().out.splitlines()[:2] == ["✓ half() is right: 0.5", "✓ pair() is right: [1, 2]"]


def test_a_mistake_is_only_named_where_the_answer_is_wrong(capsys) -> None:
    check("half()", 0.5, mistakes=[(0.5, "Never said.")])
    assert "Never" not in capsys.readouterr().out


def test_a_condition_that_does_not_hold_is_told_with_its_hint(capsys) -> None:
    check.that("half() < 1", "Unused.")
    assert capsys.readouterr().out == "✓ half() < 1 holds.\n"
    with pytest.raises(TaskError, match=r"^half\(\) > 1 does not hold\. Train longer\.$"):
        check.that("half() > 1", "Train longer.")
    with pytest.raises(TaskError, match="not solved yet"):
        check.that("unsolved() > 1", "Train longer.")


def test_the_sentences_come_in_japanese_too() -> None:
    with pytest.raises(TaskError, match=r"^half\(\) の値は 1 になるはずですが，0\.5 になっています。$"):
        Checks(ANSWERS, "ja")("half()", 1)


def test_names_that_are_defined_later_are_seen() -> None:
    names: dict[str, object] = {}
    late = Checks(names, "en")
    names["half"] = lambda: 0.5
    late("half()", 0.5)
