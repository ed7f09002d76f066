"""The types of arrays. Their shapes stand beside each use: (n_rows, n_features).

In a separate module, so that descent in the plane loads neither activations nor SciPy, which is slower to import.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
"""Of any dtype: θ and rows in float32 or float64, and class labels of whatever kind they came in."""
Floats: TypeAlias = npt.NDArray[np.float64]
"""Of float64 in any case."""
