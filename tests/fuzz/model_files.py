"""Coverage-guided fuzzing of model files: ``python -m tests.fuzz.model_files [SECONDS]``.

It needs atheris (``pip install atheris``), which is no dependency. libFuzzer changes the record and the bytes of the
numbers of the kept files, looks at which lines of koubai that reaches, and goes on from what reached new ones; each
file is signed anew, loaded and used as in `tests.fuzz.mutants`. What is neither refused in one sentence nor works ends
the run, with the input in a file named ``crash-…``.
"""

import json
import sys
import tempfile
import warnings
from pathlib import Path

from tests.files.making import HERE


def parts_of(content: bytes) -> tuple[int, bytes, bytes]:
    """Return which kept file an input begins from, its record, and the bytes that its numbers are changed by."""
    number, _, rest = content.partition(b"\n")
    record, _, numbers = rest.partition(b"\n")
    return int.from_bytes(number[:2], "little"), record, numbers


def main() -> None:
    """Fuzz for so many seconds, 60 if not given."""
    import atheris

    with atheris.instrument_imports(include=["koubai.training", "koubai.estimators", "koubai.tables", "koubai.models"]):
        from tests.fuzz import mutants

    found = mutants.seeds(HERE / "0.1.0")
    names = sorted(found)
    folder = Path(tempfile.mkdtemp(prefix="koubai-fuzz-"))
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, name in enumerate(names):
        record = json.dumps(mutants.encode(found[name].record, "record")).encode()
        (corpus / name).write_bytes(number.to_bytes(1, "little") + b"\n" + record + b"\n")

    def try_one(content: bytes) -> None:
        number, text, changes = parts_of(content)
        name = names[number % len(names)]
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):  # the container's own tests try what is no JSON
            return
        tensors = {key: array.copy() for key, array in found[name].tensors.items()}
        for place in range(0, len(changes) - 2, 3):
            array = tensors[sorted(tensors)[changes[place] % len(tensors)]]
            flat = array.reshape(-1).view("u1")
            if flat.size and array.dtype != bool:
                flat[changes[place + 1] % flat.size] ^= changes[place + 2]
        mutants.write(folder / "mutant.koubai", found[name].kind, record, tensors)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mutants.use(name, folder / "mutant.koubai")

    seconds = sys.argv[1] if len(sys.argv) > 1 else "60"
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-max_len=16384", str(corpus)], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
