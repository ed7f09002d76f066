"""Checkpoints: a training run in one file, which resumes to bit-for-bit the same θ."""

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from types import MappingProxyType

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import FileError, ModelFileError, ParameterError
from koubai.core.language import worded
from koubai.core.schema import F64, FLOATS, Description, Fields, Kind, Later, Named, Real, Record, Tensor, Text, Whole
from koubai.engines.protocol import Patience, Plan, State
from koubai.optimizers.schedules import Schedule
from koubai.training.atomic import check_writable
from koubai.training.container import read_container, write_container
from koubai.training.history import TENSORS, History
from koubai.training.run import Run, Unfinished

KIND = "checkpoint"


UNFINISHED: dict[str, Kind] = {"loss": Real(), "rows": Whole(), "seconds": Real(0)}


class _Anything:
    """A field that is only compared."""

    def read(self, value: object, where: str) -> object:
        """Return the value unchanged."""
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
"""Required content of a checkpoint; the length of θ and the number of slots are known to the resumed training."""


def identity(
    plan: Plan,
    schedule: Schedule,
    learning_rate: float,
    rows: str,
    shares: Mapping[str, Schedule | None] = MappingProxyType({}),
) -> Record:
    """Return everything that determines the course of training, as plain data; a run resumes only if it is unchanged.

    ``rows`` is the fingerprint given by the source of the rows, ``shares`` the schedules of weight decay and dropout by
    the parameters' names. What is left at its default is not named, so that older files stay valid.
    """
    factors = {} if plan.factors.are_one else {"factors": plan.factors.spec()}
    return {
        **factors,
        **{name: given.spec() for name, given in shares.items() if given is not None},
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
    """A file to which a run is saved every few seconds and from which training resumes.

    Parameters
    ----------
    path : Path
        The file. It is replaced atomically, so that a crash leaves the previous one.
    every : float
        Seconds between saves; 0 saves after every call of the engine.
    identity : dict
        The result of `identity` for this training.
    keep : bool
        Whether to keep the file when training has ended, until the caller has saved the model.
    """

    path: Path
    every: float
    identity: Record
    keep: bool = False
    _written: float = field(default_factory=monotonic)

    def save_if_due(self, run: Run) -> None:
        """Save the run if a save is due; if the disk is full, warn and let training continue."""
        if monotonic() - self._written >= self.every:
            self._save_or_warn(run, worded("training.note.training_continues"))

    def _save_or_warn(self, run: Run, then: str, *, ended: bool = False) -> None:
        try:
            self.save(run, ended=ended)
        except FileError as error:
            self._written = monotonic()  # the next attempt is made when the next save is due
            warnings.warn(
                worded("training.note.checkpoint_was_not_written", error=error, then=then), RuntimeWarning, stacklevel=5
            )

    def save(self, run: Run, *, ended: bool = False) -> None:
        """Save the run, and whether it has ended by itself.

        Raises
        ------
        FileError
            If the file cannot be written; an existing one is then left untouched.
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
        """Return the saved run, with the patience limits of a fresh run; None if there is no file.

        Compiled code trusts the sizes of its arguments, so the file's must equal the fresh run's.

        Raises
        ------
        FileError
            If the file will not be writable later.
        ParameterError
            If the file belongs to a different training.
        ModelFileError
            If the file is damaged or is not a checkpoint.
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
                required=worded("core.must.come_same_training"),
                got=worded("core.got.was_made_different_values", path=self.path, changed=", ".join(changed)),
                remedy=worded("core.remedy.remove_file_pass_another_path"),
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

    def said_of(self, run: Run, epochs: int) -> str:
        """Return what is to be said of a run that was loaded, of which so many epochs are asked for."""
        if run.ended in ("patience", "diverged") or run.done >= epochs:
            return worded("training.note.had_ended", path=self.path, done=run.done)
        return worded("training.note.goes_on", path=self.path, number=run.done + 1)

    def _checked(self, record: Record, tensors: dict[str, Array]) -> Record:
        """Return the record after checking it and the arrays against the description."""
        who = worded("training.checkpoint.unusable", path=self.path)
        checked = DESCRIPTION.check(who, record, tensors)
        n_epochs = len(tensors["history.losses"])
        if checked["done"] > n_epochs:
            raise ModelFileError(
                worded(
                    "training.error.done_at_most_epochs_history", who=who, n_epochs=n_epochs, checked=checked["done"]
                )
            )
        return checked

    def _check_state(self, state: State, tensors: dict[str, Array]) -> None:
        """Raise ModelFileError unless θ and slots have the dtypes and shapes of this training."""
        for name, own in (("theta", state.theta), ("slots", state.slots)):
            if tensors[name].dtype != own.dtype or tensors[name].shape != own.shape:
                raise ModelFileError(
                    worded(
                        "training.error.checkpoint_cannot_used_have_dtype",
                        path=self.path,
                        name=name,
                        dtype=own.dtype,
                        shape=own.shape,
                        dtype_2=tensors[name].dtype,
                        shape_2=tensors[name].shape,
                    )
                )

    def close(self, run: Run, *, finished: bool) -> None:
        """Remove the file if training has ended by itself; save once more if it was stopped.

        With ``keep``, finished training is saved once more instead, so that the file holds the result. Training that
        was stopped within a call of the engine keeps its previous file.
        """
        if finished and not self.keep:
            self.path.unlink(missing_ok=True)
        elif run.whole:
            self._save_or_warn(run, worded("training.note.previous_file_unchanged"), ended=finished)


def _own(array: Array) -> Array:
    """Return a writable copy, which the engine may modify."""
    return np.array(array)
