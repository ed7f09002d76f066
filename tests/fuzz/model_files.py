"""Coverage-guided fuzzing of model files: ``python -m tests.fuzz.model_files [SECONDS]``.

It needs atheris (``pip install atheris``), which is no dependency. libFuzzer changes the record and the bytes of the
numbers of the kept files, looks at which lines of koubai that reaches, and goes on from what reached new ones; each
file is signed anew, loaded and used as in `tests.fuzz.mutants`. What is neither refused in one sentence nor works ends
the run, with the input in a file named ``crash-…``; given in place of the seconds, such a file is tried again.
"""

import json
import random
import sys
import tempfile
import warnings
from pathlib import Path

KEPT = Path(__file__).parents[1] / "files" / "0.1.0"
ROOMS = ["koubai.core.schema", "koubai.training", "koubai.estimators", "koubai.tables", "koubai.models", "koubai.cli"]
LONGEST = 16384
"""Bytes of an input at most."""


def parts_of(content: bytes) -> tuple[int, bytes, bytes]:
    """Return which kept file an input begins from, its record, and the bytes that its numbers are changed by."""
    number, _, rest = content.partition(b"\n")
    record, _, numbers = rest.partition(b"\n")
    return int.from_bytes(number[:2], "little"), record, numbers


def main() -> None:
    """Fuzz for so many seconds, 60 if not given, or try one input again."""
    import atheris

    with atheris.instrument_imports(include=ROOMS):  # nothing of koubai may be imported before
        from tests.fuzz import mutants

        found = mutants.seeds(KEPT)
        names = sorted(found)
        folder = Path(tempfile.mkdtemp(prefix="koubai-fuzz-"))
        for name in names:  # imports what is imported late
            use(mutants, folder, name, found[name], found[name].record, found[name].tensors)
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, name in enumerate(names):
        record = json.dumps(mutants.encode(found[name].record, "record")).encode()
        (corpus / name).write_bytes(number.to_bytes(1, "little") + b"\n" + record + b"\n")

    def change(content: bytes, longest: int, seed: int) -> bytes:
        """Change a place of the record, as whole values, or any bytes."""
        number, text, changes = parts_of(content)
        rng = random.Random(seed)
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict) or rng.random() < 0.3:
            return atheris.Mutate(content, longest)
        mutants.mutate_record(record, {}, rng)
        return (number.to_bytes(2, "little") + b"\n" + json.dumps(record).encode() + b"\n" + changes)[:longest]

    def try_one(content: bytes) -> None:
        number, text, changes = parts_of(content)
        name = names[number % len(names)]
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):  # the container's own tests try what is no JSON
            return
        tensors = {key: array.copy() for key, array in found[name].tensors.items()}
        for place in range(0, len(changes) - 2, 3) if tensors else ():
            array = tensors[sorted(tensors)[changes[place] % len(tensors)]]
            flat = array.reshape(-1).view("u1")
            if flat.size and array.dtype != bool:
                flat[changes[place + 1] % flat.size] ^= changes[place + 2]
        use(mutants, folder, name, found[name], record, tensors)

    given = sys.argv[1] if len(sys.argv) > 1 else "60"
    if not given.isdigit():
        try_one(Path(given).read_bytes())
        return
    options = [f"-max_total_time={given}", f"-max_len={LONGEST}", "-rss_limit_mb=4096", str(corpus)]
    atheris.Setup([sys.argv[0], *options], try_one, custom_mutator=change)
    atheris.Fuzz()


def use(mutants, folder, name, found, record, tensors) -> None:
    """Sign a record and arrays, and use the file."""
    mutants.write(folder / "mutant.koubai", found, record, tensors)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mutants.use(name, folder / "mutant.koubai")


if __name__ == "__main__":
    main()
