"""A training that is cut off anywhere goes on to bit for bit the θ that it would have reached."""

import signal
import subprocess
import sys
import warnings
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler
from tests.children import child

from koubai import MLPClassifier, MLPRegressor
from koubai.core.errors import FileError, ModelFileError, ParameterError
from koubai.engines.protocol import Patience, Plan, Rows, State
from koubai.engines.reference import ReferenceEngine
from koubai.training.container import write_container
from koubai.training.history import Epoch
from koubai.training.sources import rows_digest

IRIS = load_iris()
X, Y = StandardScaler().fit_transform(IRIS.data), IRIS.target
GIVEN: dict[str, Any] = {
    "hidden_layer_sizes": (6,),
    "epochs": 60,
    "batch_size": 16,
    "random_state": 0,
    "n_iter_no_change": 100,
    "checkpoint_every": 0.0,
}


class InterruptedEngine(ReferenceEngine):
    """An engine that is interrupted in the middle of its third epoch."""

    def run(self, plan: Plan, state: State, rows: Rows, rates: Any, patience: Patience | None = None) -> Any:
        if state.epoch == 2:
            super().run(plan, state, Rows(rows.inputs[:32], rows.targets[:32]), rates[:, :2])
            raise KeyboardInterrupt
        return super().run(plan, state, rows, rates, patience)


