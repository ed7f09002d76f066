"""Copying numbers one vector at a time, written as LLVM vector instructions.

LLVM turns a plain loop over a row into a call of `memcpy`, which takes longer than copying a few dozen numbers.
"""

from functools import partial
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from koubai.engines.cpu.kernels.lanes import Lanes, Value, address, addresses, for_each_case, transposed


@intrinsic
def copy_row(typing_context: Any, a: Any, a_at: Any, out: Any, out_at: Any, n: Any, is_open: Any) -> Any:
    """Copy n numbers from one place to another; if the end ``is_open``, a few numbers after them may be overwritten."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, place, target, out_place, count, open_end = arguments
        lanes_of_all = ir.Constant(count.type, Lanes.count(a.dtype))
        rest = builder.urem(count, lanes_of_all)
        whole, nothing = builder.sub(count, rest), ir.Constant(count.type, 0)
        lanes = Lanes(context, builder, a.dtype, 1, rest)
        here = address(context, builder, a, source, place)
        there = address(context, builder, out, target, out_place)
        with cgutils.for_range_slice(builder, nothing, whole, lanes_of_all) as (at, _):
            lanes.store(lanes.load(builder.gep(here, [at]), 0, True), builder.gep(there, [at]), 0, True)
        with builder.if_then(builder.icmp_signed(">", rest, nothing)):
            last, end = lanes.load(builder.gep(here, [whole]), 0, False), builder.gep(there, [whole])
            store = partial(lanes.store, last, end, 0)
            for_each_case(builder, open_end, partial(store, True), partial(store, False))
        return context.get_dummy_value()

    size = types.intp
    return types.none(a, size, out, size, size, types.boolean), codegen


@intrinsic
def turn_block(typing_context: Any, a: Any, a_at: Any, a_row: Any, out: Any, out_at: Any, out_row: Any) -> Any:
    """Copy a square block transposed from one place to another; it has as many rows as a vector has lanes."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, a_place, a_stride, target, out_place, out_stride = arguments
        size = a_place.type
        lanes = Lanes(context, builder, a.dtype)
        n = ir.Constant(size, lanes.n)

        def rows_of(kind: Any, array: Value, place: Value, stride: Value) -> list[Value]:
            return addresses(builder, address(context, builder, kind, array, place), stride, n, lanes.n)

        rows = [lanes.load(row, 0, True) for row in rows_of(a, source, a_place, a_stride)]
        for row, at in zip(transposed(lanes, rows), rows_of(out, target, out_place, out_stride), strict=True):
            lanes.store(row, at, 0, True)
        return context.get_dummy_value()

    size = types.intp
    return types.none(a, size, size, out, size, size), codegen
