"""The command as a process of its own: signals, pipes, terminals, and how much it loads."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.children import child, deaf

import koubai
from koubai.training.container import read_container

KOUBAI = [sys.executable, "-m", "koubai.cli.main"]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# takes standard input as the controlling terminal, so that Ctrl-C there is a signal, and becomes the command
CONTROLLED = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
LONG = ("--epochs", "1000000", "--schedule", "constant", "--hidden", "64,64")


def run(*arguments: str, folder: Path, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*KOUBAI, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, **options)


@pytest.fixture
def training(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a fit that would last for hours, and wait until it has run some epochs."""
    x = np.random.default_rng(0).normal(size=(2000, 4))
    pl.DataFrame(x, schema=list("abcd")).with_columns(y=np.where(x[:, 0] * x[:, 1] > 0, "yes", "no")).write_csv(
        tmp_path / "t.csv"
    )

    def start(*options: str, hears: bool = True) -> subprocess.Popen[str]:
        command = [*KOUBAI, "fit", "t.csv", "--target", "y", *LONG, *options]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = running.enter_context(child(command if hears else deaf(*command), cwd=tmp_path, **pipes))
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(("Epoch 5:", "エポック 5：")):
                return process
        raise AssertionError(process.communicate())

    with ExitStack() as running:
        yield start


def test_the_main_job(tmp_path: Path) -> None:
    """What the README begins with: fit, predict and show on the first example, well and without complaints."""
    fit = run("fit", str(EXAMPLES / "penguins.csv"), "--target", "species", folder=tmp_path)
    assert fit.returncode == 0, fit.stderr
    found = re.search(r"accuracy on 69 held-out rows, \d+ right +(\d\.\d+)", fit.stdout)
    assert found
    assert float(found[1]) > 0.95
    predict = run("predict", "penguins.koubai", str(EXAMPLES / "penguins.csv"), "--out", "p.csv", folder=tmp_path)
    assert predict.returncode == 0, predict.stderr
    assert pl.read_csv(tmp_path / "p.csv").height == 344
    show = run("show", "penguins.koubai", folder=tmp_path)
    assert show.returncode == 0, show.stderr
    assert "bill_length_mm" in show.stdout
    assert show.stderr == ""