class Interrupt:
    """A callback that presses Ctrl-C after an epoch, once."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self, epoch: Epoch) -> None:
        if epoch.number == self.number:
            raise KeyboardInterrupt


COURSES: dict[str, tuple[Any, dict[str, Any]]] = {
    "adam": (MLPClassifier, {}),
    "dropout and a schedule": (MLPClassifier, {"dropout": 0.3, "schedule": "one_cycle", "optimizer": "nadam"}),
    "adaptive": (MLPRegressor, {"solver": "sgd", "learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 4}),
    "invscaling": (MLPRegressor, {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.05}),
    "early stopping": (MLPClassifier, {"early_stopping": True, "learning_rate_init": 0.01, "n_iter_no_change": 30}),
}


@pytest.mark.parametrize("name", COURSES)
def test_going_on_equals_no_break(name: str, tmp_path: Path) -> None:
    make, extras = COURSES[name]
    given = {**GIVEN, **extras}
    path = tmp_path / "run.koubai"
    whole = make(**given).fit(X, Y)
    model = make(**given, checkpoint=path, callbacks=Interrupt(7))
    kept = rf"^Training interrupted by user\. '{path}' keeps its state: the same fit goes on from there\.$"
    with pytest.warns(UserWarning, match=kept):
        model.fit(X, Y)
    assert path.exists()
    model = make(**given, checkpoint=str(path), callbacks=Interrupt(20))
    goes_on = r"^Training goes on with epoch {}, from the checkpoint '.*run\.koubai'\.$"
    with pytest.warns(UserWarning, match=goes_on.format(8)), pytest.warns(UserWarning, match="interrupted"):
        model.fit(X, Y)
    assert model.n_iter_ == 20
    with pytest.warns(UserWarning, match=goes_on.format(21)):
        model.set_params(callbacks=None).fit(X, Y)
    np.testing.assert_array_equal(model.theta_, whole.theta_)
    for attribute in ("loss_curve_", "n_iter_", "t_", "validation_scores_", "best_loss_", "_no_improvement_count"):
        assert getattr(model, attribute) == getattr(whole, attribute), attribute
    assert model.history_.stopped == whole.history_.stopped
    assert model.history_.learning_rates == whole.history_.learning_rates
    assert not path.exists()


PROGRAM = dedent(
    """
    import sys
    import time

    import numpy as np
    from koubai import MLPRegressor

    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    y = X[:, 0] * X[:, 1]

    def slowly(epoch):
        print(epoch.number, flush=True)
        time.sleep(0.01 if sys.argv[2] == "slowly" else 0)

    model = MLPRegressor(
        hidden_layer_sizes=8, epochs=80, batch_size=16, random_state=0, n_iter_no_change=1000, dropout=0.1,
        callbacks=slowly, checkpoint=sys.argv[1] or None, checkpoint_every=0,
    )
    np.save(sys.argv[3], model.fit(X, y).theta_)
    """
)


@pytest.mark.slow
def test_a_process_that_is_killed(tmp_path: Path) -> None:
    path, cut, whole = tmp_path / "run.koubai", tmp_path / "cut.npy", tmp_path / "whole.npy"
    command = [sys.executable, "-c", PROGRAM]
    with child([*command, path, "slowly", cut], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while process.stdout.readline() != "40\n":
            pass
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert path.exists()
    again = subprocess.run([*command, path, "", cut], stdout=subprocess.PIPE, text=True, check=True)
    assert int(again.stdout.splitlines()[0]) > 30  # it went on, and did not begin anew
    subprocess.run([*command, "", "", whole], stdout=subprocess.DEVNULL, check=True)
    np.testing.assert_array_equal(np.load(cut), np.load(whole))


def test_an_interrupt_in_the_middle_of_an_epoch_keeps_the_file_before_it(tmp_path: Path) -> None:
    path = tmp_path / "run.koubai"
    given = {**GIVEN, "epochs": 5}
    with pytest.warns(UserWarning, match="interrupted"):
        model = MLPRegressor(**given, checkpoint=path, engine=InterruptedEngine(), callbacks=lambda epoch: None).fit(
            X, Y
        )
    assert model.n_iter_ == 2
    with pytest.warns(UserWarning, match="goes on with epoch 3"):
        again = MLPRegressor(**given, checkpoint=path, engine="reference").fit(X, Y)
    np.testing.assert_array_equal(again.theta_, MLPRegressor(**given, engine="reference").fit(X, Y).theta_)


def interrupted(path: Path, **given: Any) -> None:
    with pytest.warns(UserWarning, match="interrupted"):
        MLPClassifier(**{**GIVEN, **given}, checkpoint=path, callbacks=Interrupt(3)).fit(X, Y)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"activation": "tanh"}, "network"),
        ({"optimizer": "lion"}, "optimizer"),
        ({"alpha": 0.5}, "penalty"),
        ({"learning_rate_init": 0.5}, "learning_rate"),
        ({"schedule": "cosine"}, "schedule"),
        ({"batch_size": 8, "random_state": 1}, "batch_size, seed"),
    ],
)
def test_the_checkpoint_of_another_training_is_refused(tmp_path: Path, changed: dict[str, Any], what: str) -> None:
    path = tmp_path / "run.koubai"
    interrupted(path)
    before = path.read_bytes()
    with pytest.raises(ParameterError) as caught:
        MLPClassifier(**{**GIVEN, **changed}, checkpoint=path).fit(X, Y)
    assert str(caught.value) == (
        f"checkpoint must come from the same training; got {path}, which was made with different values of {what}. "
        f"Remove the file, or pass another path."
    )
    assert path.read_bytes() == before


def test_the_checkpoint_of_other_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.koubai"
    interrupted(path)
    with pytest.raises(ParameterError, match="different values of rows"):
        MLPClassifier(**GIVEN, checkpoint=path).fit(X + 1e-12, Y)


def test_more_epochs_may_be_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "run.koubai"
    interrupted(path)
    with pytest.warns(UserWarning, match="goes on with epoch 4"):
        longer = MLPClassifier(**{**GIVEN, "epochs": 70}, checkpoint=path).fit(X, Y)
    np.testing.assert_array_equal(longer.theta_, MLPClassifier(**{**GIVEN, "epochs": 70}).fit(X, Y).theta_)


def test_fewer_epochs_than_have_run_end_at_once(tmp_path: Path) -> None:
    path = tmp_path / "run.koubai"
    interrupted(path)
    with pytest.warns(UserWarning, match=r"^Training had ended after epoch 3: its result is that of the checkpoint"):
        model = MLPClassifier(**{**GIVEN, "epochs": 2}, checkpoint=path).fit(X, Y)
    assert model.n_iter_ == 3
    np.testing.assert_array_equal(model.theta_, MLPClassifier(**{**GIVEN, "epochs": 3}).fit(X, Y).theta_)


def test_a_file_that_is_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "run.koubai"
    path.write_text("precious")
    with pytest.raises(ModelFileError, match=r"run\.koubai"):
        MLPClassifier(**GIVEN, checkpoint=path).fit(X, Y)
    assert path.read_text() == "precious"
    write_container(path, "MLPClassifier", {}, {})
    with pytest.raises(ModelFileError, match="it holds a MLPClassifier, but a checkpoint is required"):
        MLPClassifier(**GIVEN, checkpoint=path).fit(X, Y)


def test_checkpoints_are_written_only_now_and_then(tmp_path: Path) -> None:
    path = tmp_path / "run.koubai"
    seen = []
    given = {**GIVEN, "checkpoint_every": 3600.0}
    MLPClassifier(**given, checkpoint=path, callbacks=lambda epoch: seen.append(path.exists())).fit(X, Y)
    assert seen == [False] * 60


def test_a_place_that_cannot_be_written_is_noticed_before_training(tmp_path: Path) -> None:
    calls: list[Epoch] = []
    with pytest.raises(OSError, match="no_such_folder"):
        MLPClassifier(**GIVEN, checkpoint=tmp_path / "no_such_folder" / "run", callbacks=calls.append).fit(X, Y)
    assert calls == []


def test_a_digest_sees_every_bit() -> None:
    rows = Rows(X, X[:, :1], np.ones(len(X)))
    digests = {
        rows_digest(rows),
        rows_digest(Rows(X, X[:, :1])),
        rows_digest(Rows(X.astype(np.float32), X[:, :1])),
        rows_digest(Rows(np.nextafter(X, 9), X[:, :1], np.ones(len(X)))),
        rows_digest(Rows(csr_array(X), X[:, :1])),
        rows_digest(Rows(X.reshape(300, 2), X[:, :1])),
    }
    assert len(digests) == 6
    assert rows_digest(Rows(X.copy(), X[:, :1].copy(), np.ones(len(X)))) in digests


def test_without_a_checkpoint_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MLPClassifier(**GIVEN).fit(X, Y)
    assert list(tmp_path.iterdir()) == []


def test_a_kept_file_holds_the_result(tmp_path: Path) -> None:
    """So that a process may be killed between the end of training and the saving of the model."""
    path = tmp_path / "run.koubai"
    epochs: list[int] = []
    model = MLPClassifier(**{**GIVEN, "n_iter_no_change": 2, "tol": 0.05}, checkpoint=path, keep_checkpoint=True)
    model.set_params(callbacks=lambda epoch: epochs.append(epoch.number)).fit(X, Y)
    assert model.history_.stopped == "patience"
    assert path.exists()
    ran = len(epochs)
    theta = model.theta_.copy()
    with pytest.warns(UserWarning, match=f"had ended after epoch {ran}: its result is that of the checkpoint"):
        model.fit(X, Y)
    assert len(epochs) == ran  # nothing had to be trained again
    np.testing.assert_array_equal(model.theta_, theta)
    assert model.history_.stopped == "patience"
    longer = MLPClassifier(**GIVEN, checkpoint=path, keep_checkpoint=True)
    longer.set_params(epochs=3)
    path.unlink()
    longer.fit(X, Y)
    with pytest.warns(UserWarning, match="goes on with epoch 4"):
        longer.set_params(epochs=6).fit(X, Y)
    np.testing.assert_array_equal(longer.theta_, MLPClassifier(**{**GIVEN, "epochs": 6}).fit(X, Y).theta_)


def test_a_full_disk_is_a_warning_and_training_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.koubai"
    whole = MLPClassifier(**GIVEN).fit(X, Y)
    attempts: list[Path] = []

    def full(given: Path, *_: Any) -> None:
        attempts.append(given)
        raise FileError(f"The output '{given}' cannot be written: no space left on device. Choose another place.")

    monkeypatch.setattr("koubai.training.checkpoints.write_container", full)
    message = r"^The checkpoint was not written\. The output '.*run\.koubai' cannot be written: no space left"
    with pytest.warns(RuntimeWarning, match=message) as caught:
        model = MLPClassifier(**GIVEN, checkpoint=path).fit(X, Y)
    assert all(str(warning.message).endswith("Training continues.") for warning in caught)
    assert len(attempts) > 1
    np.testing.assert_array_equal(model.theta_, whole.theta_)


def test_scores_and_losses_are_not_mixed(tmp_path: Path) -> None:
    path = tmp_path / "run.koubai"
    interrupted(path, early_stopping=True)
    given = {**GIVEN, "early_stopping": True}
    with pytest.raises(ParameterError, match="different values of validated"):
        MLPClassifier(**given, validation_metric="loss", checkpoint=path).fit(X, Y)
    path.unlink()
    interrupted(path, early_stopping=True, validation_metric="loss")
    with pytest.raises(ParameterError, match="different values of validated"):
        MLPClassifier(**given, checkpoint=path).fit(X, Y)
