"""Stories of what a user does on the page, played by the page's own session in Node."""

import json
import os
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from koubai.play.catalogue import catalogue, engine_files

STATIC = Path(str(files("koubai") / "play" / "static"))
SCRIPT = Path(__file__).parent / "run.mjs"


def missing(what):
    """Skip for want of something, saying what; fail where integration promises to have it."""
    sentence = f"The page's session is not tested: {what}."
    if os.environ.get("CI") == "true":
        pytest.fail(sentence + " CI must have it.")
    pytest.skip(sentence)


def played(stories, folder, derivations=None):
    """Return what came of stories, one for each: what was told, the whole run at the end, and what was kept.

    ``derivations`` is Python's data for stories that ask where numbers come from.
    """
    node, engine = shutil.which("node"), engine_files()
    if node is None:
        missing("no Node.js found")
    if engine is None:
        missing("no module for browsers is built; python -m koubai.engines.cpu.native.build wasm32")
    given, answer = folder / "stories.json", folder / "answers.json"
    given.write_text(json.dumps({"catalogue": catalogue(), "derivations": derivations, "stories": stories}))
    command = [node, SCRIPT, STATIC, *engine, given, answer]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return [Told(found) for found in json.loads(answer.read_text())]


class Told:
    """What came of one story."""

    def __init__(self, found):
        self.found = found
        self.messages, self.whole = found["told"], found["whole"]

    def after(self, number):
        """What was told from message ``number`` of the story on, until the next."""
        marks = [*self.found["marks"], len(self.messages)]
        return self.messages[marks[number] : marks[number + 1]]

    def last(self, kind, until=None):
        """The last message of a kind."""
        among = self.messages[:until]
        return next(message for message in reversed(among) if message["type"] == kind)

    @property
    def problems(self):
        return [message["key"] for message in self.messages if message["type"] == "problem"]

    @property
    def theta(self):
        return np.array(self.whole["moment"]["theta"], dtype=float)
