"""A tile of a matrix product in the processor's vector registers, written as LLVM vector instructions.

numba compiles loops over numbers and leaves vectorisation to LLVM, which fails for the one loop that matters most: a
block of the product that stays in registers while the loop runs along the depth (Goto and van de Geijn 2008, "Anatomy
of high-performance matrix multiplication", section 6). So that loop is written out here.
"""

from functools import partial
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from koubai.engines.cpu.kernels.lanes import (
    VECTOR_BYTES,
    Lanes,
    Value,
    address,
    addresses,
    either,
    for_each_case,
    repeated,
)
from koubai.engines.cpu.kernels.sizes import FEWEST_TALL, LONGEST_VECTOR, MOST_TALL

TALL = MOST_TALL if VECTOR_BYTES == LONGEST_VECTOR else FEWEST_TALL
"""Rows of a tall tile: with two vectors per row, its sums fill most registers and leave a few for the factors."""
SHORT = TALL * 2 // 3
"""Rows of a short tile: enough sums to keep the processor busy. Six and four rows make up any even number of rows."""


def _sum_of_products(
    lanes: Lanes,
    rows: list[Value],
    step: Value,
    b: Value,
    b_step: Value,
    depth: Value,
    begin: list[list[Value]],
) -> list[list[Value]]:
    """Emit the loop over the depth; return the sums of each row.

    ``rows`` are the addresses of each row's first factor, ``step`` the distance to the next; ``begin`` holds the
    initial sums of each row.
    """
    builder, n_rows, n_vectors = lanes.builder, len(rows), lanes.last + 1

    def step_down(running: list[Value]) -> list[Value]:
        at_b, at_a, sums = running[0], running[1 : 1 + n_rows], iter(running[1 + n_rows :])
        factors = [lanes.load(at_b, index, True) for index in range(n_vectors)]
        added = []
        for at in at_a:
            a = lanes.spread(builder.load(at, align=lanes.bytes))
            added += [lanes.multiply_add(a, factor, next(sums)) for factor in factors]
        return [builder.gep(at_b, [b_step]), *(builder.gep(at, [step]) for at in at_a), *added]

    first = [b, *rows, *(value for row in begin for value in row)]
    sums = repeated(builder, depth, first, step_down)[1 + n_rows :]
    return [sums[i : i + n_vectors] for i in range(0, len(sums), n_vectors)]


NAMES = (
    *("a", "a_at", "a_row", "a_step", "b", "b_at", "b_step", "depth", "first", "first_at", "first_row", "from_zero"),
    *("out", "out_at", "out_row", "n_rows", "n_columns", "n_open"),
)
"""Arguments of `tile`."""


