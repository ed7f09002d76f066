"""One name for each library without types, for whatever it gives or takes; nothing else may be ``Any``.

mypy checks nothing of such a value, so it is best turned into a type of koubai's own where it arrives.
"""

from typing import Any, TypeAlias

ScikitLearn: TypeAlias = Any
"""Estimators, their tags and what its checks return: scikit-learn has no types."""
MaybeSparse: TypeAlias = Any
"""A dense array or a sparse one of SciPy's, which has no types."""
Loaded: TypeAlias = Any
"""A model from a file, whose class is known only once it is read."""
Compiled: TypeAlias = Any
"""A kernel, what it takes and what it returns: numba's functions have no types."""
FileSystem: TypeAlias = Any
"""A file system of fsspec's, which has no types."""
Matplotlib: TypeAlias = Any
"""What matplotlib's functions without types give and take."""
SymPy: TypeAlias = Any
"""Expressions and numbers: SymPy has no types."""
TableOfOthers: TypeAlias = Any
"""Tables and columns of pandas, PyArrow and whatever else users have: known by their methods only."""
