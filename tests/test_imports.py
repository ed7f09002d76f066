"""What is loaded when: a program pays for what it uses, and `import koubai` for next to nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

import koubai

HEAVY = {"numpy", "scipy", "sklearn", "numba", "polars", "rich", "sympy", "matplotlib", "starlette", "jax", "pandas"}
"""Libraries whose import takes longer than koubai's own."""

FIT = "koubai.MLPClassifier((3,), max_iter=2).fit([[0.0], [1.0]] * 5, [0, 1] * 5)"

SCIKIT_LEARN = {"numpy", "scipy", "sklearn", "pandas", "rich"}
"""What scikit-learn loads itself, the latter two if they are installed."""

CASES = {
    "import koubai": set[str](),
    "import koubai; dir(koubai)": set[str](),
    "import koubai; koubai.Network": {"numpy", "scipy"},
    "import koubai; koubai.MLPClassifier()": SCIKIT_LEARN,
    f"import koubai, warnings; warnings.simplefilter('ignore'); {FIT}": SCIKIT_LEARN | {"numba"},
    "import koubai.engines.registry": {"numpy", "scipy"},
    "import koubai; koubai.TableModel()": {"numpy", "scipy"},
}


LONG = "MLPClassifier("  # what loads much takes seconds


@pytest.mark.parametrize(
    ("code", "needed"),
    [pytest.param(*case, id=case[0], marks=[pytest.mark.slow] * (LONG in case[0])) for case in CASES.items()],
)
def test_only_what_is_needed_is_loaded(code: str, needed: set[str]) -> None:
    script = f"{code}\nimport sys\nprint(*({HEAVY!r} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert set(found.split()) <= needed


FITTED = """
import sys, warnings
from koubai.cli.main import main
words = ["--target", "y", "--task", "classification", "--epochs", "2", "--members", "2", "--quiet"]
assert main(["fit", "t.csv", *words]) == 0
unused = {"pandas", "psutil", "asyncio", "scipy.stats", "sklearn.metrics", "sklearn.model_selection", "numpy.f2py"}
print(*(unused & set(sys.modules)))
import numpy, pandas, scipy.stats
from scipy._lib.array_api_compat import numpy as compatible
assert "." in compatible.testing.__name__ and compatible.ma.zeros(2).sum() == 0
assert "f2py" not in vars(numpy) and numpy.f2py.get_include()
from sklearn.preprocessing import PowerTransformer
from sklearn.utils import fixes
fitted = PowerTransformer(method="box-cox").fit(pandas.DataFrame({"x": [1.0, 2.0, 4.0, 9.0]}))
assert fitted.feature_names_in_.tolist() == ["x"]
assert fixes.scipy.stats is scipy.stats
assert scipy.stats.norm.cdf(0) == 0.5
"""


def test_a_fit_of_a_table_loads_no_statistics_and_no_frames_and_they_work_afterwards(tmp_path: Path) -> None:
    rows = "".join(f"{i},{'ab'[i % 2]},{(i * 7) % 13}\n" for i in range(120))
    (tmp_path / "t.csv").write_text(f"x,c,y\n{rows}", encoding="utf-8")
    script = [sys.executable, "-c", FITTED]
    found = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert found.split() == []


def test_public_names_are_found_and_others_are_not() -> None:
    for name in koubai.__all__:
        assert getattr(koubai, name).__module__.startswith("koubai.")
    assert set(koubai.__all__) <= set(dir(koubai))
    with pytest.raises(AttributeError, match="module 'koubai' has no attribute 'MLPClasifier'"):
        koubai.MLPClasifier  # noqa: B018  # asking is the test


def test_a_command_begins_without_reading_what_is_installed() -> None:
    script = "import sys, koubai.cli.main, koubai.training.container; print('importlib.metadata' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert found == "False\n"
