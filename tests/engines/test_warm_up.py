"""Compiled code is announced once, kept in the cache folder, and used by the next process."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from koubai.engines.cpu.compilation import announce_compilation, cache_folder
from koubai.engines.cpu.warm_up import compile_all, pieces

RUN = """
import sys, numpy as np
from koubai.engines.cpu.warm_up import pieces
pieces()["prediction, float64"]()
print("numba.core.typeinfer" in sys.modules)
"""


def run(cache: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    return subprocess.run([sys.executable, "-c", RUN], env=environment, capture_output=True, text=True, check=True)


@pytest.mark.slow
def test_the_first_process_says_that_it_compiles_and_the_second_finds_the_code(tmp_path: Path) -> None:
    first, second = run(tmp_path), run(tmp_path)
    assert first.stderr.startswith("koubai: compiling the engine (prediction, float64), once")
    assert str(tmp_path) in first.stderr
    assert second.stderr == ""
    assert list(tmp_path.rglob("*.nbc"))


@pytest.mark.slow
def test_every_piece_runs_and_says_nothing_twice(capsys) -> None:
    work = pieces()
    assert {name.split(", ")[1] for name in work} == {"float64", "float32"}
    for piece in work.values():
        piece()
    capsys.readouterr()
    for piece in work.values():
        piece()
    assert capsys.readouterr().err == ""


def test_a_cache_folder_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setattr("koubai.engines.cpu.compilation.cache_folder", lambda: blocked / "below")
    with announce_compilation("nothing", np.dtype(np.float16)):
        pass


def test_the_cache_folder_belongs_to_these_sources() -> None:
    assert cache_folder().name.rpartition("-")[2].isalnum()
    assert len(cache_folder().name.rpartition("-")[2]) == 12


@pytest.mark.slow
def test_all_pieces_are_compiled_side_by_side() -> None:
    assert sorted(compile_all(list(pieces()))) == sorted(pieces())


def test_one_piece_alone_is_compiled_here(monkeypatch) -> None:
    monkeypatch.setattr("koubai.engines.cpu.warm_up.ProcessPoolExecutor", None)
    assert list(compile_all(["prediction, float64"])) == ["prediction, float64"]
