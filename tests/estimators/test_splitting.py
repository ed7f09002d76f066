"""Rows are parted by scikit-learn's splitters, without the searches and metrics that stand beside them."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from sklearn import model_selection

from koubai.estimators.splitting import splitters

ALONE = """
import sys
from koubai.estimators.splitting import splitters
alone = splitters()
print(*({"sklearn.metrics", "sklearn.model_selection"} & set(sys.modules)))
from sklearn import model_selection
assert alone is splitters() is not model_selection
y = [0, 1, 1, 0, 2] * 12
for name, arguments in (("KFold", ()), ("StratifiedKFold", ()), ("StratifiedGroupKFold", (list(range(15)) * 4,))):
    parts = [
        list(getattr(home, name)(3, shuffle=True, random_state=7).split(y, y, *arguments))
        for home in (alone, model_selection)
    ]
    assert [[part.tolist() for part in fold] for fold in parts[0]] == [[p.tolist() for p in fold] for fold in parts[1]]
halves = [home.train_test_split(range(60), random_state=3, stratify=y) for home in (alone, model_selection)]
assert halves[0] == halves[1]
"""


def test_splitters_are_loaded_alone_and_part_rows_as_those_of_the_package() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_an_import_by_another_thread_is_waited_for() -> None:
    code = """
import sys
from threading import Thread
from koubai.estimators.splitting import splitters
other = Thread(target=lambda: __import__("sklearn.model_selection"))
other.start()
while "sklearn.model_selection" not in sys.modules:
    pass
assert splitters().KFold(3).get_n_splits() == 3
other.join()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_where_the_package_is_loaded_or_keeps_its_splitters_elsewhere_it_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    splitters.cache_clear()
    assert splitters() is model_selection
    home = "koubai.estimators.splitting"
    monkeypatch.setattr(f"{home}.PathFinder", SimpleNamespace(find_spec=lambda *_: None))
    monkeypatch.setattr(f"{home}.sys", SimpleNamespace(modules={}))
    monkeypatch.setattr(f"{home}.import_module", {"sklearn.model_selection": model_selection}.__getitem__)
    splitters.cache_clear()
    assert splitters() is model_selection
    splitters.cache_clear()
