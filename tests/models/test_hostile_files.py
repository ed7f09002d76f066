"""Files that are signed and yet wrong: what compiled code would have followed, or what would have been written."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from tests.files.making import CHECKPOINTS, HERE, X

import koubai
from koubai.core.errors import KoubaiError, ModelFileError
from koubai.training.container import open_container, write_container

KEPT = HERE / "0.1.0"


def changed(name: str, folder: Path, change: Any) -> Path:
    """Write a kept file with a change."""
    found = open_container(KEPT / f"{name}.koubai")
    change(found.record, found.tensors)
    write_container(folder / "m.koubai", found.kind, found.record, found.tensors)
    return folder / "m.koubai"


@pytest.mark.parametrize("part", ["running.sums", "running.weights", "running.counts"])
def test_running_averages_of_another_shape_are_refused(tmp_path: Path, part: str) -> None:
    """Kernels write into them."""
    path = changed("perceptron-averaged", tmp_path, lambda r, t: t.update({part: t[part][..., :1].copy()}))
    with pytest.raises(ModelFileError, match=rf"Perceptron: {part} must be of shape"):
        koubai.load(path)


def test_a_file_cannot_choose_where_is_written(tmp_path: Path) -> None:
    path = changed("classifier-two", tmp_path, lambda r, t: r["parameters"].update(checkpoint=str(tmp_path / "w")))
    with pytest.raises(ModelFileError, match=r"parameters\.checkpoint must be left out of a file"):
        koubai.load(path)


def test_a_claimed_wide_text_type_takes_no_memory(tmp_path: Path) -> None:
    path = changed("classifier-three", tmp_path, lambda r, t: r["labels"]["classes"].update(dtype="<U500000000"))
    assert koubai.load(path).predict(X[:2]).dtype == "<U4"


@pytest.mark.parametrize("name", ["theta", "slots", "best_theta"])
def test_a_checkpoint_with_too_few_numbers_is_refused(tmp_path: Path, name: str) -> None:
    """The compiled engine would read beyond their end."""
    path = changed("checkpoint-best", tmp_path, lambda r, t: t.update({name: t[name][..., :-1].copy()}))
    estimator, y = CHECKPOINTS["checkpoint-best"]
    with pytest.raises(KoubaiError, match=r"The checkpoint '.*' cannot be used: "):
        clone(estimator).set_params(checkpoint=path).fit(X, y)
    path = changed("checkpoint-best", tmp_path, lambda r, t: t.update(theta=np.full_like(t["theta"], np.nan)))
    with pytest.raises(ModelFileError, match="theta must be finite"):
        clone(estimator).set_params(checkpoint=path).fit(X, y)


def test_names_in_a_file_cannot_command_a_terminal(tmp_path: Path) -> None:
    path = changed("perceptron", tmp_path, lambda r, t: r["parameters"].update({"\x1b[31mred": 1}))
    with pytest.raises(ModelFileError, match=r"only parameters that this version knows; got \\x1b\[31mred") as caught:
        koubai.load(path)
    assert str(caught.value).isprintable()
