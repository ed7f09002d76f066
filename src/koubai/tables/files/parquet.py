"""One-sentence errors for damaged Parquet files."""

from collections.abc import Iterator
from contextlib import contextmanager

from koubai.core.errors import DataError, FileError
from koubai.core.language import worded


@contextmanager
def complaints(source: str) -> Iterator[None]:
    """Convert polars' errors about a Parquet file, including panics, to one sentence.

    Raises
    ------
    DataError
        If the file is damaged or not a Parquet file.
    """
    import polars as pl

    try:
        yield
    except FileError:
        raise  # it could not be opened at all, which has its own sentence
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise DataError(worded("tables.error.table_whole_parquet_file_damaged", source=source)) from error
