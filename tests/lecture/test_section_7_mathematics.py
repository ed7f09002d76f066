"""Matrix calculus of slides 80-88, with numbers; the symbols are in ``tests/explain/test_matrix.py``."""

import numpy as np
import pytest

from ..oracles import differences

M, N, K = 3, 5, 4
RNG = np.random.default_rng(0)
A, B, W = RNG.normal(size=(M, K)), RNG.normal(size=(K, N)), RNG.normal(size=(M, M))
X, V = RNG.normal(size=M), RNG.normal(size=M)
TALL, TARGET = RNG.normal(size=(6, M)), RNG.normal(size=6)


@pytest.mark.parametrize(
    ("f", "gradient"),
    [
        (lambda x: x @ x, 2 * X),
        (lambda x: V @ x, V),
        (lambda x: (x - V) @ (x - V), 2 * (X - V)),  # slide 87 prints 2(w - a)
        (lambda x: ((TALL @ x - TARGET) ** 2).sum(), 2 * TALL.T @ (TALL @ X - TARGET)),
        (lambda x: x @ W @ x, (W + W.T) @ X),
    ],
    ids=["‖x‖²", "wᵀx", "‖x-a‖²", "‖Ax-b‖²", "xᵀWx"],
)
def test_slides_84_to_87_derivatives_of_scalars(f, gradient: np.ndarray) -> None:
    np.testing.assert_allclose(differences(lambda x: float(f(x)), X), gradient, rtol=1e-9)


def test_slide_86_derivative_of_a_vector_in_denominator_layout() -> None:
    """∂/∂x (Mx) = Mᵀ: row j, column i is ∂(Mx)_i/∂x_j."""
    columns = [differences(lambda x, i=i: float((TALL @ x)[i]), X) for i in range(6)]
    np.testing.assert_allclose(np.array(columns).T, TALL.T, rtol=1e-10)


def test_slide_87_transposes_and_inverses() -> None:
    other = RNG.normal(size=(M, K))
    np.testing.assert_allclose(np.linalg.inv(W).T, np.linalg.inv(W.T), rtol=1e-10)
    np.testing.assert_allclose((A @ B).T, B.T @ A.T, rtol=1e-13)
    np.testing.assert_array_equal((A + other).T, A.T + other.T)
    assert sum(v * x for v, x in zip(V, X, strict=True)) == pytest.approx(float(V @ X), rel=1e-14)


def test_slide_88_shapes() -> None:
    """A m×k, B k×n, W m×m, x m×1."""
    x = X[:, np.newaxis]
    assert (A.T @ x).shape == (K, 1)
    assert (x.T @ W @ x).shape == (1, 1)
    assert (x.T @ x).shape == (1, 1)
    assert (A @ B).shape == (M, N)


@pytest.mark.parametrize(("x", "sign"), [(2.5, 1), (0.0, 0), (-1e-300, -1)])
def test_slide_86_sign(x: float, sign: int) -> None:
    """The gradient of the L1 penalty is this sign: 0 at 0."""
    from koubai.core.network import Network
    from koubai.core.penalties import Penalty

    network = Network.dense((1, 1), bias=False)
    assert Penalty(l1=1.0).gradient(network, np.array([x]), 1).tolist() == [sign]
