"""Reasons for one answer: contributions as they are defined, rows like it, what would change it, and how it is said."""

import warnings
from itertools import permutations
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import koubai
from koubai.cli.main import main
from koubai.core.errors import DataError, ParameterError
from koubai.models.reasons.contributions import contributions
from koubai.models.table_model import TableModel

QUICK = {"hidden_layer_sizes": (8,), "epochs": 25, "learning_rate_init": 0.02, "n_members": 1}


def rows(n: int = 160) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    x, colour = rng.normal(size=n), rng.choice(["red", "blue"], size=n)
    score = 2 * x + 2 * (colour == "red")
    frame = pl.DataFrame({"x": x, "colour": colour, "noise": rng.normal(size=n)})
    return frame.with_columns(kind=np.where(score > 1, "high", "low"), amount=score + 10)


@pytest.fixture(scope="module")
def model() -> TableModel:
    return TableModel(drop=["amount"], **QUICK).fit(rows(), "kind")


def answer(X: np.ndarray) -> np.ndarray:
    """An answer with interactions: no sum over columns."""
    return X[:, 0] * X[:, 1] + np.sin(X[:, 2]) * X[:, 3] + X[:, 4]


BLOCKS = [np.array([0]), np.array([1, 2]), np.array([3]), np.array([4])]


