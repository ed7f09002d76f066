"""Public functions given arguments of another kind than they take: each gets one sentence, or works."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import koubai
from koubai.core.arguments import REAL, check_kind, floats, takes
from koubai.core.errors import DataError, KoubaiError, ParameterError, ParameterTypeError, ShapeError
from koubai.descent.functions.by_hand import by_hand
from koubai.descent.functions.known import get_objective
from koubai.descent.functions.objective import from_callable, from_expression
from koubai.descent.surfaces.batches import batch_progress
from koubai.descent.surfaces.landscape import landscape, landscape_of_path, line_between
from koubai.descent.surfaces.rates import range_test
from koubai.descent.surfaces.spectrum import largest_eigenvalues
from koubai.descent.surfaces.subject import subject_of
from koubai.descent.surfaces.watching import watch_training
from koubai.explain.quiz.questions import mark
from koubai.explain.quiz.sheets import answer_pages, make_sheet, question_page
from koubai.models.table_model import TableModel

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
CLASSES, NUMBERS = (X[:, 0] > 0).astype(int), X[:, 0] * 2
TABLE = {"a": X[:, 0].tolist(), "c": ["u", "v"] * 20, "t": ["p" if one else "q" for one in CLASSES]}
CLASSIFIER = koubai.MLPClassifier((3,), solver="lbfgs", max_iter=3, random_state=0)
REGRESSOR = koubai.MLPRegressor(hidden_layer_sizes=(3,), solver="lbfgs", max_iter=3, random_state=0)

WRONG: list[Any] = [
    3, -1, 2.5, "a", None, [], {}, object(), float("nan"), float("inf"), b"x", True, [[1], [1, 2]], lambda *_: None,
    10**400, np.array(3.0), ["a"], np.zeros((2, 2, 2)), np.array(["a", "b"]), pl.DataFrame({"a": [1, 2]}), 1j, {1},
    [None],
]  # fmt: skip


def made() -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    """Return functions with arguments that are right."""
    classifier, regressor = CLASSIFIER.fit(X, CLASSES), REGRESSOR.fit(X, NUMBERS)
    perceptron = koubai.Perceptron(max_iter=5, tol=None).fit(X, CLASSES)
    table_model = TableModel(hidden_layer_sizes=(3,), solver="lbfgs", max_iter=3, cross_validation=False)
    table_model.fit(TABLE, "t")
    subject, sheet = subject_of(classifier, X, CLASSES), make_sheet("descent", seed=1, count=1)

    def fit(**given: Any) -> TableModel:
        return TableModel(hidden_layer_sizes=(2,), solver="lbfgs", max_iter=1, cross_validation=False).fit(**given)

    def table(**given: Any) -> None:
        TableModel(**given).check("t", 0.2)

    idle = ("random_state", "validation_metric", "validation_fraction")  # the latter say nothing without early stopping
    network = {name: value for name, value in koubai.MLPClassifier().get_params().items() if name not in idle}
    trained = {"subject": subject, "optimizer": "sgd", "seed": 0, "engine": "reference"}
    ending = {"max_steps": 3, "step_size": 0.0, "gradient_norm": 1e-8, "value": None, "variables": None}
    return {
        "explain": (classifier.explain, {"x": X[0], "y": 1}),
        "explain a perceptron": (perceptron.explain, {"x": X[0], "y": 1}),
        "explain numbers": (regressor.explain_model, {"X": X[:9], "y": NUMBERS[:9], "layer": 1}),
        "explain classes": (classifier.explain_model, {"X": X[:9], "y": CLASSES[:9], "layer": 1}),
        "explain a table": (table_model.explain_model, {"layer": 1, "table": TABLE}),
        "predict": (table_model.predict, {"table": TABLE, "bad_cells": "refuse"}),
        "fit": (fit, {"table": TABLE, "target": "t", "test_fraction": 0.2, "stream": False}),
        "table": (
            table,
            {
                "task": None, "drop": (), "keep": (), "category": (), "decimal": None, "thousands": None,
                "date_order": None, "missing": (), "not_missing": (), "dtype": "float64", "random_state": 0,
                **network,
            },
        ),
        "L-BFGS": (table, {"learning_rate_init": None, "batch_size": None, "early_stopping": False, "solver": "lbfgs"}),
        "descend": (
            koubai.descend, {"function": "x**2", "start": 1.0, "optimizer": "sgd", "learning_rate": 0.1, **ending}
        ),
        "compare": (
            koubai.compare_descents,
            {
                "function": "x**2 + y**2", "optimizers": ["sgd"], "learning_rates": (0.1,), "starts": [(1.0, 1.0)],
                "window": None, "resolution": 5, **ending,
            },
        ),
        "basins": (
            koubai.basins,
            {"function": "booth", "optimizer": "sgd", "learning_rate": 0.01, "window": None, "resolution": 3,
             "max_steps": 3},
        ),
        "points": (
            koubai.fit_points,
            {
                "x": [1.0, 2, 3], "y": [1.0, 2, 4], "model": "line", "intercept": None, "methods": ("steepest",),
                "optimizer": "sgd", "learning_rate": 0.1, "start": None, "max_steps": 3, "step_size": 1e-8,
                "batch_size": 2, "seed": 0, "names": ("x", "y"), "window": None, "standardize": False,
            },
        ),
        "load": (koubai.load, {"path": "/nowhere/model.koubai"}),
        "save": (koubai.save, {"model": classifier, "path": "/nowhere/model.koubai"}),
        "landscape": (landscape, {"subject": subject, "span": 1.0, "resolution": 3, "seed": 0}),
        "path": (
            landscape_of_path, {"subject": subject, "thetas": RNG.normal(size=(4, subject.theta.size)), "resolution": 3}
        ),
        "line": (line_between, {"subject": subject, "other": subject.theta + 1, "resolution": 3, "beyond": 0.25}),
        "eigenvalues": (largest_eigenvalues, {"subject": subject, "count": 2, "tolerance": 1e-6, "seed": 0}),
        "subject": (subject_of, {"estimator": classifier, "X": X, "y": CLASSES, "penalty": None}),
        "rates": (range_test, {**trained, "lowest": 1e-5, "highest": 1.0, "n_updates": 10, "batch_size": 8}),
        "batches": (batch_progress, {**trained, "batch_sizes": (8,), "learning_rate": 0.1, "epochs": 1, "n_points": 3}),
        "watch": (watch_training, {**trained, "learning_rate": 0.1, "epochs": 1, "batch_size": 8}),
        "objective": (get_objective, {"given": "x**2", "gradient": None, "n_variables": 2, "variables": None}),
        "expression": (from_expression, {"given": "x**2", "name": None, "variables": None}),
        "callable": (from_callable, {"function": lambda point: point[0], "n_variables": 1, "name": None}),
        "by hand": (by_hand, {"objective": get_objective("x**2"), "window": None}),
        "sheet": (make_sheet, {"topic": "descent", "seed": 0, "count": 1, "level": "easy"}),
        "questions": (question_page, {"sheet": sheet}),
        "answers": (answer_pages, {"sheet": sheet}),
        "mark": (mark, {"asked": sheet.questions[0], "text": "1"}),
        "network": (koubai.Network.dense, {"sizes": (3, 2, 1), "hidden": "relu", "dropout": 0.0, "output": "sigmoid"}),
    }  # fmt: skip


@pytest.fixture(scope="module")
def functions() -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few iterations do not converge
        return made()


NAMES = (
    "explain", "explain a perceptron", "explain numbers", "explain classes", "explain a table", "predict", "fit",
    "table", "L-BFGS", "descend", "compare", "basins", "points", "load", "save", "landscape", "path", "line",
    "eigenvalues", "subject", "rates", "batches", "watch", "objective", "expression", "callable", "by hand", "sheet",
    "questions", "answers", "mark", "network",
)  # fmt: skip


def test_every_function_is_tried(functions: Any) -> None:
    assert set(functions) == set(NAMES)


def told(function: Callable[..., Any], given: dict[str, Any]) -> str:
    """Return the sentence that a call gets, nothing if it works; any other error goes through."""
    try:
        function(**given)
    except KoubaiError as error:
        return str(error)
    return ""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # some of the strange arguments work, and training is short
@pytest.mark.parametrize("name", NAMES)
def test_what_is_of_another_kind_works_or_gets_one_sentence(
    name: str, functions: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a text is a path, too
    function, right = functions[name]
    heard = [told(function, {**right, parameter: wrong}) for parameter in right for wrong in WRONG]
    assert sum(map(bool, heard)) > len(WRONG) // 2
    assert [sentence for sentence in heard if "\n" in sentence or len(sentence) > 500] == []


@pytest.mark.parametrize(
    ("name", "given", "error", "words"),
    [
        ("explain numbers", {"y": 3}, ShapeError, "X and y must have the same number of rows; got 9 and 3."),
        ("explain numbers", {"y": [[1], [1, 2]]}, ShapeError, "explain_model: y must have one value, or one row of"),
        ("explain numbers", {"X": "a"}, DataError, "explain: X must contain only numbers; got a str"),
        ("explain numbers", {"layer": "a"}, ParameterTypeError, "explain: layer must be an integer; got 'a'. Try 1."),
        ("explain", {"y": {}}, ParameterError, "explain: y must be one row's target, as in fit; got dict."),
        ("callable", {"n_variables": 10**400}, ParameterError, "n_variables must be from 1 to 10000; got an integer"),
        ("watch", {"epochs": 10**400}, ParameterError, "epochs must be at most 200000, since every update is kept"),
        ("callable", {"n_variables": 0}, ParameterError, "descend: n_variables must be from 1 to 10000; got 0. Try 2."),
        ("load", {"path": 3}, ParameterTypeError, "load: path must be a path; got 3. Try 'model.koubai'."),
        ("fit", {"test_fraction": "a"}, ParameterTypeError, "test_fraction must be a number; got 'a'. Try 0.2."),
        ("table", {"drop": 3}, ParameterTypeError, "TableModel: drop must be a list; got 3. Put it into a list."),
        ("descend", {"step_size": None}, ParameterTypeError, "descend: step_size must be a number; got None. Try 0.0."),
        ("landscape", {"subject": 3}, ParameterTypeError, "subject must be of class Subject; got 3. Pass subject_of"),
        ("landscape", {"seed": -1}, ParameterTypeError, "landscape: seed must be an integer >= 0; got -1. Try 0."),
        ("compare", {"window": [(0, 1)]}, ShapeError, "for each of x, y; got 1 of them. Leave it out."),
        ("compare", {"window": [(1, 0)] * 2}, ParameterTypeError, "window must be a pair (lowest, highest) of finite"),
        ("compare", {"resolution": 1}, ParameterError, "resolution must be from 2 to 2000; got 1. Try 241."),
        ("points", {"methods": np.array(["a"])}, ParameterError, "methods must be among steepest, minibatch, sgd; got"),
        ("rates", {"n_updates": 10**400}, ParameterError, "from 10 to 1000000; got an integer of more than 40 digits"),
        ("batches", {"epochs": 0}, ParameterError, "epochs must be from 1 to 1000000 and n_points from 2 to 1000000;"),
        ("subject", {"y": [[1], [1, 2]]}, ShapeError, "subject_of: y must have one value, or one row of equally many"),
        ("table", {"hidden_layer_sizes": np.array(3.5)}, ParameterError, "be integers > 0; got array(3.5). Try (100,)"),
        ("table", {"validation_fraction": "a"}, ParameterTypeError, "validation_fraction must be a number; got 'a'."),
        ("table", {"alpha": np.zeros((9, 9))}, ParameterError, "alpha must be >= 0; got array([[0., 0., 0., 0., 0."),
        ("L-BFGS", {"batch_size": np.ones(2)}, ParameterError, "batch_size must not be set with L-BFGS, which"),
        ("eigenvalues", {"tolerance": -1.0}, ParameterError, "tolerance must be >= 0 and finite; got -1.0."),
        ("subject", {"y": [1, 0]}, ShapeError, "subject_of: X must have shape (n, n_features) and y as many rows"),
        ("mark", {"text": 1}, ParameterTypeError, "quiz: text must be a text; got 1."),
        ("answers", {"sheet": "a"}, ParameterTypeError, "quiz: sheet must be of class Sheet; got 'a'. Pass make"),
        ("network", {"sizes": 3}, ParameterTypeError, "sizes must be a sequence, each an integer; got 3."),
    ],
)  # fmt: skip
def test_the_sentence_says_what_is_wanted(name: str, given: Any, error: Any, words: str, functions: Any) -> None:
    function, right = functions[name]
    with pytest.raises(error) as caught:
        function(**{**right, **given})
    assert words in str(caught.value)


def test_a_long_value_is_cut_short_and_kept_on_one_line() -> None:
    for value in ("a\nb" * 100, 10**400, [1] * 1000):
        with pytest.raises(ParameterTypeError) as caught:
            check_kind("who", "it", value, REAL)
        assert len(str(caught.value)) < 140
        assert str(caught.value).isprintable()


def test_a_function_that_checks_kinds_stays_what_it_was() -> None:
    @takes("half", number=REAL)
    def half(number: float, by: float = 2.0) -> float:
        """Return a half."""
        return number / by

    assert (half(3), half(number=np.float32(1)), half(4, by=4)) == (1.5, 0.5, 1.0)
    assert (half.__name__, half.__doc__) == ("half", "Return a half.")
    with pytest.raises(TypeError, match="missing a required argument"):
        half()  # type: ignore[call-arg]


def test_numbers_come_as_float64_and_float32_is_kept_where_asked_for() -> None:
    assert floats("who", "it", [1, 2]).dtype == np.float64
    assert floats("who", "it", np.ones(2, np.float32), keep_float32=True).dtype == np.float32
    with pytest.raises(DataError, match="who: it must contain only numbers; got a ndarray"):
        floats("who", "it", np.ones(2, complex))
