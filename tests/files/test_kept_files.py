"""Files of earlier versions are read for ever: they give the same predictions, and training goes on from them."""

import json
from pathlib import Path
from shutil import copy
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from tests.files.making import CHECKPOINTS, HERE, MLP, outputs
from tests.files.making import X as ROWS

import koubai

VERSIONS = sorted(folder for folder in HERE.iterdir() if (folder / "predictions.json").is_file())
PREDICTED = {
    (folder, name): found
    for folder in VERSIONS
    for name, found in json.loads((folder / "predictions.json").read_text()).items()
}


def flat(value: Any) -> list[Any]:
    return [leaf for item in value for leaf in flat(item)] if isinstance(value, list) else [value]


@pytest.mark.parametrize(("folder", "name"), PREDICTED, ids=lambda value: getattr(value, "name", value))
def test_a_model_of_an_earlier_version_predicts_what_it_did(folder: Path, name: str) -> None:
    found = flat(outputs(name, koubai.load(folder / f"{name}.koubai")))
    for now, then in zip(found, flat(PREDICTED[folder, name]), strict=True):
        near = pytest.approx(then, rel=1e-5 if name == "regressor" else 1e-9) if isinstance(then, float) else then
        assert now == near


@pytest.mark.parametrize("name", CHECKPOINTS)
@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.name)
def test_training_goes_on_from_the_checkpoint_of_an_earlier_version(folder: Path, name: str, tmp_path: Path) -> None:
    copy(folder / f"{name}.koubai", tmp_path / "run")
    estimator, y = CHECKPOINTS[name]
    seen: list[int] = []
    on = clone(estimator).set_params(checkpoint=tmp_path / "run", callbacks=lambda epoch: seen.append(epoch.number))
    on.fit(ROWS, y)
    assert seen[0] == 4
    np.testing.assert_allclose(on.theta_, clone(estimator).fit(ROWS, y).theta_, rtol=1e-9)
    assert on.hidden_layer_sizes == MLP["hidden_layer_sizes"]


def test_every_kind_of_file_is_kept() -> None:
    assert {name for _, name in PREDICTED} | set(CHECKPOINTS) == {path.stem for path in VERSIONS[0].glob("*.koubai")}
