"""Prediction by many workers: a small object that goes to each worker of Dask, Spark, Ray or a pool of processes.

It holds the model's file, and reads it once in each process, however many parts of a table the process is given.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Self

from koubai.core.errors import DataError, ParameterTypeError
from koubai.core.untyped import TableOfOthers

if TYPE_CHECKING:
    import polars as pl

    from koubai.models.table_model import TableModel

__all__ = ["Predictor", "predictor"]

SPARK_TYPES = {"String": "string", "Float64": "double", "Float32": "float", "Int64": "bigint", "Boolean": "boolean"}
"""Spark's names for the types of predictions."""


def predictor(
    model: "TableModel | str | os.PathLike[str]", *, keep: Iterable[str] = (), bad_cells: str = "refuse"
) -> "Predictor":
    """Return an object that predicts parts of a table, and can be sent to workers.

    Parameters
    ----------
    model : TableModel or path
        A fitted model of a table, or the file it was saved to, which is read here and need not be on the workers.
    keep : iterable of str
        Columns of the table that stand before the predictions, such as the rows' keys.
    bad_cells : {"refuse", "missing"}
        As for `koubai.TableModel.predict`.

    Returns
    -------
    Predictor
        ``predictor(part)`` returns predictions in the part's own form: pandas or polars, Arrow, or columns by name.

    Raises
    ------
    ParameterTypeError
        If it is no model of a table.

    Examples
    --------
    >>> import polars as pl
    >>> from koubai import TableModel
    >>> table = pl.DataFrame({"x": list(range(40)) * 2, "y": (["low"] * 20 + ["high"] * 20) * 2})
    >>> model = TableModel(hidden_layer_sizes=(8,), solver="lbfgs").fit(table, "y")
    >>> import pickle
    >>> there = pickle.loads(pickle.dumps(predictor(model, keep=["x"])))
    >>> there(pl.DataFrame({"x": [3, 35]}))["x", "prediction"].rows()
    [(3, 'low'), (35, 'high')]
    """
    from koubai.models.table_model import TableModel

    if isinstance(model, str | os.PathLike):
        content = Path(model).read_bytes()
        _loaded(content)  # a mistake is found here and not on the workers
    elif isinstance(model, TableModel):
        content = _file_of(model)
    else:
        raise ParameterTypeError(
            who="predictor",
            parameter="model",
            required="be a TableModel or the path of its file",
            got=type(model).__name__,
            remedy="For arrays, call the model itself in the workers.",
        )
    return Predictor(content, tuple(keep), bad_cells)


class Predictor:
    """Predicts parts of a table; made by `predictor`.

    Parameters
    ----------
    content : bytes
        The model's file.
    keep : tuple of str
        Columns that stand before the predictions.
    bad_cells : str
        As for `koubai.TableModel.predict`.
    """

    def __init__(self, content: bytes, keep: tuple[str, ...] = (), bad_cells: str = "refuse") -> None:
        self.content, self.keep, self.bad_cells = content, keep, bad_cells

    def __call__(self, part: TableOfOthers) -> TableOfOthers:
        """Return the predictions for a part of a table, in the part's form.

        Parameters
        ----------
        part : pandas or polars DataFrame, pyarrow Table or RecordBatch, or dict of arrays
            Rows with the columns that the model was trained on.
        """
        kind = f"{type(part).__module__.partition('.')[0]}.{type(part).__name__}"
        read, write = _FORMS.get(kind, (None, None))
        if read is None or write is None:
            raise ParameterTypeError(
                who="predictor",
                parameter="part",
                required="be a DataFrame of pandas or polars, a Table or RecordBatch of pyarrow, or a dict of arrays",
                got=kind,
                remedy="Convert it.",
            )
        return write(self._predicted(read(part)), part)

    def _predicted(self, frame: "pl.DataFrame") -> "pl.DataFrame":
        """Return the kept columns and the predictions; no rows for no rows, as some parts of a table have none."""
        absent = [name for name in self.keep if name not in frame.columns]
        if absent:
            raise DataError(
                who="predictor", what=f"the table must have the kept column {absent[0]!r}; it has none of that name."
            )
        if frame.height:
            found: pl.DataFrame = _loaded(self.content).predict(frame, bad_cells=self.bad_cells)
        else:
            found = self._no_predictions()
        return frame.select(self.keep).hstack(found) if self.keep else found

    def _no_predictions(self) -> "pl.DataFrame":
        """Return the columns of predictions, without rows."""
        import numpy as np

        model = _loaded(self.content)
        features = np.zeros((1, model.estimator_.n_features_in_), model.dtype)
        frame: pl.DataFrame = model.predictions(*model.outputs(features)).clear()
        return frame

    def batches(self, parts: Iterable[TableOfOthers]) -> Iterator[TableOfOthers]:
        """Yield the predictions of batches of rows: ``frame.mapInArrow(predictor.batches, predictor.schema)`` in Spark.

        The schema is that of the predictions alone; with kept columns, put theirs before it.
        """
        for part in parts:
            yield self(part)

    @property
    def schema(self) -> str:
        """The columns of predictions in Spark's words: ``"`prediction` string, …"``."""
        types = self._no_predictions().schema
        return ", ".join(f"`{name}` {SPARK_TYPES[str(dtype)]}" for name, dtype in types.items())

    @property
    def meta(self) -> TableOfOthers:
        """The columns of predictions without rows, in pandas: Dask's ``meta``, without the kept columns."""
        return _to_pandas(self._no_predictions())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.__getstate__() == other.__getstate__()

    def __hash__(self) -> int:
        return hash(self.__getstate__())

    def __getstate__(self) -> tuple[bytes, tuple[str, ...], str]:
        """Return all there is: the file, and what was asked."""
        return self.content, self.keep, self.bad_cells

    def __setstate__(self, state: tuple[bytes, tuple[str, ...], str]) -> None:
        self.content, self.keep, self.bad_cells = state

    def __dask_tokenize__(self) -> tuple[str, tuple[str, ...], str]:
        """Return what tells Dask that two predictors are the same."""
        return blake2b(self.content, digest_size=16).hexdigest(), self.keep, self.bad_cells

    def __copy__(self) -> Self:
        return self


