"""Checkpoints: a training run in one file, from which it goes on to bit for bit the same θ."""

import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import FileError, ModelFileError, ParameterError
from koubai.core.schema import F64, FLOATS, Description, Fields, Kind, Later, Named, Real, Tensor, Text, Whole
from koubai.engines.protocol import Patience, Plan, State
from koubai.optimizers.schedules import Schedule
from koubai.training.atomic import check_writable
from koubai.training.container import read_container, write_container
from koubai.training.history import TENSORS, History
from koubai.training.run import Run, Unfinished

KIND = "checkpoint"


UNFINISHED: dict[str, Kind] = {"loss": Real(), "rows": Whole(), "seconds": Real(0)}


class _Anything:
    """What is only compared."""

    def read(self, value: Any, where: str) -> Any:
        """Return it."""
        return value


DESCRIPTION = Description(
    Fields(
        {
            "identity": Named(_Anything()),
            "step": Whole(),
            "epoch": Whole(),
            "done": Whole(),
            "rows_seen": Whole(),
            "learning_rate": Real(0),
            "patience_count": Whole(),
            "ended": Later(Text(longest=100), ""),
            "unfinished": Later(Fields(UNFINISHED), {}),
        }
    ),
    {
        "theta": Tensor(FLOATS, ("n_parameters",)),
        "slots": Tensor(FLOATS, ("n_slots", "n_parameters"), like="theta"),
        "best": Tensor(F64, (2,), finite=False),
        "best_theta": Tensor(FLOATS, ("n_parameters",), like="theta", optional=True),
        **TENSORS,
    },
)
"""What a checkpoint must hold; how long θ is and how many slots there are, the training that goes on knows."""


def identity(plan: Plan, schedule: Schedule, learning_rate: float, rows: str) -> dict[str, Any]:
    """Return all that decides where training goes, as plain data: a run goes on only if nothing of it has changed.

    ``rows`` is the fingerprint that the rows' source gives.
    """
    return {
        "network": plan.network.spec(),
        "optimizer": plan.optimizer.spec(),
        "penalty": asdict(plan.penalty),
        "batch_size": int(plan.batch_size),
        "shuffle": bool(plan.shuffle),
        "seed": plan.seed,
        "clip_norm": float(plan.clip_norm),
        "schedule": schedule.spec(),
        "learning_rate": float(learning_rate),
        "rows": rows,
    }


