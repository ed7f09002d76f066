"""What a user can take away: the model as a file."""

import tempfile
from pathlib import Path

from koubai.models.files import save
from koubai.play.runs.experiment import Experiment, Moment
from koubai.play.runs.returning import whole_model


def model_file(experiment: Experiment, moment: Moment) -> bytes:
    """Return the bytes of a model file: for a table the whole model including its preparation, else the estimator."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "playground.koubai"
        save(whole_model(experiment, moment), path)
        return path.read_bytes()