def by_permutations(row: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The mean over all orders of columns of what each adds."""
    found = np.zeros(len(BLOCKS))
    orders = list(permutations(range(len(BLOCKS))))
    for order in orders:
        mixed = background.copy()
        before = answer(mixed).mean()
        for k in order:
            mixed[:, BLOCKS[k]] = row[BLOCKS[k]]
            after = answer(mixed).mean()
            found[k] += (after - before) / len(orders)
            before = after
    return found


def test_contributions_are_shapley_values() -> None:
    rng = np.random.default_rng(1)
    background, row = rng.normal(size=(30, 5)), rng.normal(size=5)
    exact = contributions(answer, row, background, BLOCKS)
    assert exact.is_exact
    np.testing.assert_allclose(exact.values, by_permutations(row, background), atol=1e-12)
    assert exact.base + exact.values.sum() == pytest.approx(exact.answer)
    drawn = contributions(answer, row, background, BLOCKS, budget=100)
    assert not drawn.is_exact
    assert (np.abs(drawn.values - exact.values) <= 4 * drawn.errors + 1e-12).all()
    closer = contributions(answer, row, background, [*BLOCKS, *[np.array([], int)] * 10], budget=60_000)
    assert (closer.errors[:4] < drawn.errors).all()
    np.testing.assert_allclose(closer.values[:4], exact.values, atol=5 * closer.errors.max() + 1e-12)


def test_contributions_to_a_sum_are_exact_at_once() -> None:
    rng = np.random.default_rng(2)
    background, row, weights = rng.normal(size=(20, 5)), rng.normal(size=5), rng.normal(size=5)
    found = contributions(lambda X: X @ weights, row, background, BLOCKS, additive=True)
    wanted = [(weights * (row - background.mean(axis=0)))[block].sum() for block in BLOCKS]
    np.testing.assert_allclose(found.values, wanted, atol=1e-12)


@pytest.mark.slow
def test_contributions_are_those_of_shap(model) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it loads
        import shap  # in the extra test-slow

    rng = np.random.default_rng(3)
    background, row = rng.normal(size=(25, 4)), rng.normal(size=4)

    def of_four(X: np.ndarray) -> np.ndarray:
        return X[:, 0] * X[:, 1] + np.tanh(X[:, 2] * X[:, 3])

    masker = shap.maskers.Independent(background, max_samples=100)
    theirs = shap.explainers.Exact(of_four, masker)(row[np.newaxis]).values[0]
    ours = contributions(of_four, row, background, [np.array([k]) for k in range(4)])
    np.testing.assert_allclose(ours.values, theirs, atol=1e-8)


def test_the_reasons_for_a_class(model) -> None:
    found = model.reasons(rows(), 5)
    assert found.answer == model.predict(rows())["prediction"][4]
    assert {reason.column for reason in found.reasons[:2]} == {"x", "colour"}
    assert found.contributions.is_exact
    sizes = found.frame()["contribution"].abs().to_list()
    assert sizes == sorted(sizes, reverse=True)
    p = model.predict(rows())[f"probability_{found.answer}"][4]
    assert found.contributions.answer == pytest.approx(np.log(p / (1 - p)), abs=1e-6)
    assert all(neighbour.truth in ("high", "low") and neighbour.row != 5 for neighbour in found.nearest)
    distances = [neighbour.distance for neighbour in found.nearest]
    assert distances == sorted(distances)
    assert found.changes
    for change in found.changes:
        cells = {column: after for column, _, after in change.steps}
        altered = rows()[4:5].with_columns(
            **{name: pl.lit(float(cell) if name != "colour" else cell) for name, cell in cells.items()}
        )
        assert model.predict(altered)["prediction"][0] == change.answer != found.answer


def test_the_reasons_for_a_number_of_a_linear_network_are_exact() -> None:
    frame = rows().drop("kind")
    model = TableModel(hidden_layer_sizes=(), optimizer="lbfgs", piecewise=False).fit(frame, "amount")
    found = model.reasons(frame, 3, training=frame)
    assert found.contributions.is_exact
    assert found.contributions.base + found.contributions.values.sum() == pytest.approx(found.contributions.answer)
    before = float(found.answer)
    assert {float(change.answer) > before for change in found.changes} == {True, False}
    assert found.nearest[0].row == 3  # the table that was named holds the row itself
    assert found.probability is None


def test_reasons_are_said_in_both_languages(model) -> None:
    english, japanese = (model.reasons(rows(), 5).page().render("text", lang) for lang in ("en", "ja"))
    assert "speaks" in english
    assert "Rows like this one" in english
    assert "What would change the answer" in english
    assert "理由" in japanese
    assert "似ている行" in japanese
    assert "<table" in model.reasons(rows(), 5)._repr_html_()


def test_complaints_about_reasons(model) -> None:
    with pytest.raises(ParameterError, match=r"^TableModel: row must be from 1 to 160; got 0\. Rows count from 1\.$"):
        model.reasons(rows(), 0)
    with pytest.raises(
        DataError, match=r"Reasons must have 10 rows or more to compare with; got 1\. Name the training"
    ):
        model.reasons(rows()[:1])
    with pytest.raises(ParameterError, match=r"column must be one of those that the model uses, x, colour, noise; got"):
        model.partial_dependence(rows(), "amount")


def test_importances_and_dependences_as_numbers(model) -> None:
    found = model.importances(rows())
    assert found.columns == ["column", "importance", "spread"]
    assert found["column"][0] in ("x", "colour")
    curve = model.partial_dependence(rows(), "x")
    assert curve.columns == ["x", "probability_high", "probability_low"]
    assert curve["probability_high"][-1] > curve["probability_high"][0]
    np.testing.assert_allclose(curve["probability_high"] + curve["probability_low"], 1)
    bars = model.partial_dependence(rows(), "colour")
    assert set(bars["colour"]) == {"red", "blue"}


def test_a_page_of_two_rows_has_the_means_of_two_rows(model) -> None:
    two = rows()[3:5]
    curve = model.partial_dependence(two, "x")
    x = curve["x"].to_numpy()
    for place, value in ((0, x[0]), (-1, x[-1])):
        there = model.predict(two.with_columns(x=pl.lit(value)))["probability_low"]
        assert curve["probability_low"][place] == pytest.approx(there.mean())
    assert "colour" in model.explain_model(two).render("text", "en")
    X = two.select("x", "noise").to_numpy()
    network = koubai.MLPClassifier((3,), epochs=2, random_state=0).fit(
        rows().select("x", "noise").to_numpy(), rows()["kind"]
    )
    assert "x1" in network.explain_model(X, two["kind"].to_numpy()).render("text", "en")


def test_reasons_rest_on_the_cells_as_the_predictions_read_them(model, tmp_path: Path, capfd, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    koubai.save(model, "m.koubai")
    at = pl.row_index() == 3
    plain = rows()[:20].with_columns(x=pl.when(at).then(None).otherwise("x"))
    plain.write_csv("plain.csv")
    texts = plain.with_columns(pl.col(pl.Float64).cast(pl.String))
    texts.with_columns(x=pl.when(at).then(pl.lit("oops")).otherwise("x")).write_csv("bad.csv")
    comma = pl.col("x", "noise").str.replace(".", ",", literal=True)
    texts.with_columns(comma).write_csv("comma.csv", separator=";")
    said = []
    for words in (["plain.csv"], ["bad.csv", "--bad-cells", "missing"], ["comma.csv", "--decimal", ","]):
        assert main(["predict", "m.koubai", *words, "--reasons", "--quiet"]) == 0
        said.append(capfd.readouterr().out)
    assert "speaks" in said[0]
    assert said[0] == said[1] == said[2]


def test_at_the_command_line(model, tmp_path: Path, capfd, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    koubai.save(model, "m.koubai")
    rows().write_csv("t.csv")
    rows()[:3].write_csv("new.csv")
    assert main(["predict", "m.koubai", "new.csv", "--reasons", "--training", "t.csv", "--quiet"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == "prediction,probability_high,probability_low,reasons"
    answer = lines[1].split(",")[0]
    assert f"speaks for {answer} by +" in lines[1]
    assert main(["explain", "reasons", "m.koubai", "--data", "t.csv", "--row", "2", "--out", "r.html"]) == 0
    assert "koubai explain forward m.koubai --data t.csv --row 2" in Path("r.html").read_text()
    rows().write_parquet("t.parquet")
    for words, message in (
        (
            ["predict", "m.koubai", "*.parquet", "--reasons", "--out", "found/"],
            "--reasons must come with one file of predictions; got the folder 'found/'",
        ),
        (
            ["predict", "m.koubai", "*.parquet", "--raw-cells", "--out", "found/"],
            "--raw-cells must come with text, since a Parquet file holds all cells as they are; got 'found/'.",
        ),
        (["predict", "m.koubai", "new.csv", "--reasons"], "Reasons must have 10 rows or more to compare with; got 3."),
        (["predict", "m.koubai", "new.csv", "--training", "t.csv"], "--training must come with --reasons; got 't.csv'"),
        (
            ["explain", "reasons", "m.koubai", "--data", "t.csv", "--row", "999"],
            "--row must be from 1 to 160; got 999.",
        ),
        (["predict", "m.koubai", "t.csv", "--reasons", "--stream"], "--reasons must come with --training for a table"),
    ):
        assert main(words) == 2
        assert message in capfd.readouterr().err
