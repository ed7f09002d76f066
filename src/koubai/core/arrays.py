"""The type of arrays accepted by optimizers: any dtype, any shape.

In a separate module, so that descent in the plane loads neither activations nor SciPy, which is slower to import.
"""

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]
