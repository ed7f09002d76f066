"""What a cross-validation of a table's networks chose, as it is said and kept in a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from koubai.core.language import worded
from koubai.core.schema import Record
from koubai.models.scores.parts import PARTS

HELD_OUT = 1
"""Number of parts in a `Judgement` by rows that were held out."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of cross-validation.

    Parameters
    ----------
    losses : mapping of str to float
        For each L2 penalty tried, the mean loss of the rows' predictions with its factor, in units of the loss.
    l2 : float
        The weakest penalty whose loss is within 2 % of the lowest.
    factor : float
        Its a.
    constant : float
        The loss of the constant prediction.
    n_parts : int
        Number of parts; 1 if the rows were held out once, and only the factor was chosen.
    kinds : tuple of int
        Which kinds of networks are averaged (0 for those that see all features, 1 for those that see the plain ones
        only); empty if kinds were not compared. A file does not keep it.
    alone : tuple of float
        Where means were judged, the factor of one network of each kind by itself. A file does not keep it.
    """

    losses: Mapping[str, float]
    l2: float
    factor: float
    constant: float
    n_parts: int = PARTS
    kinds: tuple[int, ...] = field(default=(), compare=False)
    alone: tuple[float, ...] = field(default=(), compare=False)

    def of_one(self, kind: int = 0) -> "Judgement":
        """Return what holds for one network in the place of a mean: it is surer than that, and needs its own factor.

        Examples
        --------
        >>> Judgement({"0.05": 0.31}, 0.05, 1.2, 0.69, kinds=(0, 1), alone=(0.8, 0.9)).of_one(1).factor
        0.9
        """
        return replace(self, factor=self.alone[kind], kinds=(), alone=()) if self.alone else self

    def record(self) -> Record:
        """Return the judgement as plain data; `from_record` reads it back."""
        names = ("losses", "l2", "factor", "constant", "n_parts")
        return {name: dict(self.losses) if name == "losses" else getattr(self, name) for name in names}

    @classmethod
    def from_record(cls, record: Record) -> "Judgement":
        """Return the judgement described by `record`."""
        losses = {str(name): float(value) for name, value in record["losses"].items()}
        l2, factor, constant = (float(record[name]) for name in ("l2", "factor", "constant"))
        return cls(losses, l2, factor, constant, int(record["n_parts"]))

    @property
    def sentence(self) -> str:
        """The choice and its reason, in one sentence."""
        if self.n_parts == HELD_OUT and len(self.losses) == 1:
            (loss,) = self.losses.values()
            return worded(
                "models.note.confidence_held_out_rows_predictions",
                factor=f"{self.factor:.2f}",
                loss=f"{loss:.4g}",
                constant=f"{self.constant:.4g}",
            )
        drawn = worded("models.note.predictions_scaled_about_constant_prediction", factor=f"{self.factor:.2f}")
        if self.factor == 0:
            drawn = worded("models.note.nothing_better_was_found_than")
        tried = ", ".join(f"{name}: {loss:.4g}" for name, loss in self.losses.items())
        chosen = {"l2": f"{self.l2:g}", "tried": tried, "constant": f"{self.constant:.4g}", "drawn": drawn}
        if self.n_parts == HELD_OUT:
            return worded("models.note.held_out_third_l_loss", **chosen)
        return worded("models.note.cross_validated_parts_l_loss", n_parts=self.n_parts, **chosen)
