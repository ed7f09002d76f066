"""Reports: they say what rows, scikit-learn and the model say, and are refused in one sentence where they must be."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import auc, balanced_accuracy_score, log_loss, roc_auc_score

from koubai.cli.main import main
from koubai.core.errors import DataError
from koubai.explain.derivations import Curves, Derivation
from koubai.models.reporting.record import Report
from koubai.models.table_model import TableModel

QUICK = {"hidden_layer_sizes": (8,), "epochs": 25, "learning_rate_init": 0.02, "n_members": 1}
FIT = ["--quality", "fast", "--hidden", "8", "--epochs", "10", "--no-cross-validation", "--quiet"]


def rows(n: int, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    x, colour = rng.normal(size=n), rng.choice(["red", "blue"], size=n)
    score = 2 * x + 2 * (colour == "red") + 2 * rng.normal(size=n)
    frame = pl.DataFrame({"x": x, "colour": colour, "noise": rng.normal(size=n)})
    return frame.with_columns(kind=np.where(score > 2.5, "high", "low"), amount=10 * score + 50)


@pytest.fixture(scope="module")
def classes() -> tuple[TableModel, Report]:
    model = TableModel(drop=["amount"], **QUICK).fit(rows(300), "kind")
    return model, model.report(rows(200, seed=1))


@pytest.fixture(scope="module")
def numbers() -> tuple[TableModel, Report]:
    model = TableModel(drop=["kind"], **QUICK).fit(rows(300), "amount")
    return model, model.report(rows(200, seed=1))


def curves(page: Derivation, title: str) -> list[Curves]:
    section = next(section for section in page.sections if section.title.key == title)
    return [block for block in section.blocks if isinstance(block, Curves)]


def test_scores_are_scikit_learns_with_baselines_and_intervals_that_hold_them(classes) -> None:
    model, report = classes
    test = rows(200, seed=1)
    predicted, truth = model.predict(test), test["kind"].to_numpy()
    high = predicted["probability_high"].to_numpy()
    found = {row["measure"]: row for row in report.frame().iter_rows(named=True)}
    expected = {
        "accuracy": (predicted["prediction"].to_numpy() == truth).mean(),
        "balanced accuracy": balanced_accuracy_score(truth, predicted["prediction"]),
        "log loss": log_loss(truth, np.column_stack([high, 1 - high])),
        "ROC AUC": roc_auc_score(truth == "high", high),
    }
    for name, value in expected.items():
        assert found[name]["score"] == pytest.approx(value, abs=1e-6), name
        assert found[name]["lower"] < value < found[name]["upper"], name
    share = model.shares_[0]
    assert found["accuracy"]["baseline"] == pytest.approx((truth == "low").mean())
    assert found["balanced accuracy"]["baseline"] == 0.5
    assert found["ROC AUC"]["baseline"] == 0.5
    assert found["log loss"]["baseline"] == pytest.approx(log_loss(truth, np.full(200, 1 - share)), abs=1e-6)


def test_curves_have_the_areas_of_the_scores_and_the_rarer_class(classes) -> None:
    _, report = classes
    [roc] = curves(report.page(), "report.section.roc")
    area = report.frame().filter(pl.col("measure") == "ROC AUC")["score"][0]
    assert roc.variable == "high"
    assert auc(roc.grid, roc.curves[0][1]) == pytest.approx(area, abs=2e-3)
    [precision] = curves(report.page(), "report.section.precision_recall")
    assert precision.grid[0] == 0
    assert precision.grid[-1] == 1
    assert precision.limits == (0, 1)
    [calibration] = curves(report.page(), "report.section.calibration")
    assert len(calibration.dots) == 10
    assert np.all(np.diff([x for x, _ in calibration.dots]) > 0)


def test_wrong_rows_are_the_worst_in_order_with_what_derives_them(classes, numbers) -> None:
    model, report = classes
    test = rows(200, seed=1)
    predicted = model.predict(test).with_row_index("row", 1).with_columns(truth=test["kind"])
    wrong = predicted.filter(pl.col("prediction") != pl.col("truth")).with_columns(
        p=pl.when(pl.col("truth") == "high").then("probability_high").otherwise("probability_low")
    )
    worst = wrong.sort("p")["row"].to_list()
    assert report.n_wrong == len(worst) > 10
    assert [each.row for each in report.wrong] == worst[:10]
    assert report.wrong[0].command == f"model.explain(table, row={worst[0]})"
    assert report.effects[0].name == "x"
    assert float(report.wrong[0].cells[0]) == pytest.approx(test["x"][worst[0] - 1])
    model, report = numbers
    residual = (test["amount"] - model.predict(test)["prediction"]).to_numpy()
    order = np.argsort(-np.abs(residual))[:10]
    assert [each.row for each in report.wrong] == (order + 1).tolist()
    assert [each.size for each in report.wrong] == pytest.approx(residual[order].tolist())


def test_numbers_have_residuals_and_no_curves_of_classes(numbers) -> None:
    model, report = numbers
    true, residuals, histogram = curves(report.page(), "report.section.residuals")
    test = rows(200, seed=1)
    answers = model.predict(test)["prediction"].to_numpy()
    assert np.array(true.dots) == pytest.approx(np.column_stack([answers, test["amount"]]))
    assert np.array(residuals.dots) == pytest.approx(np.column_stack([answers, test["amount"].to_numpy() - answers]))
    assert sum(histogram.curves[0][1]) == 200
    titles = {section.title.key for section in report.page().sections}
    assert not titles & {"report.section.roc", "report.section.confusion", "report.section.calibration"}
    baseline = report.frame().row(0, named=True)["baseline"]
    assert baseline == pytest.approx(np.sqrt(((test["amount"] - model.mean_) ** 2).mean()))


def test_rows_that_were_trained_on_are_said_to_be(classes) -> None:
    model, report = classes
    assert model.report(rows(300)).remembered
    assert not report.remembered
    assert "rows that the networks were trained on" in model.report(rows(300)).page().render("text", "en")


def test_a_table_without_targets_is_refused(classes) -> None:
    with pytest.raises(DataError, match="must have values of the target 'kind' to report on; it has none"):
        classes[0].report(rows(10).drop("kind"))


class Tags(HTMLParser):
    """Collects what a page loads, and whether its elements are closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]
        self.loads += [tag] if tag == "script" else []
        if tag not in ("meta", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_fit_writes_one_page_whose_commands_name_rows_of_the_table(tmp_path: Path, capsys, lang: str) -> None:
    table, page, model = tmp_path / "a table.csv", tmp_path / "report.html", tmp_path / "m.koubai"
    frame = rows(200)
    frame = frame.with_columns(kind=pl.when(pl.int_range(200) % 10 == 3).then(None).otherwise("kind"))
    frame.write_csv(table)
    fit = ["fit", str(table), "--target", "kind", "--drop", "amount", "--model", str(model)]
    assert main([*fit, *FIT, "--report", str(page), "--lang", lang]) == 0
    written = page.read_text(encoding="utf-8")
    tags = Tags(written)
    assert not tags.open
    assert not tags.loads
    assert f'<html lang="{lang}">' in written
    assert ("The rows that are most wrong" if lang == "en" else "誤りの最も大きい行") in written
    line = next(row for row in re.findall(r"<tr>(.*?)</tr>", written) if re.match(r"<td>\d+</td><td>(high|low)", row))
    row, truth, answer = re.findall(r"<td>(.*?)</td>", line)[:3]
    assert frame["kind"][int(row) - 1] == truth != answer
    assert f"explain forward {model} --data '{table}' --row {row}</td>" in written.replace("&#x27;", "'")
    capsys.readouterr()
    assert main(["explain", "forward", str(model), "--data", str(table), "--row", row, "--lang", "en"]) == 0
    assert answer in capsys.readouterr().out


def test_without_rows_held_out_the_report_says_so(tmp_path: Path) -> None:
    rows(120).write_csv(table := tmp_path / "t.csv")
    fit = ["fit", str(table), "--target", "amount", "--drop", "kind", "--model", str(tmp_path / "m.koubai"), *FIT]
    assert main([*fit, "--cv", "3", "--report", str(tmp_path / "r.md"), "--lang", "en"]) == 0
    written = (tmp_path / "r.md").read_text(encoding="utf-8")
    assert "No rows were held out" in written
    assert "Cross-validation with 3 folds" in written
    assert "Importance of each column" in written
    assert "most wrong" not in written


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--report", "r.pdf"], r"--report must end in \.html, \.md or \.txt; got 'r\.pdf'\. Try r\.html\."),
        (["--report", "r.html", "--lang", "fr"], r"lang must be one of en, ja; got 'fr'"),
        (["--report", "none/r.html"], r"none"),
        (["--report", "mine.html"], r"mine\.html.*something else"),
        (["--report", "r.html", "--stream"], r"--report must come with a table in memory"),
    ],
)
def test_what_cannot_be_reported_is_refused_before_training(
    tmp_path: Path, capsys, monkeypatch, options: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    rows(60).write_csv("t.csv")
    Path("mine.html").write_text("<p>mine</p>")
    assert main(["fit", "t.csv", "--target", "kind", *FIT, *options]) != 0
    said = capsys.readouterr().err
    assert re.search(message, said)
    assert "Traceback" not in said
    assert not Path("t.koubai").exists()
    assert Path("mine.html").read_text() == "<p>mine</p>"


def test_many_classes_are_listed_as_confusions() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=600)
    frame = pl.DataFrame({"x": x, "y": [f"c{int(k):02d}" for k in np.clip(np.floor(3 * x + 7.5), 0, 14)]})
    report = TableModel(**QUICK).fit(frame[:450], "y").report(frame[450:])
    sections = {section.title.key: section for section in report.page().sections}
    assert "report.confused" in str(sections["report.section.confusion"])
    assert len(curves(report.page(), "report.section.roc")) == 6


def test_how_columns_are_used_is_said_in_both_languages() -> None:
    """The same as the English summary, part by part."""
    rows = [
        {
            "n": float(i % 40),
            "skewed": 2.0 ** (i % 30),
            "c": "abc"[i % 3],
            "day": f"20{i % 20:02}-05-{1 + i % 28:02}",
            "id": f"r{i}",
        }
        for i in range(120)
    ]
    table = pl.DataFrame(rows).with_columns(y=pl.col("n") * 2, n=pl.when(pl.col("n") > 0).then("n"))
    model = TableModel(epochs=2, n_members=1, hidden_layer_sizes=(4,), cross_validation=False).fit(table, "y")
    page = model.report(table).page()
    english, japanese = (" ".join(page.render("text", lang).split()) for lang in ("en", "ja"))
    assert "one of 3" in english
    assert "missing: median" in english
    for said in (
        "標準化した値",
        "対数をとって",
        "順位",
        "個の区間",
        "3 個のカテゴリー",
        "欠損は中央値",
        "曜日",
        "行を区別するだけ",
    ):
        assert said in japanese
