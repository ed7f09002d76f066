"""What `koubai predict` loads: the same predictions as the whole model, without scikit-learn."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score
from tests.files.making import HERE, TABLE

import koubai
from koubai.models.files import load_predictor
from koubai.models.kept.kept_network import KeptNetwork
from koubai.models.kept.kept_table import KeptTable
from koubai.models.scores.ranking import average_precision, roc_area

KEPT = sorted((HERE / "0.1.0").glob("table-*.koubai"))
FRAME = pl.DataFrame(TABLE)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_kept_tables_predictions_are_the_models_bit_for_bit(path: Path) -> None:
    whole, kept = koubai.load(path), load_predictor(path)
    whole = getattr(whole, "model_", whole)
    assert isinstance(kept, KeptTable)
    assert isinstance(kept.estimator_, KeptNetwork)
    columns = {name: FRAME[name] if name in FRAME.columns else ["1,5"] * 40 for name in whole.columns_}
    assert kept.predict(columns).equals(whole.predict(columns))


@pytest.mark.parametrize(
    ("target", "network"),
    [
        ("class", {"n_members": 3}),
        ("new", {"n_jobs": 2}),
        ("class", {"loss": "hinge"}),
        ("class", {"loss": "binary_cross_entropy"}),
        ("price", {"clip_predictions": True}),
        ("price", {"engine": "reference"}),
        ("price", {"n_jobs": -1}),
    ],
    ids=str,
)
def test_so_are_those_of_models_of_every_kind(tmp_path: Path, target: str, network: dict[str, Any]) -> None:
    model = koubai.TableModel(hidden_layer_sizes=(3,), epochs=2, **{"n_members": 1, **network}).fit(FRAME, target)
    koubai.save(model, tmp_path / "m.koubai")
    kept = load_predictor(tmp_path / "m.koubai")
    predicted, evaluation, _ = kept.predict_and_evaluate(FRAME)
    assert predicted.equals(model.predict(FRAME))
    assert evaluation == model.evaluate(FRAME)
    assert len(kept.others_) == network.get("n_members", 1) - 1


def test_other_models_are_loaded_as_ever() -> None:
    assert isinstance(load_predictor(HERE / "0.1.0/classifier-two.koubai"), koubai.MLPClassifier)


NOT_FOR_PREDICTION = {
    *("sklearn", "pandas", "joblib", "numba", "asyncio"),
    *("scipy.linalg", "scipy.optimize", "scipy.stats", "numpy.f2py", "numpy.testing"),
    *("koubai.training.loop", "koubai.training.population", "koubai.estimators.base", "koubai.engines.reference"),
    *("koubai.models.table_model", "koubai.models.reporting", "koubai.explain.network", "koubai.views.quiz"),
    *("koubai.cli.fit", "koubai.cli.compare", "koubai.cli.play", "koubai.cli.explain", "koubai.cli.descend"),
}
"""Libraries and rooms that learn, explain, report, or serve another command."""


def test_predict_loads_neither_scikit_learn_nor_what_learns_or_reports(tmp_path: Path) -> None:
    FRAME.write_csv(tmp_path / "t.csv")
    command = ["predict", str(HERE / "0.1.0/table-classes.koubai"), str(tmp_path / "t.csv"), "--out", "p.csv"]
    script = (
        f"import sys; from koubai.cli.main import main; main({command}); "
        f"print(*{NOT_FOR_PREDICTION} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
    assert "ROC AUC" in ran.stderr
    assert (tmp_path / "p.csv").is_file()


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.5, 0.5000001, 1.0])), min_size=2, max_size=40))
def test_measures_of_ranking_are_scikit_learns(rows: list[tuple[bool, float]]) -> None:
    truth, scores = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    if truth.all() or not truth.any():
        return
    np.testing.assert_allclose(roc_area(truth, scores), roc_auc_score(truth, scores), rtol=1e-12)
    np.testing.assert_allclose(average_precision(truth, scores), average_precision_score(truth, scores), rtol=1e-12)
