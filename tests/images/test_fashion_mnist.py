"""The lecture's hands-on: both networks exactly, and the report in both languages."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from tests.images import made

FOLDER = Path(__file__).parents[2] / "examples" / "fashion_mnist"


@pytest.fixture(scope="module")
def run() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fashion_mnist_run", FOLDER / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for name, n in (("train", 300), ("t10k", 20)):
        labels = np.arange(n) % 10
        pixels = rng.integers(0, 50, (n, 28, 28)) + labels[:, np.newaxis, np.newaxis] * 20
        (tmp_path / f"{name}-images-idx3-ubyte").write_bytes(made.idx(pixels))
        (tmp_path / f"{name}-labels-idx1-ubyte").write_bytes(made.idx(labels))
    return tmp_path


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        ("dense", "784-1024-512-10: 1,333,770 parameters"),
        ("cnn", "784-21632-5408-7744-1600-128-10: 225,034 parameters"),
    ],
)
def test_the_lectures_networks_train_and_are_reported(
    run: ModuleType, data: Path, network: str, shape: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report = data / "report.md"
    options = ["--data", str(data), "--epochs", "1", "--images", "256", "--report", str(report), "--lang", "ja"]
    assert run.main([network, *options]) == 0
    written = capsys.readouterr().out
    assert f"{network} {shape}, 1 epochs" in written
    assert re.search(r"test accuracy 0\.\d{4} on 20 images", written)
    text = report.read_text(encoding="utf-8")
    assert "$" not in text
    assert "プルオーバー" in text
    assert "乱数の種 0" in text


def test_what_the_lecture_says_is_what_is_trained(run: ModuleType) -> None:
    dense, cnn = run.dense(None, 0), run.cnn(None, 0)
    assert (dense.optimizer, dense.learning_rate_init, dense.batch_size, dense.epochs) == ("sgd", 0.01, 256, 50)
    assert (dense.activation, dense.alpha, dense.schedule) == ("sigmoid", 0.0, None)
    assert (cnn.optimizer, cnn.batch_size, cnn.epochs, cnn.normalize) == ("adam", 128, 12, False)


def test_reports_ask_the_same_in_both_languages(run: ModuleType) -> None:
    texts = [(FOLDER / f"report.{lang}.md").read_text(encoding="utf-8") for lang in ("en", "ja")]
    names = [sorted(re.findall(r"\$(\w+)", text)) for text in texts]
    assert names[0] == names[1]
    assert [text.count("…") for text in texts] == [7, 7]


def test_wrong_data_are_one_sentence(run: ModuleType, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "t10k-images-idx3-ubyte").unlink()
    assert run.main(["dense", "--data", str(data)]) == 2
    assert capsys.readouterr().err == (
        f"run.py: '{data}' must hold t10k-images-idx3-ubyte and its labels too; it does not.\n"
    )
    assert run.main(["cnn", "--data", str(data / "none")]) == 2
    assert "must exist; it was not found" in capsys.readouterr().err
