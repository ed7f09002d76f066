"""Compiled code that is kept on disk: not run if others can have written it or it is damaged; no disk is no error."""

import hashlib
import os
import pickle
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from koubai.engines.cpu import compilation, kept_code
from koubai.engines.cpu.kept_code import distrusted, make_folder, unusable

PROGRAM = """
import resource, signal, sys
from tests.engines.test_kept_code import double, run_double

if sys.argv[1] == "full":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
print(run_double())
"""


def double(x: Any) -> None:
    for i in range(x.size):
        x[i] *= 2


def run_double() -> int:
    """Compile the function, or find its code, and run it; return how often the code was found."""
    compiled = compilation.kernel(double, entry=True)
    x = np.ones(3)
    with compilation.announce_compilation("tiny", x.dtype):
        compiled(x)
    assert x.tolist() == [2, 2, 2]
    return sum(compiled.stats.cache_hits.values())


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Callable[..., tuple[int, str]]:
    """Run a tiny kernel as a new process would; return how often its code was found on disk, and what was said."""
    monkeypatch.setattr(compilation.config, "CACHE_DIR", "")

    def run(cache: Path = tmp_path / "cache" / "version") -> tuple[int, str]:
        monkeypatch.setattr(compilation, "cache_folder", lambda: cache)
        monkeypatch.setattr(compilation, "_there", set())
        kept_code.not_kept.clear()
        kept_code.say.cache_clear()
        return run_double(), capsys.readouterr().err

    return run


def run_process(cache: Path, disk: str = "") -> tuple[int, str]:
    """Do so in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, disk],
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout), done.stderr


def code(folder: Path) -> Path:
    (found,) = folder.rglob("*.nbc")
    return found


def test_code_is_kept_and_found_by_the_next_process(tmp_path: Path) -> None:
    assert "once; this takes some seconds, and later runs use the code kept in" in run_process(tmp_path)[1]
    assert run_process(tmp_path) == (1, "")
    assert stat.S_IMODE(code(tmp_path).stat().st_mode) == 0o644
    assert not list(tmp_path.rglob("*.tmp"))


def test_code_that_is_damaged_is_compiled_anew(run: Any, tmp_path: Path) -> None:
    """A flipped byte in a pickle or in machine code could do anything."""
    run()
    whole = code(tmp_path).read_bytes()
    for damaged in (b"", whole[:20], whole[:-1], whole[:500] + b"\0" + whole[501:]):
        code(tmp_path).write_bytes(damaged)
        hits, said = run()
        assert hits == 0
        assert "is damaged; compiling it anew." in said
        assert code(tmp_path).read_bytes()[:32] != damaged[:32] or len(damaged) == len(whole)
        assert run() == (1, "")


def test_code_that_others_can_have_written_is_not_run(run: Any, tmp_path: Path) -> None:
    run()
    for place in (code(tmp_path), code(tmp_path).parent):
        mode = place.stat().st_mode
        place.chmod(mode | 0o020)
        hits, said = run()
        assert hits == 0
        assert "is not used, since it can be written by other users. Remove that folder, or set XDG_CACHE_HOME" in said
        assert said.count("\n") == 1
        place.chmod(mode)
        run()
    assert run() == (1, "")


@pytest.mark.skipif(not hasattr(os, "chown") or os.getuid() != 0, reason="only root can give files away")
def test_code_of_another_user_is_not_run(run: Any, tmp_path: Path) -> None:
    run()
    os.chown(code(tmp_path), 4321, -1)
    hits, said = run()
    assert hits == 0
    assert "is not used, since it belongs to another user (number 4321). Remove that folder" in said


@pytest.mark.parametrize(
    ("owner", "mode", "why"),
    [
        (os.getuid(), 0o100600, ""),
        (0, 0o100644, ""),
        (os.getuid() + 1, 0o100600, f"belongs to another user (number {os.getuid() + 1})"),
        (os.getuid(), 0o100660, "can be written by other users"),
        (os.getuid(), 0o040757, "can be written by other users"),
        (0, 0o041777, ""),
    ],
)
def test_whom_to_trust(owner: int, mode: int, why: str) -> None:
    assert distrusted(SimpleNamespace(st_uid=owner, st_mode=mode)) == why  # type: ignore[arg-type]


def test_where_no_folder_can_be_made_code_is_compiled_in_memory(run: Any, tmp_path: Path) -> None:
    """A read-only home looks like this to a process."""
    (tmp_path / "file").write_text("no folder")
    for _ in range(2):
        hits, said = run(cache=tmp_path / "file" / "below")
        assert hits == 0
        assert "this takes some seconds, in this run alone, since the folder for compiled code" in said.splitlines()[0]
        assert "cannot be made" in said.splitlines()[0]
    assert unusable(tmp_path / "new" / "one") == ""


def test_on_a_full_disk_code_is_compiled_in_memory(tmp_path: Path) -> None:
    """The process may write files of 100 bytes; what it leaves is no piece of a file, and the next one compiles."""
    hits, said = run_process(tmp_path, "full")
    assert hits == 0
    assert "compiled code cannot be kept in" in said
    assert "file too large. Later runs compile it again; make room" in said
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_cannot_be_read_back_is_compiled_anew(run: Any, tmp_path: Path) -> None:
    """Such as the pickle of another version of a library, undamaged as it is."""
    run()
    content = pickle.dumps((1, 2))
    code(tmp_path).write_bytes(hashlib.sha256(content).digest() + content)
    hits, said = run()
    assert hits == 0
    assert "cannot be used (" in said
    assert run() == (1, "")


def test_a_folder_that_was_given_to_numba_is_used(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation.config, "CACHE_DIR", str(tmp_path / "numba"))
    run()
    assert code(tmp_path / "numba")


def test_making_a_folder_twice_is_no_error(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) & kept_code.OTHERS_MAY_WRITE == 0
