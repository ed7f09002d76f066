"""What is loaded when: a program pays for what it uses, and `import koubai` for next to nothing."""

import subprocess
import sys

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


def test_public_names_are_found_and_others_are_not() -> None:
    for name in koubai.__all__:
        assert getattr(koubai, name).__module__.startswith("koubai.")
    assert set(koubai.__all__) <= set(dir(koubai))
    with pytest.raises(AttributeError, match="module 'koubai' has no attribute 'MLPClasifier'"):
        koubai.MLPClasifier  # noqa: B018  # asking is the test
