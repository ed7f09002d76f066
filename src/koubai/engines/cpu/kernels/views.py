"""A flat view of an array."""

from typing import Any

from koubai.engines.cpu.choice import PYTHON, kind_of_code

if kind_of_code() == PYTHON:

    def flattened(array: Any) -> Any:
        """Return a contiguous array's numbers as one row, a view."""
        return array.reshape(-1)

else:
    from numba import types
    from numba.core import cgutils
    from numba.extending import intrinsic
    from numba.np.arrayobj import make_array, populate_array

    @intrinsic
    def flattened(typing_context: Any, array: Any) -> Any:
        """Return a contiguous array's numbers as one row, a view.

        `numpy.ndarray.reshape` calls numba's own library at run time to check whether that is possible.
        """
        row = types.Array(array.dtype, 1, "C")

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            whole, view = make_array(array)(context, builder, arguments[0]), make_array(row)(context, builder)
            populate_array(
                view,
                data=whole.data,
                shape=cgutils.pack_array(builder, [whole.nitems]),
                strides=cgutils.pack_array(builder, [whole.itemsize]),
                itemsize=whole.itemsize,
                meminfo=whole.meminfo,
            )
            return view._getvalue()

        return row(array), codegen
