"""A row's derivation begins with its cells: filled in, standardised, and what else its columns give the network."""

import numpy as np
import polars as pl
import pytest
from tests.explain.checks import check_derivation

import koubai
from koubai.models.reasons.row_preparation import MOST_COLUMNS, preparation_section
from koubai.tables.preparing.numeric import LIMIT

rng = np.random.default_rng(0)
N = 60
TABLE = pl.DataFrame(
    {
        "age": [None, *np.linspace(20.5, 79.5, N - 1).round(1)],
        "income": np.exp(rng.normal(8, 2, N)).round(2),
        "ward": ["north", "south", "east"] * (N // 3),
        "visits": rng.integers(0, 4, N),
        "ill": ["yes", "no"] * (N // 2),
    }
)


@pytest.fixture(scope="module")
def model() -> koubai.TableModel:
    return koubai.TableModel(epochs=2, quality="fast", random_state=0, piecewise=False).fit(TABLE, "ill")


@pytest.mark.parametrize("row", [1, 2, 30])
def test_the_steps_lead_to_the_inputs_that_the_network_gets(model: koubai.TableModel, row: int) -> None:
    page = model.explain(TABLE, row)
    check_derivation(page)
    inputs = model.network_rows(TABLE)[0][row - 1]
    steps = [step for step in page.steps if step.id.kind == "prepared"]
    assert page.sections[0].title.key == "explain.prepared.title"
    assert len(steps) == 3
    shown = {step.id.indices[0]: float(step.result.value) for step in steps}
    listed = page.sections[0].blocks[-1].rows
    shown |= {row[0].lower[0]: float(row[3].value) for row in listed}
    assert set(np.flatnonzero(inputs) + 1) <= set(shown)
    for place, value in shown.items():
        assert value == pytest.approx(inputs[place - 1], abs=1e-9)


def test_a_missing_cell_is_filled_with_the_median_and_marked(model: koubai.TableModel) -> None:
    text = model.explain(TABLE, 1).render("text", "en")
    assert f"the median of the training rows, {TABLE['age'].median():g}, takes its place" in " ".join(text.split())
    assert "age (missing)" in text.split("── The network")[0]
    assert "（欠損）" in model.explain(TABLE, 1).render("text", "ja")
    assert "age: filled in" not in model.explain(TABLE, 2).render("text", "en")


def test_a_skewed_column_goes_through_its_logarithm_and_far_values_are_cut_off(model: koubai.TableModel) -> None:
    far = TABLE.with_columns(pl.when(pl.int_range(pl.len()) == 4).then(1e9).otherwise(pl.col("age")).alias("age"))
    page = model.explain(far, 5)
    notes = {note.key for step in page.sections[0].blocks if hasattr(step, "notes") for note in step.notes}
    assert notes == {"explain.prepared.logarithm", "explain.prepared.clipped"}
    assert LIMIT in [float(step.result.value) for step in page.steps if step.id.kind == "prepared"]


def test_decimals_of_the_table_stay_decimals(model: koubai.TableModel) -> None:
    assert not model.explain(TABLE, 3).notation.fractions


def test_wide_tables_show_so_many_columns_and_say_so() -> None:
    wide = pl.DataFrame({f"c{k:02d}": rng.normal(size=30) for k in range(80)} | {"y": ["a", "b"] * 15})
    model = koubai.TableModel(epochs=1, quality="fast", piecewise=False).fit(wide, "y")
    section = preparation_section(model.preparation_, model.columns_of(wide).frame, 0)
    steps = [block for block in section.blocks if hasattr(block, "symbols")]
    assert len(steps) == MOST_COLUMNS
    assert section.blocks[-1].key == "explain.prepared.more"