@pytest.mark.slow
def test_predictions_are_the_same_in_another_process(tmp_path: Path) -> None:
    model = koubai.TableModel(epochs=5).fit(EXAMPLES / "baseball.csv", "success")
    koubai.save(model, tmp_path / "m.koubai")
    done = run("predict", "m.koubai", str(EXAMPLES / "baseball.csv"), "--out", "p.parquet", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    here = model.predict(EXAMPLES / "baseball.csv")
    there = pl.read_parquet(tmp_path / "p.parquet")
    assert there["prediction"].equals(here["prediction"])
    assert there["probability_yes"].to_numpy().tobytes() == here["probability_yes"].to_numpy().tobytes()


def test_ctrl_c_stops_evaluates_and_saves(training, tmp_path: Path) -> None:
    process = training()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Stopping after this epoch; the best network so far is kept." in err
    assert "Traceback" not in err
    assert "(stopped by Ctrl-C)" in out
    assert "accuracy on 400 held-out rows" in out
    model = koubai.load(tmp_path / "t.koubai")
    assert model.estimator_.history_.stopped == "interrupted"
    assert model.evaluation_.is_better
    assert "stopped by Ctrl-C" in run("show", "t.koubai", folder=tmp_path).stdout


@pytest.mark.slow
def test_ctrl_c_stops_no_fit_that_a_script_started_in_the_background(training) -> None:
    """Shells let such jobs ignore the Ctrl-C that is meant for the program in the foreground."""
    process = training(hears=False)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    shown = [process.stderr.readline() for _ in range(3)]
    assert all(line.startswith("Epoch ") for line in shown), shown
    assert process.poll() is None


@pytest.mark.slow
def test_ctrl_c_before_anything_was_learned_leaves(training, tmp_path: Path) -> None:
    """Reading and compiling are over in no time here, so the signal comes while nothing is finished yet."""
    code = (
        "import os, signal, sys\n"
        "from koubai.models.table_model import TableModel\n"
        "from koubai.cli.main import main\n"
        "TableModel.train = lambda *a, **k: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    table = str(EXAMPLES / "penguins.csv")
    done = subprocess.run(
        [sys.executable, "-c", code, "fit", table, "--target", "species"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 130
    assert done.stderr == "koubai fit: interrupted; nothing was saved.\n"
    assert not list(tmp_path.glob("*.koubai"))


SAID = {
    "en": (
        "'c' keeps the training so far: the same command goes on from there.",
        "koubai fit: interrupted; no model was saved.",
        r"^Note: Training goes on with epoch (\d+), from the checkpoint 'c'\.$",
        "koubai fit: interrupted; nothing was saved.",
    ),
    "ja": (
        "ここまでの学習は 'c' にあります。同じコマンドをもう一度実行すると，続きから進みます。",
        "koubai fit: 中断しました。モデルは保存していません。",
        r"^注意：チェックポイント 'c' から，エポック (\d+) として学習を続けます。$",
        "koubai fit: 中断しました。何も保存していません。",
    ),
}
"""What is said where a checkpoint is kept, where no model is, where a training goes on, and where nothing is kept."""


TWICE = """
import os, signal, sys
from koubai.cli.main import main
from koubai.models.table_model import TableModel
train = TableModel.train

def press(epoch=None):
    if epoch is None or epoch.number == 3:
        os.kill(os.getpid(), signal.SIGINT)

def pressed(model, prepared, callbacks, **more):
    train(model, prepared, [press, *callbacks], **more)
    press()

TableModel.train = pressed
sys.exit(main(sys.argv[1:]))
"""
"""The command, where Ctrl-C is pressed in the third epoch, and again when training has stopped."""


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_ctrl_c_names_the_checkpoint_from_which_the_same_command_goes_on(lang: str, tmp_path: Path) -> None:
    """And the command that goes on says so."""
    kept, without_model, goes_on, nothing = SAID[lang]
    table = str(EXAMPLES / "penguins.csv")
    fit = ("fit", table, "--target", "species", "--epochs", "9", "--model", "m", "--lang", lang)
    cut = {"cwd": tmp_path, "capture_output": True, "text": True, "timeout": 120}
    done = subprocess.run([sys.executable, "-c", TWICE, *fit, "--checkpoint", "c"], **cut)
    last = done.stderr.split("\n")[-2]
    assert (done.returncode, last) == (130, f"{without_model}{'' if lang == 'ja' else ' '}{kept}")
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    done = run(*fit, "--checkpoint", "c", folder=tmp_path)
    assert done.returncode == 0
    assert re.search(goes_on, done.stderr, re.MULTILINE)[1] == "4"
    assert kept not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
    done = subprocess.run([sys.executable, "-c", TWICE, *fit], **cut)
    assert (done.returncode, done.stderr.split("\n")[-2]) == (130, nothing)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_ctrl_c_once_saves_the_model_and_names_the_checkpoint(lang: str, training, tmp_path: Path) -> None:
    with training("--no-early-stopping", "--checkpoint", "c", "--lang", lang) as process:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert err.endswith(f"{SAID[lang][0]}\n")
    assert koubai.load(tmp_path / "t.koubai").estimator_.history_.stopped == "interrupted"
    assert read_container(tmp_path / "c", "checkpoint")[0]["done"] >= 5


@pytest.mark.slow
def test_ctrl_c_in_a_streamed_fit_keeps_what_there_is(training, tmp_path: Path) -> None:
    """The part of an epoch that is under way ends, the best network so far is scored and saved."""
    process = training("--stream", "--checkpoint", "c")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Note: Training interrupted by user. 'c' keeps its state: the same fit goes on from there." in err
    assert err.endswith("'c' keeps the training so far: the same command goes on from there.\n")
    assert "Traceback" not in err
    assert "(stopped by Ctrl-C)" in out
    model = koubai.load(tmp_path / "t.koubai")
    assert model.estimator_.history_.stopped == "interrupted"
    assert model.evaluation_.is_better


@pytest.mark.slow
def test_a_killed_streamed_fit_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    """From its checkpoint; and it leaves no prepared rows behind, as their file has no name."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    table, checkpoint = tmp_path / "t.parquet", tmp_path / "c"
    x = np.random.default_rng(0).normal(size=(3000, 3))
    pl.DataFrame(x, schema=list("abc")).with_columns(y=x[:, 0] * x[:, 1]).write_parquet(table)
    options = {
        "hidden_layer_sizes": (4,),
        "schedule": "constant",
        "checkpoint": str(checkpoint),
        "checkpoint_every": 0.1,
    }
    code = (
        "import koubai, koubai.training.sources as sources\n"
        "sources.WINDOW_BYTES = 20_000\n"
        f"koubai.TableModel(epochs=10**6, **{options!r}).fit({str(table)!r}, 'y', stream=True)\n"
    )
    with child([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(scratch)}) as process:
        deadline = time.monotonic() + 100
        while not checkpoint.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
    assert checkpoint.exists()
    assert not list(scratch.iterdir())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("koubai.training.sources.WINDOW_BYTES", 20_000)
        epochs = read_container(checkpoint, "checkpoint")[0]["done"] + 2
        with pytest.warns(UserWarning, match="Training goes on with epoch"):
            resumed = koubai.TableModel(epochs=epochs, **options).fit(table, "y", stream=True)
        del options["checkpoint"]
        whole = koubai.TableModel(epochs=epochs, **options).fit(table, "y", stream=True)
    np.testing.assert_array_equal(resumed.estimator_.theta_, whole.estimator_.theta_)


@pytest.mark.slow
def test_a_killed_fit_leaves_the_old_model(training, tmp_path: Path) -> None:
    precious = bytes(8) + b'{"__metadata__":{"format":"koubai","more":"..."}}'
    (tmp_path / "t.koubai").write_bytes(precious)
    process = training()
    process.kill()
    process.communicate()
    assert (tmp_path / "t.koubai").read_bytes() == precious
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "t.koubai"]


@pytest.mark.slow
def test_a_fit_killed_before_its_model_is_written_goes_on_from_the_checkpoint(tmp_path: Path) -> None:
    """The checkpoint goes only after the model is safe; then nothing is trained twice."""
    code = (
        "import os, signal, sys\n"
        "import koubai.models.files as files\n"
        "from koubai.cli.main import main\n"
        "files.save = lambda *given: os.kill(os.getpid(), signal.SIGKILL)\n"
        "main(sys.argv[1:])\n"
    )
    table = str(EXAMPLES / "penguins.csv")
    options = ["fit", table, "--target", "species", "--epochs", "7", "--checkpoint", "c", "--checkpoint-every", "0"]
    killed = subprocess.run([sys.executable, "-c", code, *options], cwd=tmp_path, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    record, tensors = read_container(tmp_path / "c", "checkpoint")
    assert (record["done"], record["ended"]) == (7, "epochs")
    done = run(*options, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Epoch 1:" not in done.stderr
    assert "Note: Training had ended after epoch 7: its result is that of the checkpoint 'c'." in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["penguins.koubai"]
    model = koubai.load(tmp_path / "penguins.koubai")
    np.testing.assert_array_equal(model.estimator_.theta_, tensors["theta"])


@pytest.mark.slow
def test_a_terminal_shows_a_bar_and_takes_two_ctrl_cs(tmp_path: Path) -> None:
    """On a terminal there is a bar with loss and validation score; Ctrl-C twice leaves at once."""
    command = [*KOUBAI, "fit", str(EXAMPLES / "penguins.csv"), "--target", "species", *LONG]
    descriptor, terminal = pty.openpty()
    options = {"cwd": tmp_path, "env": {**os.environ, "TERM": "xterm", "COLUMNS": "120"}, "start_new_session": True}
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), terminal)
    seen = b""
    pressed = None
    with child([sys.executable, "-c", CONTROLLED, *command], **options, **streams) as process:
        os.close(terminal)
        while select.select([descriptor], [], [], 240)[0]:
            try:
                part = os.read(descriptor, 65536)
            except OSError:
                break
            seen += part
            if not pressed and re.search(rb"validation loss \d", seen):
                os.write(descriptor, b"\x03\x03")
                pressed = time.monotonic()
        status = process.wait(60)
    os.close(descriptor)
    text = seen.decode(errors="replace")
    assert re.search(r"\d+/1000000.* loss \S+ +validation loss \d\S+", text)
    assert "Traceback" not in text
    assert status in (0, 130), text
    assert (status == 130) == ("nothing was saved" in text)
    assert pressed is not None
    assert time.monotonic() - pressed < 20


@pytest.mark.slow
def test_a_closed_pipe_is_no_mistake(tmp_path: Path) -> None:
    koubai.save(koubai.TableModel(epochs=1).fit(EXAMPLES / "baseball.csv", "success"), tmp_path / "m.koubai")
    rows = (EXAMPLES / "baseball.csv").read_text().split("\n")
    (tmp_path / "long.csv").write_text("\n".join(rows[:1] + rows[1:-1] * 100))
    for command in ("predict m.koubai long.csv", "show m.koubai", "fit long.csv --target success --epochs 1"):
        line = f"set -o pipefail; {' '.join(KOUBAI)} {command} | head -c 1"
        done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert "Traceback" not in done.stderr
        assert "BrokenPipe" not in done.stderr
        assert done.returncode == 0, (command, done.stderr)
    assert koubai.load(tmp_path / "long.koubai").n_rows_["read"] == 40_000


@pytest.mark.slow
def test_a_process_without_outputs_works_all_the_same(tmp_path: Path) -> None:
    """As a job of a scheduler has none: a file opened by the command must not take the place of its output."""
    table = EXAMPLES / "baseball.csv"
    for command in (f"fit {table} --target success --epochs 1 --members 1 --model m.koubai", "show m.koubai"):
        for closed in (">&-", ">&- 2>&-", "<&- >&- 2>&-"):
            line = f"{' '.join(KOUBAI)} {command} {closed}"
            done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, (command, closed, done.stderr)
            assert koubai.load(tmp_path / "m.koubai").n_rows_["read"] == 400


def test_help_show_and_missing_files_load_little(tmp_path: Path) -> None:
    koubai.save(koubai.TableModel(epochs=1).fit(EXAMPLES / "baseball.csv", "success"), tmp_path / "m.koubai")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    missing = (
        "fit no.csv --target a",
        "predict m.koubai no.csv",
        "predict no.koubai t.csv",
        "explain forward m.koubai --data no.csv",
        "explain model no.koubai --data t.csv",
        "explain perceptron no.csv",
        "descend no.csv --fit line",
        "descend t.csv --network no.koubai",
        "play no.csv --target a",
    )
    code = (
        "import sys\n"
        "from koubai.cli.main import main\n"
        "for line in sys.argv[1:]:\n"
        "    try: main(line.split())\n"
        "    except SystemExit: pass\n"
        "    loaded = {'numba', 'sklearn', 'polars', 'jax', 'starlette', 'matplotlib'} & set(sys.modules)\n"
        "    if loaded: sys.exit(f'{line}: {loaded}')\n"
    )
    lines = ("--version", "--help", "fit --help", *missing, "show m.koubai")
    done = subprocess.run([sys.executable, "-c", code, *lines], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("must exist; ") == len(missing)


@pytest.mark.slow
def test_an_ascii_terminal_is_no_obstacle(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = run(
        "fit", str(EXAMPLES / "penguins.csv"), "--target", "body_mass_g", "--epochs", "2", folder=tmp_path, env=env
    )
    assert done.returncode == 0, done.stderr
    done = run("show", "penguins.koubai", folder=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
