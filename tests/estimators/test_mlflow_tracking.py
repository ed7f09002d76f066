"""What mlflow tracks of a fit: estimators alone and in pipelines by ``autolog``, one by ``log_model``; as written."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # mlflow alone takes half a minute to import

PROGRAM = """
import json, sys, warnings
warnings.simplefilter("ignore")  # mlflow's own
import mlflow
import numpy as np
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn import model_selection
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from koubai import Conv, ConvClassifier, MLPClassifier, Perceptron, TableClassifier, TableRegressor

X, y = load_iris(return_X_y=True)
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("irises")
client, runs, scores, same = mlflow.MlflowClient(), {}, {}, {}
alone = MLPClassifier((4,), epochs=5, random_state=0)
alone.fit(X, y)
assert mlflow.last_active_run() is None  # autolog is off

def tracked(name, model):
    run = mlflow.get_run(mlflow.last_active_run().info.run_id)
    history = client.get_metric_history(run.info.run_id, "loss")
    found = mlflow.search_logged_models(output_format="list")
    found = [each for each in found if each.source_run_id == run.info.run_id]
    runs[name] = {
        "params": run.data.params, "metrics": run.data.metrics, "status": run.info.status, "models": len(found),
        "class": run.data.tags.get("estimator_class"), "losses": [[each.step, each.value] for each in history],
    }
    scores[name] = [model.score(X, y), list(getattr(model, "loss_curve_", []))]
    if found:
        back = mlflow.sklearn.load_model(f"models:/{found[0].model_id}")
        same[name] = bool(np.array_equal(back.predict(X), model.predict(X)))
        runs[name]["signature"] = mlflow.models.get_model_info(f"models:/{found[0].model_id}").signature is not None

def count():
    return len(mlflow.search_runs(output_format="list"))

mlflow.sklearn.autolog()
tracked("alone", alone.fit(X, y))
mlflow.sklearn.autolog(log_models=False)
tracked("again", alone.fit(X, y))
small = {"hidden_layer_sizes": (4,), "n_members": 2, "epochs": 3}
tracked("table", TableClassifier(**small).fit(X, y))
tracked("numbers", TableRegressor(**small).fit(X, y))
tracked("images", ConvClassifier([Conv(2, 2), "relu"], image_shape=(2, 2), epochs=2).fit(X, y))
tracked("perceptron", Perceptron(max_iter=3).fit(X, y))
pipeline = make_pipeline(StandardScaler(), MLPClassifier((4,), epochs=5, random_state=0)).fit(X, y)
tracked("pipeline", pipeline)
before = count()
with mlflow.start_run() as given:
    alone.fit(X, y)
assert count() == before + 1
assert "training_score" in mlflow.get_run(given.info.run_id).data.metrics
model_selection.GridSearchCV(MLPClassifier((2,), epochs=2), {"alpha": [0.1, 0.2]}, cv=2).fit(X, y)
searched = count() - before - 1
model_selection.cross_val_score(MLPClassifier((2,), epochs=2), X, y, cv=2)
assert count() == before + 1 + searched
try:
    MLPClassifier(epochs=-1).fit(X, y)
except ValueError as error:
    wrong = [str(error), str(mlflow.active_run()), mlflow.search_runs(output_format="list")[0].info.status]
before = count()
mlflow.sklearn.autolog(disable=True)
alone.fit(X, y)
assert count() == before

with mlflow.start_run() as run:
    mlflow.log_params(alone.get_params())
    mlflow.log_metric("training_score", alone.score(X, y))
    for epoch, loss in enumerate(alone.loss_curve_, 1):
        mlflow.log_metric("loss", loss, step=epoch)
    mlflow.sklearn.log_model(
        alone,
        name="model",
        signature=infer_signature(X, alone.predict(X)),
        skops_trusted_types=["koubai.estimators.classifier.MLPClassifier"],
        pip_requirements=["koubai"],
    )
