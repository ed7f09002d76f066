"""Arrays that kernels only borrow, without counting references.

numba counts references to every array that is passed on, sliced or taken out of a record, with an atomic
instruction each time; around a row of fifty features that takes longer than the arithmetic.
"""

from typing import Any

from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array


@intrinsic
def borrowed(typing_context: Any, array: Any) -> Any:
    """Return the same array without an owner: good while someone else, such as the caller in Python, holds it.

    None stays None.
    """

    def without_owner(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if isinstance(array, types.NoneType):
            return arguments[0]
        view = make_array(array)(context, builder, value=arguments[0])
        view.meminfo = cgutils.get_null_value(view.meminfo.type)
        return view._getvalue()

    return array(array), without_owner
