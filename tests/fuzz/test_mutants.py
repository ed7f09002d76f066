"""No file, signed as it may be, does harm: it works or is refused in one sentence."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.files.making import HERE

MUTANTS = {"some": range(100), "more": range(100, 1200)}
"""Which of them each run of the tests tries, and which the slow ones try beside."""
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("part", ["some", pytest.param("more", marks=pytest.mark.slow)])
def test_a_changed_and_signed_file_works_or_is_refused_in_one_sentence(part: str, tmp_path: Path) -> None:
    """In a process of its own, where a wrong address ends the process; the same files each time."""
    numbers = MUTANTS[part]
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.mutants", HERE / "0.1.0", tmp_path]
    done = subprocess.run(
        [*command, str(numbers.start), str(numbers.stop)],
        cwd=ROOT,
        env={**os.environ, "KOUBAI_LANG": "en"},
        capture_output=True,
        text=True,
    )
    last = (tmp_path / "number").read_text()
    assert done.returncode == 0, f"mutant {last}: {done.stderr[-2000:]}"
    counts = json.loads(done.stdout.splitlines()[-1])
    assert counts["wrong"] == 0, done.stdout
    assert counts["refused"] + counts["works"] == len(numbers)
    assert counts["works"] > len(numbers) / 10  # else nothing would be tried but the door