def _file_of(model: "TableModel") -> bytes:
    """Return a model's file."""
    from koubai.models.files import save

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.koubai"
        save(model, path)
        return path.read_bytes()


@lru_cache(maxsize=4)
def _loaded(content: bytes) -> "TableModel":
    """Return the model of a file, which a process reads once."""
    from koubai.models.files import load
    from koubai.models.table_model import TableModel

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.koubai"
        path.write_bytes(content)
        model = load(path)
    if not isinstance(model, TableModel):
        raise ParameterTypeError(
            who="predictor",
            parameter="model",
            required="be the file of a table's model, saved by 'koubai fit'",
            got=f"one of a bare {type(model).__name__}",
        )
    return model


# The forms of a table: to polars, and back to the form of the given part


def _from_pandas(part: TableOfOthers) -> "pl.DataFrame":
    from koubai.tables.files.frames import as_table

    frame: pl.DataFrame = as_table(part).frame
    return frame


def _to_pandas(frame: "pl.DataFrame", part: TableOfOthers = None) -> TableOfOthers:
    import pandas as pd

    columns = {name: frame[name].to_numpy() for name in frame.columns}
    return pd.DataFrame(columns, index=None if part is None else part.index, columns=frame.columns)


def _from_arrow(part: TableOfOthers) -> "pl.DataFrame":
    import polars as pl

    found = pl.from_arrow(part)
    assert isinstance(found, pl.DataFrame)
    return found


def _to_arrow(frame: "pl.DataFrame", part: TableOfOthers) -> TableOfOthers:
    import pyarrow as pa

    table = frame.to_arrow(compat_level=_plainest())
    if isinstance(part, pa.Table):
        return table
    arrays = [column.combine_chunks() for column in table.columns]
    return pa.RecordBatch.from_arrays(
        [array.chunk(0) if isinstance(array, pa.ChunkedArray) else array for array in arrays], names=table.column_names
    )


def _plainest() -> "pl.CompatLevel":
    import polars as pl

    return pl.CompatLevel.oldest()  # Spark knows no views of strings


def _from_columns(part: TableOfOthers) -> "pl.DataFrame":
    import polars as pl

    return pl.DataFrame({str(name): pl.Series(values) for name, values in part.items()})


_FORMS: dict[
    str, tuple[Callable[[TableOfOthers], "pl.DataFrame"], Callable[["pl.DataFrame", TableOfOthers], TableOfOthers]]
] = {
    "pandas.DataFrame": (_from_pandas, _to_pandas),
    "polars.DataFrame": (lambda part: part, lambda frame, part: frame),
    "pyarrow.Table": (_from_arrow, _to_arrow),
    "pyarrow.RecordBatch": (_from_arrow, _to_arrow),
    "builtins.dict": (_from_columns, lambda frame, part: {name: frame[name].to_numpy() for name in frame.columns}),
}
