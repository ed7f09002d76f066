"""Files of earlier versions are read for ever: they give the same predictions, and training goes on from them."""

import json
from pathlib import Path
from shutil import copy
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from tests.files.making import CHECKPOINTS, HERE, TRAINED, outputs

import koubai
from koubai.core.layers import LAYERS
from koubai.models.kept.homes import HOMES
from koubai.training.container import VERSION, open_container

VERSIONS = sorted(folder for folder in HERE.iterdir() if (folder / "predictions.json").is_file())
PREDICTED = {
    (folder, name): found
    for folder in VERSIONS
    for name, found in json.loads((folder / "predictions.json").read_text()).items()
}


def flat(value: Any) -> list[Any]:
    return [leaf for item in value for leaf in flat(item)] if isinstance(value, list) else [value]


@pytest.mark.filterwarnings("ignore:The pipeline was saved with scikit-learn")
@pytest.mark.parametrize(("folder", "name"), PREDICTED, ids=lambda value: getattr(value, "name", value))
def test_a_model_of_an_earlier_version_predicts_what_it_did(folder: Path, name: str) -> None:
    path = folder / f"{name}.koubai"
    found = flat(outputs(name, koubai.load(path)))
    single = any(array.dtype == np.float32 for array in open_container(path).tensors.values())
    near = {"rel": 1e-5, "abs": 1e-6} if single else {"rel": 1e-9}
    for now, then in zip(found, flat(PREDICTED[folder, name]), strict=True):
        assert now == (pytest.approx(then, **near) if isinstance(then, float) else then)


@pytest.mark.parametrize("name", CHECKPOINTS)
@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.name)
def test_training_goes_on_from_the_checkpoint_of_an_earlier_version(folder: Path, name: str, tmp_path: Path) -> None:
    copy(folder / f"{name}.koubai", tmp_path / "run")
    estimator, rows, y = CHECKPOINTS[name]
    seen: list[int] = []
    on = clone(estimator).set_params(checkpoint=tmp_path / "run", callbacks=lambda epoch: seen.append(epoch.number))
    with pytest.warns(UserWarning, match="Training goes on with epoch 4"):
        on.fit(rows, y)
    assert seen[0] == 4
    rtol = 1e-9 if on.theta_.dtype == np.float64 else 1e-5
    np.testing.assert_allclose(on.theta_, clone(estimator).fit(rows, y).theta_, rtol=rtol)


def test_every_file_is_kept_with_what_it_predicted() -> None:
    for folder in VERSIONS:
        names = {name for among, name in PREDICTED if among == folder}
        assert names | set(CHECKPOINTS) == {path.stem for path in folder.glob("*.koubai")}
    assert set(TRAINED) == {name for _, name in PREDICTED}


def test_every_kind_of_model_every_version_of_the_format_and_every_layer_is_among_them() -> None:
    """A new kind, version or layer needs a file: `python -m tests.files.making` writes what `TRAINED` says."""
    found = [open_container(path) for folder in VERSIONS for path in folder.glob("*.koubai")]
    assert {one.kind for one in found} == {*HOMES, "checkpoint"}
    assert {one.format_version for one in found} == set(range(1, VERSION + 1))
    told = str([one.record for one in found])
    assert [name for name in LAYERS if f"'kind': '{name}'" not in told] == []
