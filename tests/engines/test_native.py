"""The engine as native libraries: which level runs, what is handed over, and the same numbers as compiled here."""

import os
import re
import shutil
import struct
import subprocess
import sys
from ctypes import string_at
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koubai.cli.main import main as main_of_koubai
from koubai.core.errors import KoubaiError, ParameterError
from koubai.engines.cpu import choice
from koubai.engines.cpu.kernels.records import Data, UpdateRule
from koubai.engines.cpu.native import levels
from koubai.engines.cpu.native.build import Target, build, main, targets_called
from koubai.engines.cpu.native.levels import LEVELS, MACHINES, allowed_levels, levels_here, platform_here
from koubai.engines.cpu.native.library import Library, file_of
from koubai.engines.cpu.native.packing import address, packed, writer
from koubai.engines.registry import get_engine

HERE = Path(__file__).parent
V2, V3, V4, ARM = LEVELS


def having(*names: str) -> dict[str, bool]:
    return dict.fromkeys(names, True)


@pytest.mark.parametrize(
    ("features", "machine", "expected"),
    [
        (having(*V2.features), "x86_64", [V2]),
        (having(*V2.features, *V3.features), "x86_64", [V3, V2]),
        (having(*V2.features, *V3.features, *V4.features), "x86_64", [V4, V3, V2]),
        (having(*V2.features, *V4.features), "x86_64", [V2]),  # AVX-512 hidden behind a missing AVX2
        (having(*V2.features, *V3.features) | {"X86_V3": False}, "x86_64", [V2]),
        ({name: True for name in V2.features if not name.startswith("X86")}, "x86_64", [V2]),  # an older NumPy
        (having("SSE", "SSE2"), "x86_64", []),
        (having(*ARM.features), "aarch64", [ARM]),
        (having(*V2.features), "riscv64", []),
    ],
)
def test_a_processor_runs_the_levels_whose_features_it_has_the_best_one_first(features, machine, expected):
    assert levels_here(features, machine) == expected


def test_a_level_that_is_asked_for_is_the_only_one(monkeypatch):
    lowest = levels_here()[-1]
    monkeypatch.setenv(levels.VARIABLE, lowest.name)
    assert allowed_levels() == [lowest]


def test_a_level_that_this_processor_has_not_is_told_with_those_that_it_has(monkeypatch):
    monkeypatch.setattr(levels, "levels_here", lambda: [V3, V2])
    monkeypatch.setenv(levels.VARIABLE, "x86-64-v4")
    with pytest.raises(ParameterError) as told:
        allowed_levels()
    assert str(told.value) == (
        "KOUBAI_LEVEL must be one of x86-64-v3, x86-64-v2, which this processor can run; got 'x86-64-v4'. "
        "Unset it for the best one."
    )


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """A folder without libraries, and no choice made yet."""
    monkeypatch.setenv("KOUBAI_ENGINE_FOLDER", str(tmp_path))
    monkeypatch.delenv(choice.VARIABLE, raising=False)
    for found in (choice.library, choice.is_compiled):
        found.cache_clear()
    yield tmp_path
    for found in (choice.library, choice.is_compiled):
        found.cache_clear()


def test_a_wrong_kind_of_code_is_told(fresh, monkeypatch):
    monkeypatch.setenv(choice.VARIABLE, "wasm")
    with pytest.raises(ParameterError) as told:
        choice.library()
    assert str(told.value) == (
        "KOUBAI_ENGINE_CODE must be library, jit or python; got 'wasm'. Unset it for what is there."
    )


def test_without_a_library_the_reference_engine_serves_and_one_sentence_says_so(fresh, capsys):
    assert [get_engine("cpu").name for _ in range(2)] == ["reference"] * 2
    assert capsys.readouterr().err == (
        "koubai: there is no compiled engine for this processor, so the reference engine works, many times as slowly. "
        "Run python -m koubai.engines.cpu.native.build, which needs numba and a C compiler or ziglang.\n"
    )


def test_the_command_line_says_which_code_serves(capsys, monkeypatch):
    assert main_of_koubai(["warm-up"]) == 0
    assert re.search(
        r"^Nothing to do: the engine is compiled for x86-64-v\d processors \(.*\)\.$|^Nothing to do: numba ",
        capsys.readouterr().out,
    )


