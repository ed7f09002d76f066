"""The primitives of the kernels: a float's bits, atomic counters, BLAS products, and a barrier between threads."""

import os
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from koubai.engines.cpu.compilation import kernel

CAN_YIELD = hasattr(os, "sched_yield")
give_way = types.ExternalFunction("sched_yield", types.int32())
SPINS_BEFORE_YIELD = 1000


@intrinsic
def float_of_bits(typing_context: Any, bits: Any) -> Any:
    """Return the float64 (float32) whose bits are this int64 (int32)."""
    result = types.float64 if bits == types.int64 else types.float32

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    return result(bits), codegen


@intrinsic
def bits_of_float(typing_context: Any, number: Any) -> Any:
    """Return the bits of a float64 (float32) as int64 (int32)."""
    result = types.int64 if number == types.float64 else types.int32

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    return result(number), codegen


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    return builder.gep(make_array(array_type)(context, builder, array).data, [index])


@intrinsic
def atomic_add(typing_context: Any, array: Any, index: Any, amount: Any) -> Any:
    """Add to an element of an int64 array in one indivisible step; return its previous value."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = _address(context, builder, signature.args[0], arguments[0], arguments[1])
        return builder.atomic_rmw("add", address, arguments[2], "seq_cst")

    return types.int64(array, types.intp, types.int64), codegen


@intrinsic
def atomic_load(typing_context: Any, array: Any, index: Any) -> Any:
    """Return an element of an int64 array as other threads left it."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = _address(context, builder, signature.args[0], arguments[0], arguments[1])
        return builder.load_atomic(address, "seq_cst", 8)

    return types.int64(array, types.intp), codegen


@intrinsic
def gemm(
    typing_context: Any,
    a: Any,
    a_turned: Any,
    a_row: Any,
    b: Any,
    b_turned: Any,
    b_row: Any,
    out: Any,
    n: Any,
    depth: Any,
    m: Any,
    add: Any,
    scale: Any,
) -> Any:
    """Set (or add to) out = scale a b, by BLAS: out (n, m), a (n, depth), b (depth, m), flat arrays of one dtype.

    If a matrix is ``turned``, its transpose is given; ``a_row`` and ``b_row`` are the distances between the given rows,
    in numbers. `numpy.dot` calls the same routine, but counts references and cannot add. BLAS stores matrices by
    columns, numpy by rows, so it is asked for outᵀ = bᵀ aᵀ.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        letter, pointer, size = ir.IntType(8), ir.IntType(8).as_pointer(), context.get_value_type(types.intp)
        number = context.get_value_type(out.dtype)
        dimensions = [size] * 3
        factors = [pointer, pointer, size, pointer, size]
        kind = ir.FunctionType(ir.IntType(32), [letter] * 3 + dimensions + factors + [pointer, pointer, size])
        routine = cgutils.get_or_insert_function(builder.module, kind, "numba_xxgemm")

        def address(index: int) -> Any:
            data = make_array(signature.args[index])(context, builder, arguments[index]).data
            return builder.bitcast(data, pointer)

        def transposed(index: int) -> Any:
            return builder.select(arguments[index], letter(ord("t")), letter(ord("n")))

        def slot(value: Any) -> Any:
            return builder.bitcast(cgutils.alloca_once_value(builder, value), pointer)

        a_row, b_row, rows, inner, columns = (arguments[index] for index in (2, 5, 7, 8, 9))
        beta = builder.select(arguments[10], number(1.0), number(0.0))
        precision = letter(ord("s" if out.dtype == types.float32 else "d"))
        how = (precision, transposed(4), transposed(1), columns, rows, inner, slot(arguments[11]))
        builder.call(routine, (*how, address(3), b_row, address(0), a_row, slot(beta), address(6), columns))
        return context.get_dummy_value()

    size, flag = types.intp, types.boolean
    return types.none(a, flag, size, b, flag, size, out, size, size, size, flag, out.dtype), codegen


@kernel
def barrier(arrivals, team):
    """Wait until all ``team`` threads have arrived as often as this one; ``arrivals`` (1,) starts at 0.

    No thread can arrive again before all have, so a thread's own arrival tells which round it is in. Threads spin,
    since the wait is usually shorter than a system call, and yield once it gets longer.
    """
    if team == 1:
        return
    complete = (atomic_add(arrivals, 0, 1) // team + 1) * team
    spins = 0
    while atomic_load(arrivals, 0) < complete:
        spins += 1
        if CAN_YIELD and spins > SPINS_BEFORE_YIELD:
            give_way()


@intrinsic
def keep_apart(typing_context: Any) -> Any:
    """Prevent the calling function from being inlined: a large one would be compiled many times."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.none(), codegen
