"""Predictions for many files, a few at a time: one file of predictions for each, of the same name."""

import argparse
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from koubai.cli.parts.outputs import check_output
from koubai.cli.parts.terminal import printable
from koubai.core.errors import FileError, ParameterError
from koubai.core.language import worded
from koubai.core.untyped import Loaded

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from koubai.cli.parts.reading import ListedNames

AT_ONCE = 2
"""Default number of files processed at the same time."""


WithColumns: TypeAlias = "Callable[[tuple[pl.DataFrame, pl.DataFrame], ListedNames | None], pl.DataFrame]"
"""Puts columns of the table before its predictions."""


class Written(NamedTuple):
    """A file of predictions: its name, its number of rows, and notes on the table."""

    path: Path
    n_rows: int
    notes: list[str]


def is_folder(out: str | None) -> bool:
    """Return whether predictions go to a folder: one that exists, or a name with a slash at its end or no suffix."""
    return out is not None and (os.path.isdir(out) or out.endswith(("/", os.sep)) or not Path(out).suffix)


def predict_many(args: argparse.Namespace, model: Loaded, with_columns: WithColumns) -> list[Written]:
    """Predict each file of a folder, a pattern or a URL, and write it to the folder ``args.out``.

    Parameters
    ----------
    args : Namespace
        The command's options.
    model : TablePredictor
        The model.
    with_columns : callable
        Puts the columns that are asked for before a piece's predictions.

    Raises
    ------
    FileError
        If a file cannot be read or written; those already written stay.
    """
    from koubai.tables.files.many import files_of

    at_once = AT_ONCE if args.files_at_once is None else args.files_at_once
    if at_once < 1:
        raise ParameterError(worded("cli.error.files_at_once_got_try", at_once=at_once, at_once_2=AT_ONCE))
    files = files_of(args.table)
    targets = _targets(files, Path(args.out))
    for name, target in zip(files, targets, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        check_output(str(target), args.force, reads=[name, args.model])

    def predict(name: str, target: Path) -> Written:
        return _predict(args, model, with_columns, name, target)

    return list(_bounded(predict, list(zip(files, targets, strict=True)), at_once))


def _targets(files: list[str], folder: Path) -> list[Path]:
    """Return where the predictions of each file go: to the same place below the folder as below all files' own."""
    above = os.path.commonpath([os.path.dirname(name) for name in files])
    found = [folder / os.path.relpath(name, above or ".") for name in files]
    if folder.is_file():
        raise FileError(worded("cli.error.out_folder_predictions_many_files", folder=folder))
    return found


def _bounded(work: Callable[[str, Path], Written], items: list[tuple[str, Path]], at_once: int) -> Iterator[Written]:
    """Yield the results in order; no more than so many are under way."""
    waiting: deque[Future[Written]] = deque()
    with ThreadPoolExecutor(at_once) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, *item))
                if len(waiting) == at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for left in waiting:
                left.cancel()


def _predict(args: argparse.Namespace, model: Loaded, with_columns: WithColumns, name: str, target: Path) -> Written:
    """Predict one file block by block, and write it."""
    from koubai.tables.files.blocks import open_blocks
    from koubai.tables.files.writing import write_parquet
    from koubai.training.atomic import replacing_file

    table = open_blocks(name)
    prediction = model.prediction(table, bad_cells=args.bad_cells, decimal=args.decimal, thousands=args.thousands)
    with replacing_file(target) as file:
        write_parquet((with_columns(piece, args.include) for piece in prediction), file)
    return Written(target, prediction.n_rows, prediction.notes)


def say_written(args: argparse.Namespace, written: list[Written], out: "Console") -> None:
    """Print the notes, each once, and what was written."""
    for note in dict.fromkeys(note for one in written for note in one.notes):
        out.print(worded("cli.note", note=printable(note)), style="yellow")
    rows = sum(one.n_rows for one in written)
    out.print(worded("cli.wrote_files_rows", out=printable(args.out), n_written=f"{len(written):,}", rows=f"{rows:,}"))