def test_the_command_line_says_that_nothing_compiled_is_there(fresh, capsys):
    assert main_of_koubai(["warm-up"]) == 1
    assert "there is no compiled engine for this processor" in capsys.readouterr().err


INTERPRETED = """
import sys, numpy as np
from scipy.sparse import csr_array
import koubai
rng = np.random.default_rng(0)
X = np.where(rng.random((40, 6)) < 0.5, rng.normal(size=(40, 6)), 0.0)
y = np.arange(40) % 3
found = []
for dtype in (np.float64, np.float32):
    for rows in (X.astype(dtype), csr_array(X.astype(dtype))):
        for variant in ("plain", "averaged", "pocket"):
            for penalty in (None, "l1", "l2", "elasticnet"):
                for shuffle in (True, False):
                    options = dict(penalty=penalty, variant=variant, shuffle=shuffle, random_state=1)
                    found.append(koubai.Perceptron(max_iter=4, tol=None, **options).fit(rows, y).coef_)
found.append(koubai.train_population(
    koubai.Network.dense((6, 3, 1), hidden="tanh"), X, y.astype(float), seeds=3, epochs=4, batch_size=7).thetas)
np.savez(sys.argv[1], *found)
print("numba" in sys.modules)
"""


@pytest.mark.slow
def test_without_compiled_code_the_same_numbers_come_out(tmp_path):
    """The perceptron's kernels as the Python functions that they are, and populations by the reference engine."""
    found = []
    for code in ("python", os.environ.get("KOUBAI_ENGINE_CODE", "")):
        file = tmp_path / f"{code}.npz"
        command = [sys.executable, "-W", "ignore", "-c", INTERPRETED, str(file)]
        environment = os.environ | {"KOUBAI_ENGINE_CODE": code}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert (done.stdout.strip(), done.stderr) == (str(code == "jit"), "")
        found.append([*np.load(file).values()])
    *perceptrons, populations = zip(*found, strict=True)
    assert len(perceptrons) == 96
    for interpreted, compiled in perceptrons:
        np.testing.assert_array_equal(interpreted, compiled)
    np.testing.assert_allclose(*populations, rtol=0, atol=1e-9)


def test_a_library_that_is_asked_for_and_not_there_is_told_with_the_command_that_builds_it(fresh, monkeypatch):
    monkeypatch.setenv(choice.VARIABLE, "library")
    with pytest.raises(
        ParameterError, match=r"there is none\. Run python -m koubai\.engines\.cpu\.native\.build, which"
    ):
        choice.library()


def test_a_damaged_library_is_not_used_and_a_sentence_says_so(fresh, capsys):
    file_of(levels_here()[0]).write_bytes(b"not a library")
    assert choice.library() is None
    assert re.search(r"^koubai: the library .* is not used: .*\. Build it anew\.$", capsys.readouterr().err.strip())


def test_arguments_become_words_in_the_order_of_the_fields():
    rates = np.ones((2, 3), np.float32)
    factors = np.ones((1, 2))
    rule = UpdateRule(3, np.zeros(4), 0.5, -1.0, True, 2.0, factors, False)
    key, words = packed((rule, None, rates, np.uint64(2**64 - 1)))
    assert key == "i f8:1 d d i d f8:2 i - f4:2 i"
    assert words == [3, words[1], 4, 0.5, -1.0, 1, 2.0, address(factors), 1, 2, 0, address(rates), 2, 3, -1]
    assert struct.unpack("=qqqddqdqqqqqqqq", writer(key).pack(*words))[-1] == -1


@given(st.lists(st.one_of(st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False), st.booleans(), st.none())))
def test_numbers_keep_their_bits_on_the_way(values):
    key, words = packed(tuple(values))
    letters = "".join("d" if isinstance(value, float) else "q" for value in values if value is not None)
    back = struct.unpack("=" + letters, writer(key).pack(*words))
    for value, found in zip((value for value in values if value is not None), back, strict=True):
        assert found == value or found == value - 2**64


def test_an_address_is_that_of_the_numbers_also_of_none():
    array = np.arange(5.0)
    assert np.frombuffer(string_at(address(array), array.nbytes)).tolist() == array.tolist()
    assert packed((Data(0, *[np.empty(0)] * 6),))[0] == "i" + " f8:1" * 6


