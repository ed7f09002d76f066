"""The piecewise linear encoding of numbers: what each piece is, of which columns, and that a file keeps it."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from koubai.core.errors import ModelFileError
from koubai.tables.meaning.columns import describe_columns
from koubai.tables.preparing.numeric import FEW_PIECES, MAX_PIECES, MIN_IN_PIECE
from koubai.tables.preparing.preparation import Preparation, read_once


def pieced(frame: pl.DataFrame) -> Preparation:
    described = describe_columns(frame)
    return Preparation.learned(described, read_once(frame, described), piecewise=True)


def table() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"many": rng.exponential(size=400), "few": rng.choice([1, 2, 5, 9], 400)})
    frame = frame.with_columns(two=rng.choice([0, 3], 400), colour=rng.choice(["red", "blue"], 400))
    return frame.with_columns(pl.when(pl.int_range(400) % 9 == 0).then(None).otherwise(pl.col("many")).alias("many"))


def test_each_piece_is_linear_between_its_edges_and_constant_outside() -> None:
    preparation = pieced(table())
    many, few, *_ = preparation.columns
    asked = pl.DataFrame({"many": [-5.0, 0.0, 0.1, 0.7, 2.0, 50.0], "few": [0, 1, 2, 4, 9, 20]})
    for column in (many, few):
        x = asked[column.name].to_numpy().astype(float)
        expected = [
            np.interp(x, [low, high], [-1, 1]) for low, high in zip(column.edges, column.edges[1:], strict=False)
        ]
        found = column.transform(asked[column.name])[:, column.is_piece]
        np.testing.assert_allclose(found, np.transpose(expected), atol=1e-12)


def test_pieces_hold_equally_many_rows_or_lie_between_few_values() -> None:
    frame = table()
    many, few, *_ = pieced(frame).columns
    counts, _ = np.histogram(frame["many"].drop_nulls().to_numpy(), many.edges)
    assert len(counts) == FEW_PIECES
    assert counts.max() - counts.min() <= 2
    assert few.edges.tolist() == [1, 2, 5, 9]
    assert few.features == ["few", "few (1 … 2)", "few (2 … 5)", "few (5 … 9)"]


def test_a_number_that_fills_pieces_by_itself_leaves_them_to_the_others() -> None:
    rng = np.random.default_rng(1)
    gain = np.where(rng.random(3000) < 0.3, rng.lognormal(8, 1, 3000).round(), 0)
    column = pieced(pl.DataFrame({"gain": gain, "x": rng.normal(size=3000)})).columns[0]
    assert column.edges[:2].tolist() == [0, gain[gain > 0].min()]
    counts, _ = np.histogram(gain[gain > 0], column.edges[1:])
    assert counts.min() >= MIN_IN_PIECE * 0.9  # equal numbers are on one side of an edge
    assert counts.max() - counts.min() <= 6
    assert len(counts) == (gain > 0).sum() // MIN_IN_PIECE


def test_a_frequent_number_in_the_middle_is_an_edge_where_rows_are_many() -> None:
    rng = np.random.default_rng(2)
    hours = np.where(rng.random(2400) < 0.5, 40.0, rng.uniform(1, 99, 2400))
    many, few = (
        pieced(pl.DataFrame({"hours": some, "x": rng.normal(size=len(some))})).columns[0]
        for some in (hours, hours[:400])
    )
    assert 40 in many.edges
    counts, _ = np.histogram(hours[hours != 40], many.edges)
    assert counts.max() <= MIN_IN_PIECE + 4
    np.testing.assert_array_equal(few.edges, np.unique(np.quantile(hours[:400], np.linspace(0, 1, FEW_PIECES + 1))))


@pytest.mark.parametrize(
    ("n_rows", "n_columns", "most"),
    [(1999, 1, FEW_PIECES), (2400, 2, MAX_PIECES), (2400, 10, 32), (2400, 40, FEW_PIECES)],
)
def test_more_rows_and_fewer_columns_have_more_pieces(n_rows: int, n_columns: int, most: int) -> None:
    values = np.random.default_rng(3).normal(size=(n_rows, n_columns))
    columns = pieced(pl.DataFrame(values)).columns
    assert [len(column.edges) - 1 for column in columns] == [most] * n_columns


def test_two_values_and_categories_have_no_pieces() -> None:
    _, _, two, colour = pieced(table()).columns
    assert two.features == ["two"]
    assert all("…" not in name for name in colour.features)


def test_plain_features_are_those_without_pieces() -> None:
    frame = table()
    preparation, plain = pieced(frame), Preparation.fit(frame)
    seen = preparation.plain_features()
    assert [name for name, there in zip(preparation.features, seen, strict=True) if there] == plain.features
    np.testing.assert_array_equal(preparation.transform(frame)[:, seen], plain.transform(frame))
    assert plain.plain_features() is None


def test_pieces_survive_a_record_bit_for_bit() -> None:
    frame = table()
    preparation = pieced(frame)
    record, tensors = preparation.to_record()
    again = Preparation.from_record(json.loads(json.dumps(record)), tensors)
    np.testing.assert_array_equal(again.transform(frame), preparation.transform(frame))
    assert again.features == preparation.features


@pytest.mark.parametrize("edges", [[1.0], [2.0, 1.0], [1.0, 1.0], [1.0, float("nan")], "x"])
def test_damaged_edges_are_refused(edges) -> None:
    record, tensors = pieced(table()).to_record()
    record["columns"][1]["edges"] = edges
    with pytest.raises(ModelFileError):
        Preparation.from_record(record, tensors)


@example([*map(float, range(8)), 0.5, 0.25, 2.225073858507e-311])  # a slope that overflows
@given(st.lists(st.floats(-1e299, 1e299), min_size=3, max_size=30, unique=True))
def test_any_numbers_become_finite_pieces(values: list[float]) -> None:
    frame = pl.DataFrame({"x": values, "y": range(len(values))})
    preparation = pieced(frame)
    asked = pl.DataFrame({"x": [-1e299, 0.0, 5e-324, 1e299], "y": [0, 1, 2, 3]})
    for rows in (frame, asked):
        features = preparation.transform(rows)
        assert np.isfinite(features).all()
