"""Many starts are trained by helpers: what they still tell of an earlier request is none of a later one's."""

import json
import shutil
import subprocess
from pathlib import Path

from .stories import STATIC, missing


def test_starts_asked_for_again_are_those_of_the_last_request_and_stopped_ones_are_those_that_ended():
    node = shutil.which("node")
    if node is None:
        missing("no Node.js found")
    script = Path(__file__).parent / "helpers.mjs"
    done = subprocess.run([node, str(script), str(STATIC)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["again"] == [f"new {seed}" for seed in range(9)]
    assert len(told["stopped"]) < 9
    assert all(each.startswith("stopped ") for each in told["stopped"])
    assert told["after"] == [f"after {seed}" for seed in range(9)]