@pytest.mark.parametrize("array", [np.ones((4, 4))[:, ::2], np.ones((4, 4)).T[1:]])
def test_arrays_with_gaps_are_never_handed_over(array):
    with pytest.raises((TypeError, ValueError, BufferError)):
        address(array)


def test_an_unknown_level_to_build_is_told_in_one_sentence(capsys):
    assert main(["x86-64-v9"]) == 1
    assert capsys.readouterr().err == (
        "level must be one of x86-64-v2, x86-64-v3, x86-64-v4, aarch64; got 'x86-64-v9'.\n"
    )


def test_a_level_of_another_architecture_is_told_with_those_of_the_one_that_is_built_for(capsys):
    assert main(["aarch64", "--platform", "windows-x86_64"]) == 1
    assert capsys.readouterr().err == (
        "building the engine: levels must be of x86_64 (x86-64-v2, x86-64-v3, x86-64-v4); got aarch64. "
        "Name another machine's with --platform.\n"
    )


def test_an_unknown_machine_is_told(capsys):
    assert main(["--platform", "plan9-mips"]) == 1
    known = "linux-x86_64, linux-aarch64, macos-aarch64, windows-x86_64"
    assert capsys.readouterr().err == f"platform must be one of {known}; got 'plan9-mips'.\n"


@pytest.mark.parametrize("machine", MACHINES)
def test_another_machine_gets_all_its_levels(machine):
    system, _, architecture = machine.partition("-")
    found = targets_called([], machine)
    assert {target.system.name for target in found} == {system}
    assert [target.level for target in found] == [level for level in LEVELS if level.machine == architecture]


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """A folder with a library for every level that this processor can run; those that are there need not be built."""
    folder = tmp_path_factory.mktemp("libraries")
    there = [file for file in map(file_of, levels_here()) if file.exists()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KOUBAI_ENGINE_FOLDER", str(folder))
        for file in there:
            shutil.copy(file, folder)
        targets = [Target(level, platform_here()) for level in levels_here()]
        assert [file.exists() for file in build(targets, print)] == [True] * len(targets)
    return folder


def environment(folder: Path, level: levels.Level) -> dict[str, str]:
    return os.environ | {
        "KOUBAI_ENGINE_FOLDER": str(folder),
        "KOUBAI_ENGINE_CODE": "library",
        "KOUBAI_LEVEL": level.name,
    }


WITHOUT_NUMBA = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("numba", "llvmlite"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("level", levels_here()[1:], ids=lambda level: level.name)
def test_each_level_gives_the_reference_engines_numbers_where_numba_is_not_installed(built, level) -> None:
    """Training by one thread and by teams, gradients, populations and predictions, the perceptron's passes.

    The best level is the one that all other tests run.
    """
    files = [HERE / name for name in ("test_races.py", "test_agreement.py", "test_gradients.py", "test_perceptron.py")]
    command = [sys.executable, "-c", WITHOUT_NUMBA, "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += map(str, files)
    done = subprocess.run(command, env=environment(built, level), cwd=HERE.parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(V2 not in levels_here() or not shutil.which("objdump"), reason="needs x86-64 and objdump")
def test_the_lowest_level_has_no_instruction_of_a_higher_one(built, monkeypatch) -> None:
    monkeypatch.setenv("KOUBAI_ENGINE_FOLDER", str(built))
    text = subprocess.run(["objdump", "-d", str(file_of(V2))], capture_output=True, text=True, check=True).stdout
    instructions = re.findall(r"^\s+[0-9a-f]+:\t[0-9a-f ]+\t(\S+)(.*)$", text, re.M)
    assert len(instructions) > 10_000
    assert any("xmm" in operands for _, operands in instructions)
    higher = [each for each in instructions if each[0].startswith("v") or re.search("[yz]mm|%k[0-7]", each[1])]
    higher += [each for each in instructions if each[0] in {"andn", "bextr", "blsr", "mulx", "shlx", "shrx", "lzcnt"}]
    assert higher == []


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_arguments_of_other_kinds_are_refused_and_not_misread(built, monkeypatch) -> None:
    monkeypatch.setenv("KOUBAI_ENGINE_FOLDER", str(built))
    with pytest.raises(KoubaiError, match=r"arguments of run must be of kinds that the library has code for; got f8:1"):
        Library(levels_here()[0]).call("run", (np.ones(1),))
