"""What mlflow tracks of a fit: a pipeline by ``autolog``, an estimator alone by ``log_model``; as the documents say."""

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
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from koubai import MLPClassifier

X, y = load_iris(return_X_y=True)
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("irises")
mlflow.sklearn.autolog(serialization_format="cloudpickle")
alone = MLPClassifier((4,), epochs=5, random_state=0).fit(X, y)
assert mlflow.last_active_run() is None  # autolog knows the classes of scikit-learn's own modules, and no others

pipeline = make_pipeline(StandardScaler(), MLPClassifier((4,), epochs=5, random_state=0)).fit(X, y)
tracked = mlflow.last_active_run()
mlflow.sklearn.autolog(disable=True)

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
logged = mlflow.get_run(run.info.run_id)
models = {each.source_run_id: each.model_id for each in mlflow.search_logged_models(output_format="list")}
same = [
    bool(np.array_equal(mlflow.sklearn.load_model(f"models:/{models[each.info.run_id]}").predict(X), model.predict(X)))
    for each, model in ((tracked, pipeline), (logged, alone))
]
found = [{"params": each.data.params, "metrics": each.data.metrics} for each in (tracked, logged)]
print(json.dumps({"runs": found, "same": same, "scores": [pipeline.score(X, y), alone.score(X, y)]}))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: Any) -> dict[str, Any]:
    """What a process of its own tells: autolog changes scikit-learn's classes for as long as the process lives."""
    if os.environ.get("CI") != "true":
        pytest.importorskip("mlflow.sklearn", reason="mlflow-skinny is not installed: no such check")
    folder: Path = tmp_path_factory.mktemp("tracked")
    environment = os.environ | {"MLFLOW_ALLOW_FILE_STORE": "true", "GIT_PYTHON_REFRESH": "quiet"}
    command = [sys.executable, "-c", PROGRAM, (folder / "runs").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_autolog_tracks_a_pipeline_as_scikit_learns_own(said: dict[str, Any]) -> None:
    run = said["runs"][0]
    assert run["params"]["mlpclassifier__hidden_layer_sizes"] == "(4,)"
    assert run["metrics"]["training_accuracy_score"] == pytest.approx(said["scores"][0])
    assert {"training_log_loss", "training_f1_score", "training_roc_auc"} <= set(run["metrics"])
    assert said["same"][0]


def test_an_estimator_alone_is_logged_by_log_model(said: dict[str, Any]) -> None:
    run = said["runs"][1]
    assert run["params"]["hidden_layer_sizes"] == "(4,)"
    assert run["metrics"]["training_score"] == pytest.approx(said["scores"][1])
    assert said["same"][1]