@intrinsic
def tile(
    typing_context: Any,
    a: Any,
    a_at: Any,
    a_row: Any,
    a_step: Any,
    b: Any,
    b_at: Any,
    b_step: Any,
    depth: Any,
    first: Any,
    first_at: Any,
    first_row: Any,
    from_zero: Any,
    out: Any,
    out_at: Any,
    out_row: Any,
    n_rows: Any,
    n_columns: Any,
    n_open: Any,
) -> Any:
    """Set a tile of out = first + a b: at most `TALL` rows and two vectors a row.

    Each matrix is given as an array, the place in it where the tile's part begins, and the distance between rows, both
    counted in numbers; ``a_step`` and ``b_step`` are the distances between terms of the sums. With ``from_zero``,
    ``first`` is not read. ``depth`` must be at least 1. Rows of b are read, and the first ``n_open`` rows of ``out``
    are written, as whole vectors, beyond the last column: reading and writing single lanes takes much longer.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        given = dict(zip(NAMES, arguments, strict=True))
        size, begins = given["depth"].type, {}
        for name, kind in zip(NAMES, signature.args, strict=True):
            if f"{name}_at" in given:
                begins[name] = address(context, builder, kind, given[name], given[f"{name}_at"])

        def write(tall: int, n_vectors: int) -> None:
            lanes = Lanes(context, builder, a.dtype, n_vectors, given["n_columns"])
            _write_tile(lanes, given, begins, tall, n_vectors)

        is_tall = builder.icmp_signed(">", given["n_rows"], ir.Constant(size, SHORT))
        is_wide = builder.icmp_signed(">", given["n_columns"], ir.Constant(size, Lanes.count(a.dtype)))
        for_each_case(
            builder,
            is_wide,
            lambda: for_each_case(builder, is_tall, lambda: write(TALL, 2), lambda: write(SHORT, 2)),
            lambda: for_each_case(builder, is_tall, lambda: write(TALL, 1), lambda: write(SHORT, 1)),
        )
        return context.get_dummy_value()

    size = types.intp
    matrix_a, matrix_b = (a, size, size, size), (b, size, size, size)
    return types.none(*matrix_a, *matrix_b, first, size, size, types.boolean, out, *[size] * 5), codegen


def _write_tile(lanes: Lanes, given: dict[str, Value], begins: dict[str, Value], tall: int, n_vectors: int) -> None:
    """Emit the code of a tile with at most ``tall`` rows of ``n_vectors`` vectors each."""
    builder = lanes.builder

    def rows_of(name: str) -> list[Value]:
        return addresses(builder, begins[name], given[f"{name}_row"], given["n_rows"], tall)

    a_rows, out_rows, first_rows = rows_of("a"), rows_of("out"), rows_of("first")
    full = ir.Constant(given["n_columns"].type, n_vectors * lanes.n)
    is_full = builder.icmp_signed(">=", given["n_columns"], full)
    zero = ir.Constant(lanes.vector, None)

    def loaded(whole: bool) -> list[list[Value]]:
        return [[lanes.load(row, index, whole) for index in range(n_vectors)] for row in first_rows]

    def stored(row: Value, values: list[Value], whole: bool) -> None:
        for index, value in enumerate(values):
            lanes.store(value, row, index, whole)

    begin = either(
        builder,
        given["from_zero"],
        lambda: [[zero] * n_vectors for _ in range(tall)],
        lambda: either(builder, is_full, lambda: loaded(True), lambda: loaded(False)),
    )
    sums = _sum_of_products(lanes, a_rows, given["a_step"], begins["b"], given["b_step"], given["depth"], begin)

    def store_some_open() -> None:
        for place, (row, values) in enumerate(zip(out_rows, sums, strict=True)):
            is_open = builder.icmp_signed("<", ir.Constant(full.type, place), given["n_open"])
            for_each_case(builder, is_open, partial(stored, row, values, True), partial(stored, row, values, False))

    def store_all() -> None:
        for row, values in zip(out_rows, sums, strict=True):
            stored(row, values, True)

    for_each_case(builder, is_full, store_all, store_some_open)


@intrinsic
def column_sums(
    typing_context: Any, a: Any, a_at: Any, a_row: Any, n_rows: Any, out: Any, out_at: Any, n_columns: Any, add: Any
) -> Any:
    """Set (or add to) out[k] = Σ_r a[r, k] over n_rows >= 1 rows, for at most two vectors of columns.

    Rows are read as whole vectors, beyond the last column.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        matrix, place, stride, count, result, out_place, columns, is_added = arguments
        begin = address(context, builder, a, matrix, place)
        target = address(context, builder, out, result, out_place)

        def write(n_vectors: int) -> None:
            lanes = Lanes(context, builder, a.dtype, n_vectors, columns)
            _write_column_sums(lanes, n_vectors, begin, stride, count, target, is_added)

        is_wide = builder.icmp_signed(">", columns, ir.Constant(columns.type, Lanes.count(a.dtype)))
        for_each_case(builder, is_wide, lambda: write(2), lambda: write(1))
        return context.get_dummy_value()

    size = types.intp
    return types.none(a, size, size, size, out, size, size, types.boolean), codegen


def _write_column_sums(
    lanes: Lanes, n_vectors: int, begin: Value, stride: Value, n_rows: Value, target: Value, add: Value
) -> None:
    """Emit the loop over the rows."""
    builder, zero = lanes.builder, ir.Constant(lanes.vector, None)
    firsts = either(
        builder,
        add,
        lambda: [[lanes.load(target, index, False) for index in range(n_vectors)]],
        lambda: [[zero] * n_vectors],
    )[0]

    def step_down(running: list[Value]) -> list[Value]:
        at, *sums = running
        more = [builder.fadd(value, lanes.load(at, index, True)) for index, value in enumerate(sums)]
        return [builder.gep(at, [stride]), *more]

    for index, value in enumerate(repeated(builder, n_rows, [begin, *firsts], step_down)[1:]):
        lanes.store(value, target, index, False)