@dataclass(slots=True)
class CheckpointFile:
    """A file that a run is written to every few seconds, and read from when training starts anew.

    Parameters
    ----------
    path : Path
        The file. It is replaced as a whole, so that a crash leaves the one before.
    every : float
        Seconds from one writing to the next; 0 writes after every call of the engine.
    identity : dict
        What `identity` gave for this training.
    keep : bool
        Whether the file stays when training has ended, until its owner has put the model in safety.
    """

    path: Path
    every: float
    identity: dict[str, Any]
    keep: bool = False
    _written: float = field(default_factory=monotonic)

    def save_if_due(self, run: Run) -> None:
        """Write the run if the last writing is long enough ago; if the disk is full, warn and let training go on."""
        if monotonic() - self._written >= self.every:
            self._save_or_warn(run, "Training goes on")

    def _save_or_warn(self, run: Run, then: str, *, ended: bool = False) -> None:
        try:
            self.save(run, ended=ended)
        except FileError as error:
            self._written = monotonic()  # the next attempt comes when the next writing is due
            warnings.warn(f"The checkpoint was not written. {error} {then}.", RuntimeWarning, stacklevel=5)

    def save(self, run: Run, *, ended: bool = False) -> None:
        """Write the run, and whether it has ended by itself.

        Raises
        ------
        FileError
            If the file cannot be written; an older one is then untouched.
        """
        patience = run.patience
        record = {
            "identity": self.identity,
            "step": run.state.step,
            "epoch": run.state.epoch,
            "done": run.done,
            "rows_seen": run.rows_seen,
            "learning_rate": run.learning_rate,
            "patience_count": patience.count,
            "stopped": run.history.stopped,
            "ended": run.history.stopped if ended else "",
            "unfinished": asdict(run.unfinished),
        }
        tensors = {
            "theta": run.state.theta,
            "slots": run.state.slots,
            "best": np.array([patience.best, run.best_score], dtype=np.float64),
            **run.history.tensors(),
        }
        if run.best_theta is not None:
            tensors["best_theta"] = run.best_theta
        write_container(self.path, KIND, record, tensors)
        self._written = monotonic()

    def load(self, fresh: Run) -> Run | None:
        """Return the run that was written, with the limits of a fresh run's patience; None if there is no file.

        Compiled code trusts the sizes of what it is given, so those of the file must be those of the fresh run.

        Raises
        ------
        FileError
            If the file could not be written later.
        ParameterError
            If the file is of another training.
        ModelFileError
            If it is damaged or no checkpoint.
        """
        check_writable(self.path)
        if not self.path.exists():
            return None
        record, tensors = read_container(self.path, KIND)
        record = self._checked(record, tensors)
        names = {**self.identity, **record["identity"]}
        changed = [name for name in names if record["identity"].get(name) != self.identity.get(name)]
        if changed:
            raise ParameterError(
                parameter="checkpoint",
                required="be of the same training",
                got=f"{self.path}, where other values were used for {', '.join(changed)}",
                remedy="Remove the file, or give another path.",
            )
        self._check_state(fresh.state, tensors)
        patience, (patience_best, best_score) = fresh.patience, tensors["best"].tolist()
        return Run(
            State(_own(tensors["theta"]), _own(tensors["slots"]), int(record["step"]), int(record["epoch"])),
            Patience(patience.tolerance, patience.limit, patience_best, int(record["patience_count"])),
            float(record["learning_rate"]),
            History.from_tensors(tensors, ""),
            int(record["done"]),
            int(record["rows_seen"]),
            _own(tensors["best_theta"]) if "best_theta" in tensors else None,
            best_score,
            unfinished=Unfinished(
                **{name: record["unfinished"][name] for name in record["unfinished"] if name in UNFINISHED}
            ),
            ended=record["ended"],
        )

    def _checked(self, record: dict[str, Any], tensors: dict[str, Array]) -> dict[str, Any]:
        """Return the record once it and the arrays are as described."""
        who = f"The checkpoint '{self.path}' cannot be used"
        checked = DESCRIPTION.check(who, record, tensors)
        n_epochs = len(tensors["history.losses"])
        if checked["done"] > n_epochs:
            raise ModelFileError(
                f"{who}: done must be at most the {n_epochs} epochs of its history; got {checked['done']}. "
                f"The file is damaged."
            )
        return checked

    def _check_state(self, state: State, tensors: dict[str, Array]) -> None:
        """Raise ModelFileError unless θ and slots are of the dtype and shape of this training's."""
        for name, own in (("theta", state.theta), ("slots", state.slots)):
            if tensors[name].dtype != own.dtype or tensors[name].shape != own.shape:
                raise ModelFileError(
                    f"The checkpoint '{self.path}' cannot be used: {name} must be of dtype {own.dtype} and shape "
                    f"{own.shape}; got {tensors[name].dtype} and {tensors[name].shape}. Remove the file."
                )

    def close(self, run: Run, *, finished: bool) -> None:
        """Remove the file of a training that has ended by itself; write a last one of a training that was stopped.

        With ``keep``, the file of a training that has ended is written once more instead: it then holds the result.
        A training that was stopped within a call of the engine keeps the file that it has.
        """
        if finished and not self.keep:
            self.path.unlink(missing_ok=True)
        elif run.whole:
            self._save_or_warn(run, "The file is as it was before", ended=finished)


def _own(array: Array) -> Array:
    """Return a writable copy, which the engine may change."""
    return np.array(array)
