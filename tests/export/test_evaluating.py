"""The steps computed in NumPy say the same as the model."""

import numpy as np
import polars as pl
import pytest
from tests.export.matrix import Case, cases
from tests.export.test_plain_code import near

from koubai.export import onnx_inputs
from koubai.export.evaluating import Evaluator
from koubai.export.models import describe


def numbers_of(case: Case) -> np.ndarray:
    """Return the rows as the steps read them."""
    if not isinstance(case.rows, pl.DataFrame):
        return case.rows
    columns = []
    for given, column in zip(describe(case.model).inputs, onnx_inputs(case.model, case.rows).values(), strict=True):
        cells = column[:, 0]
        if given.kind == "category":
            cells = np.array([float(given.known.get(cell, given.other)) for cell in cells])
        columns.append(cells)
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("case", [case for case in cases() if not case.has_texts], ids=lambda case: case.name)
def test_numpy_says_the_same(case: Case) -> None:
    found = Evaluator(describe(case.model))(numbers_of(case))
    wanted, scores = case.expected()
    expected = np.asarray(wanted if scores is None else scores)
    np.testing.assert_allclose(found.reshape(expected.shape), expected, **near(case))
