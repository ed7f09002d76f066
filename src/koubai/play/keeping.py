"""What a user can take away: the model as a file, and a Python program that reproduces the numbers."""

import base64
import hashlib
import json
import tempfile
from pathlib import Path

from koubai.core.errors import ParameterError
from koubai.models.files import save
from koubai.play.branch import Branch
from koubai.play.experiment import Experiment, Moment
from koubai.play.frames import Message
from koubai.play.journal import MOST
from koubai.play.returning import whole_model

MODEL_TYPE, PYTHON_TYPE = "application/octet-stream", "text/x-python"


def model_file(experiment: Experiment, moment: Moment) -> bytes:
    """Return the bytes of a model file: for a table the whole model including its preparation, else the estimator."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "playground.koubai"
        save(whole_model(experiment, moment), path)
        return path.read_bytes()


def python_program(branch: Branch) -> str:
    """Return a program that starts as the page did, repeats what was done there, and ends with the same θ.

    Raises
    ------
    ParameterError
        If more was done by hand than the journal holds, or the rows were given by a program.
    """
    journal, moment = branch.journal, branch.moment
    if branch.experiment.data.is_given:
        raise ParameterError(
            "playground: a program must be able to read its rows; these were given in a notebook, whose own cells are "
            "the program. Save the model, or use widget.estimator."
        )
    if journal.is_full:
        raise ParameterError(
            f"playground: a program must repeat at most {MOST} changes by hand; got more. "
            "Go back on the slider, or reset; the model can still be saved."
        )
    table = journal.settings["dataset"] == "table"
    usage = "\nRun it with the name of your table as its argument.\n" if table else ""
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


def download(branch: Branch, kind: str) -> Message:
    """Return the message that contains a file: the ``"model"``, or the ``"python"`` program."""
    if kind == "model":
        return carried("playground.koubai", MODEL_TYPE, model_file(branch.experiment, branch.moment))
    return carried("playground.py", PYTHON_TYPE, python_program(branch).encode())


def carried(name: str, media_type: str, content: bytes) -> Message:
    """Return the message that contains a file."""
    return {
        "type": "download",
        "name": name,
        "media_type": media_type,
        "base64": base64.b64encode(content).decode("ascii"),
    }
