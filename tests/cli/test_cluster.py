"""Several processes that train one network: one command, the same network, and none waits for ever."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import koubai
from koubai.cli.main import main

FIT = ["--target", "y", "--members", "1", "--hidden", "16,8", "--no-piecewise", "--no-cross-validation", "--force"]
ENDS_WITHIN = 30.0


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2501, 4))
    frame = {f"x{i}": x[:, i] for i in range(4)} | {"y": np.where(x[:, 0] * x[:, 1] + x[:, 2] > 0, "a", "b")}
    path = tmp_path_factory.mktemp("cluster") / "table.parquet"
    pl.DataFrame(frame).write_parquet(path)
    return path


def command(table: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "koubai.cli.main", "fit", str(table), *FIT, *more]


def theta(path: Path) -> np.ndarray:
    model = koubai.load(path)
    assert isinstance(model, koubai.TableModel)
    return model.estimator_.theta_


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--coordinator", "h:1"], "--coordinator must come with --processes, so that the processes find each other"),
        (["--process", "1"], "--process must come with --coordinator"),
        (["--restarts", "2"], "--restarts must come with --local-processes"),
        (["--local-processes", "2", "--restarts", "2"], "--restarts must come with --checkpoint"),
        (["--local-processes", "0"], "--local-processes must be >= 1; got 0. Try 1."),
        (["--local-processes", "2", "--engine", "cpu"], "--engine must be jax with several processes; got 'cpu'."),
        (["--local-processes", "2", "--time", "3"], "--time must not be given with several processes"),
        (["--local-processes", "2", "--process", "0"], "--process must not be given with --local-processes"),
        (["--coordinator", "h:1", "--processes", "2", "--process", "2"], "--process must be below --processes"),
        (["--coordinator", "here", "--processes", "2", "--process", "0"], "--coordinator must be HOST:PORT"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    options: list[str], sentence: str, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(table), "--target", "y", *options]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"koubai fit: {sentence}")
    assert said.count("\n") == 1


@pytest.mark.slow
def test_two_processes_train_the_network_of_one(table: Path, tmp_path: Path) -> None:
    """After 20 epochs in float64, with rows held out by which the epoch is chosen."""
    one, two = tmp_path / "one.koubai", tmp_path / "two.koubai"
    more = ("--epochs", "20", "--quiet", "--dropout", "0.1", "--model")
    subprocess.run(command(table, "--engine", "jax", *more, str(one)), check=True)
    found = subprocess.run(
        command(table, "--local-processes", "2", *more, str(two)), check=True, capture_output=True, text=True
    )
    assert found.stdout == found.stderr == ""
    assert np.abs(theta(two) - theta(one)).max() <= 1e-12 * np.abs(theta(one)).max()


class Pair:
    """Two processes as a scheduler would start them, with nobody who looks after them."""

    def __init__(self, table: Path, folder: Path, *more: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        self.checkpoint, self.model = folder / "run.checkpoint", folder / "model.koubai"
        files = ("--checkpoint", str(self.checkpoint), "--checkpoint-every", "0.2", "--model", str(self.model))
        self.both = [
            subprocess.Popen(
                command(
                    table, "--quiet", *files, "--coordinator", address, "--processes", "2", "--process", rank, *more
                ),
                stderr=subprocess.PIPE,
                text=True,
            )
            for rank in "01"
        ]

    def wait_for_training(self) -> None:
        while not self.checkpoint.exists():
            assert all(child.poll() is None for child in self.both)
            time.sleep(0.05)

    def end(self) -> None:
        for child in self.both:
            child.kill()
            child.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_process_ends_the_other_which_names_it(table: Path, tmp_path: Path, lost: int, number: int) -> None:
    pair = Pair(table, tmp_path, "--epochs", "1000000", "--no-early-stopping")
    try:
        pair.wait_for_training()
        os.kill(pair.both[lost].pid, number)
        said = pair.both[1 - lost].communicate(timeout=ENDS_WITHIN)[1]
        assert pair.both[1 - lost].returncode == 75
        assert f"rocess {lost} of 2" in said.splitlines()[-1]
        assert f"they go on from '{pair.checkpoint}'" in said
    finally:
        pair.end()


KILLS = int(os.environ.get("KOUBAI_KILLS", "2"))
"""So often one of two processes is killed at a random moment: KOUBAI_KILLS=100 takes 25 minutes on two cores."""


@pytest.mark.slow
@pytest.mark.timeout(1000 + 20 * KILLS)
def test_killed_at_random_moments_and_started_again_it_ends_with_the_same_bits(table: Path, tmp_path: Path) -> None:
    more = ("--epochs", str(100 * KILLS), "--no-early-stopping", "--local-processes", "2", "--quiet", "--model")
    undisturbed, disturbed = tmp_path / "undisturbed.koubai", tmp_path / "disturbed.koubai"
    subprocess.run(command(table, *more, str(undisturbed)), check=True)
    checkpoint, rng = tmp_path / "run.checkpoint", random.Random(0)
    files = ("--checkpoint", str(checkpoint), "--checkpoint-every", "0")
    with subprocess.Popen(
        command(table, *more, str(disturbed), *files, "--restarts", str(KILLS + 1)), stderr=subprocess.PIPE, text=True
    ) as supervisor:
        ended, before = set[str](), 0.0
        for _ in range(KILLS):
            while True:  # until two that were started anew have written a checkpoint
                assert supervisor.poll() is None, "it was done before it was killed often enough"
                children = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text().split()
                if len(children) == 2 and not ended & {*children}:
                    if checkpoint.exists() and checkpoint.stat().st_mtime > before:
                        break
                elif checkpoint.exists():
                    before = checkpoint.stat().st_mtime
                time.sleep(0.02)
            time.sleep(rng.random())
            os.kill(int(rng.choice(children)), signal.SIGKILL)
            ended |= {*children}
        said = supervisor.communicate(timeout=200)[1]
    assert supervisor.returncode == 0
    assert said.count("was ended by SIGKILL; all others were ended.") == KILLS
    assert said.count("restarts are left") == KILLS
    assert theta(disturbed).tobytes() == theta(undisturbed).tobytes()
    assert not checkpoint.exists()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_processes_that_read_their_own_rows_train_the_network_of_one(table: Path, tmp_path: Path) -> None:
    """After 20 epochs in float64, of classes and of numbers; what is printed and found out is the same as well."""
    frame = pl.read_parquet(table)
    path = tmp_path / "t.parquet"
    frame.with_columns(
        z=1e6 + 1000 * pl.col("x0"), c=pl.Series(["red", "blue", "grey"])[np.arange(2501) % 3]
    ).write_parquet(path, row_group_size=300)
    for target, other, sizes in (("y", "z", (3,)), ("z", "y", (2, 3))):
        more = ("--target", target, "--drop", other, "--stream", "--epochs", "20", "--dropout", "0.1", "--model")
        one = tmp_path / f"{target}.koubai"
        subprocess.run(command(path, *more, str(one), "--engine", "jax", "--quiet"), check=True)
        expected = koubai.load(one)
        for size in sizes:
            several = tmp_path / f"{target}{size}.koubai"
            subprocess.run(command(path, *more, str(several), "--local-processes", str(size), "--quiet"), check=True)
            assert np.abs(theta(several) - theta(one)).max() <= 1e-12 * np.abs(theta(one)).max()
            found = koubai.load(several)
            assert (found.n_rows_, found.notes_) == (expected.n_rows_, expected.notes_)
            assert found.evaluation_.n_rows == expected.evaluation_.n_rows
            assert found.evaluation_.score == pytest.approx(expected.evaluation_.score, rel=1e-9)


@pytest.mark.slow
def test_a_bad_cell_in_the_rows_of_another_process_is_told_by_all(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    cells = [f"{i * 7 % 4000 / 10}" for i in range(2000)] + ["oops"]
    pl.DataFrame({"x": cells, "y": ["yes", "no"] * 1000 + ["no"]}).write_parquet(path)
    pair = Pair(path, tmp_path, "--stream")
    try:
        for child in pair.both:
            said = child.communicate(timeout=200)[1]
            assert child.returncode == 2
            assert said.count("\n") == 1
            assert "'oops' in row 2001. " in said
    finally:
        pair.end()
    assert not pair.model.exists()


@pytest.mark.slow
def test_a_lost_process_that_reads_its_own_rows_ends_the_other(table: Path, tmp_path: Path) -> None:
    pair = Pair(table, tmp_path, "--stream", "--epochs", "1000000", "--no-early-stopping")
    try:
        pair.wait_for_training()
        os.kill(pair.both[1].pid, signal.SIGKILL)
        said = pair.both[0].communicate(timeout=ENDS_WITHIN)[1]
        assert pair.both[0].returncode == 75
        assert "rocess 1 of 2" in said.splitlines()[-1]
        assert "Traceback" not in said
    finally:
        pair.end()


@pytest.mark.slow
def test_a_mistake_is_said_once(table: Path, tmp_path: Path) -> None:
    found = subprocess.run(
        command(table, "--local-processes", "2", "--activation", "rilu", "--model", str(tmp_path / "m.koubai")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 2
    assert found.stderr.count("rilu") == found.stderr.count("\n") == 1
