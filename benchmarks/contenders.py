"""Who takes part: each peer by its key, whether it is installed, and the environment that its process needs."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Peer:
    """A library, as it is used in one way.

    ``trainer`` and ``predictor`` are classes in ``module``; ``population`` trains many networks, only
    ``networks_measured`` of them where they are trained one by one and the time for all follows by multiplication.
    """

    label: str
    requires: str
    module: str
    trainer: str = ""
    predictor: str = ""
    population: str = ""
    networks_measured: int = 0


PEERS = {
    "koubai": Peer("koubai engine", "koubai", "koubai", "EngineTrainer", "EnginePredictor", "PopulationTrainer"),
    "koubai-fit": Peer("koubai MLPClassifier", "koubai", "koubai", "EstimatorTrainer", "EstimatorPredictor"),
    "sklearn": Peer(
        "scikit-learn", "sklearn", "sklearn", "EstimatorTrainer", "EstimatorPredictor", "EstimatorTrainer", 8
    ),
    "torch": Peer("PyTorch eager", "torch", "torch", "EagerTrainer", "EagerPredictor", "PopulationTrainer"),
    "torch-compile": Peer("PyTorch compiled", "torch", "torch", "CompiledTrainer", "CompiledPredictor"),
    "jax": Peer("JAX jit + scan", "jax", "jax", "Trainer", "Predictor", "Trainer"),
    "products": Peer("matrix products alone", "numba", "products", "Products", "Products"),
}
"""Everyone who can be measured; ``products`` is the limit and not a library."""

REFERENCE = Peer("koubai reference", "numpy", "koubai", "ReferenceTrainer", population="ReferenceTrainer")
"""What all are checked against; never timed."""


@dataclass(frozen=True)
class Contender:
    """A peer with a number of threads; ``source`` is a folder with koubai's package, the checkout's own if empty."""

    peer: str
    threads: int
    source: str = ""
    label: str = ""

    @property
    def of(self) -> Peer:
        """The peer."""
        return REFERENCE if self.peer == "reference" else PEERS[self.peer]

    @property
    def name(self) -> str:
        """The peer in words, with the revision if there are several."""
        return self.label or self.of.label

    @property
    def key(self) -> tuple[str, str]:
        """What two contenders share that differ only in their threads."""
        return self.peer, self.source

    def environment(self) -> dict[str, str]:
        """Return the environment of this contender's process: its threads, and where koubai is found."""
        n = str(self.threads)
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
        xla = ("NPROC", "PJRT_NPROC")
        source = self.source or str(ROOT / "src")
        path = os.pathsep.join(part for part in (source, os.environ.get("PYTHONPATH", "")) if part)
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "2", "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
        return {**os.environ, **quiet, **dict.fromkeys((*names, *xla), n), "PYTHONPATH": path}


def installed(peer: str) -> bool:
    """Return whether what a peer needs is there."""
    return find_spec(PEERS[peer].requires) is not None


def contenders(peers: Sequence[str], threads: Sequence[int]) -> list[Contender]:
    """Return the installed ones of these peers, each with each number of threads."""
    return [Contender(peer, n) for peer in peers if installed(peer) for n in threads]
