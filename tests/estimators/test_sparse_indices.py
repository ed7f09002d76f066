"""Sparse matrices whose indices point outside: compiled code must never follow them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import (
    bsr_array,
    coo_array,
    csc_array,
    csc_matrix,
    csr_array,
    csr_matrix,
    dia_array,
    dok_array,
    dok_matrix,
    lil_array,
    lil_matrix,
)
from tests.malformed import BROKEN, broken

from koubai import MLPClassifier, MLPRegressor, Perceptron
from koubai.core.errors import DataError

DENSE = np.random.default_rng(0).normal(size=(12, 4)) * (np.random.default_rng(1).random((12, 4)) > 0.4)
Y = np.arange(12) % 2
MAKE: list[Callable[[], Any]] = [
    lambda: MLPClassifier(hidden_layer_sizes=(3,), epochs=2, random_state=0),
    lambda: MLPRegressor(hidden_layer_sizes=(3,), epochs=2, random_state=0),
    lambda: Perceptron(max_iter=3, tol=None),
]


@pytest.mark.parametrize("kind", [csr_array, csr_matrix, csc_array, csc_matrix])
@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("make", MAKE)
def test_indices_outside_are_refused_everywhere(make: Callable[[], Any], what: str, kind: Any) -> None:
    fitted = make().fit(DENSE, Y)
    for use in (
        lambda X: make().fit(X, Y),
        lambda X: fitted.partial_fit(X, Y),
        lambda X: fitted.predict(X),
    ):
        with pytest.raises(
            DataError, match=r": X must be a sparse matrix whose indices lie within its shape \(12, 4\); got"
        ):
            use(broken(what, kind(DENSE)))


def test_coordinates_outside_are_refused() -> None:
    X = coo_array(DENSE)
    X.coords[1][0] = 99
    with pytest.raises(DataError, match=r"coordinates outside of its shape"):
        MLPRegressor(hidden_layer_sizes=(3,), epochs=2).fit(X, Y)


@pytest.mark.parametrize("make", MAKE)
def test_unsorted_and_doubled_indices_mean_what_they_mean_to_scipy(make: Callable[[], Any]) -> None:
    X = csr_array(DENSE)
    indices, data, starts = [], [], [0]
    for row in range(12):
        part = slice(X.indptr[row], X.indptr[row + 1])
        indices += [*X.indices[part][::-1], *X.indices[part]]
        data += [*X.data[part][::-1] / 2, *X.data[part] / 2]
        starts.append(len(indices))
    odd = csr_array((np.array(data), np.array(indices), np.array(starts)), shape=X.shape)
    np.testing.assert_allclose(odd.toarray(), DENSE)
    model, same = make().fit(X, Y), make().fit(X, Y)
    np.testing.assert_array_equal(same.predict(odd), model.predict(X)) if hasattr(model, "classes_") else (
        np.testing.assert_allclose(same.predict(odd), model.predict(X))
    )
    for kind in (np.int64, np.int32):
        wide = csr_array(DENSE)
        wide.indices, wide.indptr = wide.indices.astype(kind), wide.indptr.astype(kind)
        np.testing.assert_allclose(make().fit(wide, Y).predict(wide), model.predict(X))


@pytest.mark.parametrize("kind", [bsr_array, coo_array, dia_array, dok_array, lil_array, dok_matrix, lil_matrix])
@pytest.mark.parametrize("make", MAKE)
def test_every_form_of_a_sparse_matrix_means_what_the_array_means(make: Callable[[], Any], kind: Any) -> None:
    form = kind(DENSE)
    np.testing.assert_allclose(make().fit(form, Y).predict(form), make().fit(csr_array(DENSE), Y).predict(DENSE))
    if kind in (lil_array, lil_matrix):
        form.rows[3] = [99] * len(form.rows[3])
        with pytest.raises(DataError, match="X must be a sparse matrix whose indices lie within its shape"):
            make().fit(form, Y)