tracked("by hand", alone)
print(json.dumps({"runs": runs, "same": same, "scores": scores, "searched": searched, "wrong": wrong}))
"""


@pytest.fixture(scope="module", params=["file", "sqlite"])
def said(request: Any, tmp_path_factory: Any) -> dict[str, Any]:
    """What a process of its own tells: autolog changes classes for as long as the process lives."""
    if os.environ.get("CI") != "true":
        pytest.importorskip("mlflow.sklearn", reason="mlflow-skinny is not installed: no such check")
    if request.param == "sqlite":
        pytest.importorskip("sqlalchemy", reason="mlflow keeps runs in SQLite by SQLAlchemy, which is not installed")
    folder: Path = tmp_path_factory.mktemp("tracked")
    environment = os.environ | {"MLFLOW_ALLOW_FILE_STORE": "true", "GIT_PYTHON_REFRESH": "quiet"}
    store = (folder / "runs").as_uri() if request.param == "file" else f"sqlite:///{folder}/runs.db"
    command = [sys.executable, "-c", PROGRAM, store]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_autolog_tracks_an_estimator_alone_as_scikit_learns_own(said: dict[str, Any]) -> None:
    run, (score, losses) = said["runs"]["alone"], said["scores"]["alone"]
    assert run["class"] == "koubai.estimators.classifier.MLPClassifier"
    assert run["params"]["hidden_layer_sizes"] == "(4,)"
    assert run["metrics"]["training_score"] == pytest.approx(score)
    assert {"training_log_loss", "training_f1_score", "training_roc_auc"} <= set(run["metrics"])
    assert run["losses"] == [[epoch, pytest.approx(loss)] for epoch, loss in enumerate(losses, 1)]
    assert len(losses) == 5
    assert said["same"]["alone"]
    assert run["signature"]
    assert (run["status"], run["models"]) == ("FINISHED", 1)


@pytest.mark.parametrize(
    ("name", "measure", "home"),
    [
        ("again", "training_log_loss", "koubai.estimators.classifier.MLPClassifier"),
        ("table", "training_log_loss", "koubai.models.as_estimator.classifier.TableClassifier"),
        ("numbers", "training_r2_score", "koubai.models.as_estimator.regressor.TableRegressor"),
        ("images", "training_log_loss", "koubai.estimators.convolution.classifier.ConvClassifier"),
        ("perceptron", "training_f1_score", "koubai.estimators.perceptron.Perceptron"),
    ],
)
def test_autolog_tracks_every_kind_with_the_settings_of_its_last_call(
    said: dict[str, Any], name: str, measure: str, home: str
) -> None:
    run, (score, losses) = said["runs"][name], said["scores"][name]
    assert run["class"] == home
    assert run["metrics"]["training_score"] == pytest.approx(score)
    assert measure in run["metrics"]
    assert len(run["losses"]) == len(losses)
    assert run["models"] == 0


def test_autolog_tracks_a_pipeline_and_a_search_once(said: dict[str, Any]) -> None:
    run = said["runs"]["pipeline"]
    assert run["params"]["mlpclassifier__hidden_layer_sizes"] == "(4,)"
    assert run["metrics"]["training_score"] == pytest.approx(said["scores"]["pipeline"][0])
    assert said["searched"] == 3  # the search, and below it a run for each of two values


def test_a_fit_that_fails_ends_its_run_and_says_what_it_says_without_mlflow(said: dict[str, Any]) -> None:
    sentence, active, status = said["wrong"]
    assert "epochs must be" in sentence
    assert (active, status) == ("None", "FAILED")


def test_an_estimator_alone_is_logged_by_log_model(said: dict[str, Any]) -> None:
    run = said["runs"]["by hand"]
    assert run["params"]["hidden_layer_sizes"] == "(4,)"
    assert run["metrics"]["training_score"] == pytest.approx(said["scores"]["by hand"][0])
    assert said["same"]["by hand"]


def test_a_version_that_cannot_be_told_of_classes_trains_and_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    from koubai import MLPClassifier
    from koubai.estimators.offers import tracking

    utilities = SimpleNamespace(
        AUTOLOGGING_INTEGRATIONS={"sklearn": {"disable": False}}, autologging_is_disabled=lambda name: False
    )
    monkeypatch.setattr(tracking, "KNOWN", [])
    monkeypatch.setitem(sys.modules, "mlflow.utils.autologging_utils", utilities)
    monkeypatch.setitem(sys.modules, "mlflow.sklearn", SimpleNamespace())
    with pytest.warns(UserWarning, match=r"MLPClassifier is not tracked: this mlflow cannot.*make_pipeline"):
        model = MLPClassifier((2,), epochs=1).fit([[0.0], [1.0]], [0, 1])
    assert hasattr(model, "coefs_")
