"""The type of the arrays that rules on vectors take: any dtype, any shape.

In a module of its own, so that a descent in the plane loads neither activations nor SciPy, whose import takes longer.
"""

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]
