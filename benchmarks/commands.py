"""What commands cost in a process of their own, in processor time: ``python -m benchmarks.commands``.

They run in turn with ``import sklearn``, by which other machines can be told from this one. Processor time, of all
threads, does not count what other programs take meanwhile; what each costs alone is the least of some rounds.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = str(ROOT / "examples" / "penguins.csv")
KOUBAI = "import sys; from koubai.cli.main import main; sys.exit(main(sys.argv[1:]))"
PEER = "import sklearn"


def commands(model: str) -> dict[str, list[str]]:
    """Return what is timed, each with Python's arguments; the first makes the model that others use."""
    return {
        "koubai fit penguins.csv": [KOUBAI, "fit", TABLE, "--target", "species", "--model", model],
        "koubai predict": [KOUBAI, "predict", model, TABLE],
        "koubai show": [KOUBAI, "show", model],
        "koubai --help": [KOUBAI, "--help"],
        "koubai.load(model)": ["import sys, koubai; koubai.load(sys.argv[1])", model],
        "import koubai": ["import koubai"],
        "import numpy": ["import numpy"],
        PEER: [PEER],
    }


def seconds_of(arguments: Sequence[str], environment: dict[str, str]) -> float:
    """Return the processor time of a new process, from its start to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", *arguments], env=environment, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(arguments: Sequence[str] | None = None) -> int:
    """Time all commands in turn, and print the least time of each; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.commands", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each runs (default: 5)")
    parser.add_argument("--threads", type=int, default=1, help="threads that may share the work (default: 1)")
    given = parser.parse_args(arguments)
    environment = os.environ | {"OMP_NUM_THREADS": str(given.threads)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its compiled files
    with tempfile.TemporaryDirectory() as folder:
        timed = commands(f"{folder}/penguins.koubai")
        least = dict.fromkeys(timed, float("inf"))
        for number in range(given.rounds + 1):  # the first round fills caches and does not count
            for name, words in timed.items():
                seconds = seconds_of(words, environment)
                least[name] = min(least[name], seconds) if number else least[name]
    print("| process | seconds | of import sklearn |\n|---|---:|---:|")
    for name, seconds in least.items():
        print(f"| `{name}` | {seconds:.2f} | {seconds / least[PEER]:.2f}× |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
