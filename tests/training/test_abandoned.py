"""What a killed writer leaves is removed by the next one, and nothing of a living one."""

import subprocess
import sys
from pathlib import Path

from koubai.training.atomic import check_writable, replace_file, replacing_file

WRITER = """
import sys
from koubai.training.atomic import replacing_file
with replacing_file(sys.argv[1]) as file:
    file.write(b"half")
    file.flush()
    print("writing", flush=True)
    sys.stdin.read()
"""


def half_way(path: Path) -> subprocess.Popen[str]:
    """Start a process that has written half of a file."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    return process


def test_the_next_save_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    path = tmp_path / "m.koubai"
    path.write_bytes(b"old")
    process = half_way(path)
    process.kill()
    process.communicate()
    assert len(list(tmp_path.glob(".m.koubai.*.tmp"))) == 1
    check_writable(path)
    replace_file(path, b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.koubai"]
    assert path.read_bytes() == b"new"


def test_a_living_writer_keeps_its_file(tmp_path: Path) -> None:
    path = tmp_path / "m.koubai"
    process = half_way(path)
    replace_file(path, b"first")
    with replacing_file(path) as file:  # two at once in one process
        replace_file(path, b"second")
        file.write(b"third")
    assert path.read_bytes() == b"third"
    assert len(list(tmp_path.glob(".m.koubai.*.tmp"))) == 1
    process.communicate("")
    assert process.returncode == 0
    assert path.read_bytes() == b"half"
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.koubai"]


def test_other_files_stay(tmp_path: Path) -> None:
    others = [".m.koubai.tmp", ".m.koubai.notes-of-mine.tmp", "m.koubai.abcdefgh.tmp", ".other.abcdefgh.tmp"]
    for name in others:
        (tmp_path / name).write_text("precious")
    replace_file(tmp_path / "m.koubai", b"new")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted([*others, "m.koubai"])
