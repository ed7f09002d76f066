"""The largest eigenvalues of a network's Hessian: the sharpness of the loss at θ."""

from dataclasses import dataclass

import numpy as np

from koubai.core.arguments import REAL, SEED, WHOLE, takes
from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.descent.display import Displayed
from koubai.descent.surfaces.hessian import hessian_vector_product
from koubai.descent.surfaces.subject import SUBJECT, Subject


@dataclass(frozen=True, eq=False)
class Spectrum(Displayed):
    """Extreme eigenvalues of the Hessian of a loss.

    Attributes
    ----------
    values : (k,)
        Eigenvalues, largest first, in units of the loss.
    vectors : (n_parameters, k)
        Their eigenvectors, of length 1.
    n_products : int
        Number of products H v computed.
    """

    values: Array
    vectors: Array
    n_products: int

    @property
    def largest_learning_rate(self) -> float:
        """2/λ: above it, steepest descent on all rows moves away along the sharpest direction."""
        return float(2 / self.values[0]) if self.values[0] > 0 else float("inf")


@takes("largest_eigenvalues", subject=SUBJECT, count=WHOLE, tolerance=REAL, seed=SEED)
def largest_eigenvalues(subject: Subject, count: int = 5, tolerance: float = 1e-6, seed: int = 0) -> Spectrum:
    """Return the algebraically largest eigenvalues of the Hessian by Lanczos on exact products H v.

    The implicitly restarted Lanczos method of ARPACK (Lehoucq, Sorensen and Yang 1998); for networks of up to 12
    parameters, or when nearly all eigenvalues are requested, the full matrix is built from products instead.

    Parameters
    ----------
    subject : Subject
        Network, θ and rows.
    count : int
        How many eigenvalues, 1 to n_parameters.
    tolerance : float
        Relative accuracy.
    seed : int
        Seed of the starting vector.

    Raises
    ------
    ParameterError
        If ``count`` is not allowed, or the Hessian is not finite.
    """
    from scipy.sparse.linalg import LinearOperator, eigsh

    n = subject.network.n_parameters
    if not 1 <= count <= n:
        raise ParameterError(
            f"largest_eigenvalues: count must be from 1 to {n}, the number of parameters; got {count}."
        )
    if not 0 <= tolerance < np.inf:
        raise ParameterError(f"largest_eigenvalues: tolerance must be >= 0 and finite; got {tolerance}. Try 1e-6.")
    products = 0

    def product(vector: Array) -> Array:
        nonlocal products
        products += 1
        with subject.few_threads():
            return hessian_vector_product(subject, np.asarray(vector, dtype=np.float64).ravel())

    first = np.random.default_rng(seed).normal(size=n)
    if not np.isfinite(product(first)).all():
        raise ParameterError(worded("descend.error.hessian"))
    if n <= 12 or count > n // 2:
        matrix = np.stack([product(column) for column in np.eye(n)])
        values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    else:
        operator = LinearOperator((n, n), matvec=product, dtype=np.float64)
        width = min(n, max(2 * count + 1, 20))
        values, vectors = eigsh(operator, k=count, which="LA", tol=tolerance, v0=first, ncv=width)
    order = np.argsort(values)[::-1][:count]
    return Spectrum(values[order], vectors[:, order], products)
