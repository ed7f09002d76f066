"""What a learner takes away: the model as a file, and a Python program that makes the same numbers again."""

import base64
import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from koubai.core.errors import ParameterError
from koubai.engines.protocol import Patience
from koubai.estimators.classifier import MLPClassifier
from koubai.estimators.regressor import MLPRegressor
from koubai.models.files import save
from koubai.play.branch import Branch
from koubai.play.data import Data
from koubai.play.datasets import CLASSES
from koubai.play.experiment import Experiment, Moment
from koubai.play.journal import MOST
from koubai.training.history import History
from koubai.training.run import Run

MODEL_TYPE, PYTHON_TYPE = "application/octet-stream", "text/x-python"


def estimator_of(experiment: Experiment, moment: Moment) -> MLPClassifier | MLPRegressor:
    """Return the network as a fitted estimator; its inputs are the features that the playground shows.

    Examples
    --------
    >>> from koubai.play.data import load
    >>> from koubai.play.settings import Settings
    >>> settings = Settings()
    >>> experiment = Experiment.build(settings, load(settings, {}))
    >>> moment = experiment.begin()
    >>> experiment.advance(moment, 100)
    >>> model = estimator_of(experiment, moment)
    >>> model.predict([[0.0, 0.0], [5.0, 0.0]]).tolist()
    ['1', '0']
    """
    data, common = experiment.data, _parameters(experiment)
    model: MLPClassifier | MLPRegressor
    if data.task == CLASSES:
        common["loss"] = {"cross_entropy": "log_loss", "binary_cross_entropy": "log_loss"}.get(
            common["loss"], common["loss"]
        )
        model = MLPClassifier(**common)
    else:
        model = MLPRegressor(**common)
    y = labels_of(data)
    model._validated(data.inputs, y, incremental=False, reset=True)
    model._describe(experiment.network)
    history = History()
    rate = experiment.settings.learning_rate
    history.extend([experiment.losses(moment.state.theta)[0]], [rate], 0.0, None)
    run = Run(moment.state.copy(), Patience(0.0, np.inf), rate, history, done=moment.state.epoch)
    model._keep(run)
    return model


def _parameters(experiment: Experiment) -> dict[str, Any]:
    """Return the parameters with which an estimator trains as the playground does."""
    settings, plan = experiment.settings, experiment.plan
    rows = 1 if plan.penalty.per_row else plan.batch_size  # an estimator's penalty is divided by the rows of a batch
    found: dict[str, Any] = {
        "hidden_layer_sizes": settings.hidden,
        "activation": list(settings.activations) or "relu",
        "optimizer": settings.optimizer if experiment.data.recipe is None else plan.optimizer,
        "learning_rate_init": settings.learning_rate,
        "schedule": settings.schedule
        if experiment.data.recipe is None
        else experiment.data.recipe.schedule(settings.schedule),
        "alpha": settings.l2 * rows,
        "l1": settings.l1 * rows,
        "batch_size": plan.batch_size,
        "shuffle": plan.shuffle,
        "clip_norm": plan.clip_norm or None,
        "dropout": list(settings.dropout) or 0.0,
        "init": settings.init,
        "loss": experiment.ending.loss.name,
        "random_state": settings.seed,
    }
    if experiment.is_perceptron:
        found |= {"hidden_layer_sizes": (), "activation": "relu", "optimizer": "sgd", "dropout": 0.0, "schedule": None}
    return found


def labels_of(data: Data) -> Any:
    """Return the targets as an estimator takes them: labels, or numbers."""
    if data.task != CLASSES:
        return data.targets
    if data.original is not None:
        return data.original.y
    return data.prepared.y if data.prepared is not None else np.array(data.classes)[data.targets.astype(int)]


def model_file(experiment: Experiment, moment: Moment) -> bytes:
    """Return the bytes of a model file: for a table the whole model with its preparation, else the estimator."""
    estimator = estimator_of(experiment, moment)
    kept: Any = estimator
    model, prepared = experiment.data.model, experiment.data.prepared
    if model is not None and prepared is not None:
        model.take(prepared, estimator)
        kept = model
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "playground.koubai"
        save(kept, path)
        return path.read_bytes()


def python_program(branch: Branch) -> str:
    """Return a program that begins as the page began, does what was done there, and ends with the same θ.

    Raises
    ------
    ParameterError
        If more was done by hand than the journal keeps.
    """
    journal, moment = branch.journal, branch.moment
    if journal.is_full:
        raise ParameterError(
            f"playground: a program must repeat at most {MOST} changes by hand; got more. "
            "Go back on the slider, or reset; the model can be kept as it is."
        )
    table = journal.settings["dataset"] == "table"
    usage = "\nRun it with the name of your table behind it.\n" if table else ""
    digest = hashlib.sha256(moment.state.theta.astype("<f8").tobytes()).hexdigest()
    tables = "{SETTINGS['table']: Path(sys.argv[1] if len(sys.argv) > 1 else 'table.csv')}" if table else "{}"
    return f'''"""A network from koubai's playground: the same data, start, steps and numbers.
{usage}"""

import hashlib
import json
import sys
from pathlib import Path

from koubai.play.replay import replay

SETTINGS = json.loads(r"""{json.dumps(journal.settings)}""")
DONE = json.loads(r"""{json.dumps(journal.entries())}""")
TABLES: dict[str, Path] = {tables}

experiment, moment = replay(SETTINGS, DONE, TABLES)
theta = moment.state.theta  # all weights and biases
train_loss, test_loss, accuracy = experiment.losses(theta)
print("epoch", moment.state.epoch, "training loss", train_loss, "test loss", test_loss, "accuracy", accuracy)
for layer, weights, biases in experiment.network.views(theta):
    print(layer.activation.name, weights.tolist(), biases.tolist())

digest = hashlib.sha256(theta.astype("<f8").tobytes()).hexdigest()
same = digest == "{digest}"
print("the playground's numbers" + (", to the last bit" if same else " but for rounding: another processor or version"))
'''


def download(branch: Branch, kind: str) -> dict[str, Any]:
    """Return the message that carries a file: the ``"model"``, or the ``"python"`` program."""
    if kind == "model":
        return carried("playground.koubai", MODEL_TYPE, model_file(branch.experiment, branch.moment))
    return carried("playground.py", PYTHON_TYPE, python_program(branch).encode())


def carried(name: str, media_type: str, content: bytes) -> dict[str, Any]:
    """Return the message that carries a file."""
    return {
        "type": "download",
        "name": name,
        "media_type": media_type,
        "base64": base64.b64encode(content).decode("ascii"),
    }
