"""A tile of a matrix product in the processor's vector registers, written as LLVM's vector instructions.

numba compiles loops over numbers and leaves it to LLVM to make vectors of them, which it cannot do for the one loop
that matters most: a block of the product that stays in registers while the depth runs by (Goto and van de Geijn 2008,
"Anatomy of high-performance matrix multiplication", section 6). So that loop is written out here.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

Value = Any

FEATURES = binding.get_host_cpu_features()
VECTOR_BYTES = 64 if FEATURES.get("avx512f") else 32 if FEATURES.get("avx2") else 16
"""Bytes of a vector register of this processor."""
TALL = 12 if FEATURES.get("avx512f") else 6
"""Rows of a tile: with two vectors a row, its sums fill most of the registers and leave some for the factors."""
INT32 = ir.IntType(32)


class Lanes:
    """Instructions on vectors of one dtype; ``n_columns`` is how many lanes of a row of vectors count."""

    def __init__(self, context: Any, builder: Any, dtype: Any, n_vectors: int, n_columns: Value) -> None:
        self.builder, self.number = builder, context.get_value_type(dtype)
        self.bytes, self.n = dtype.bitwidth // 8, VECTOR_BYTES * 8 // dtype.bitwidth
        self.vector = ir.VectorType(self.number, self.n)
        self.integers = ir.VectorType(INT32, self.n)
        self.suffix = f"v{self.n}f{dtype.bitwidth}"
        self.last = n_vectors - 1
        places = ir.Constant(self.integers, [self.last * self.n + lane for lane in range(self.n)])
        self.mask = builder.icmp_signed("<", places, self.spread(builder.trunc(n_columns, INT32), self.integers))

    def spread(self, value: Value, vector: Any = None) -> Value:
        """Return a vector with this number in every lane."""
        vector = vector or self.vector
        one = self.builder.insert_element(ir.Constant(vector, None), value, ir.Constant(INT32, 0))
        return self.builder.shuffle_vector(one, ir.Constant(vector, None), ir.Constant(self.integers, [0] * self.n))

    def multiply_add(self, a: Value, b: Value, c: Value) -> Value:
        """Return a b + c, lane by lane, rounded once where the processor can."""
        return self._call("llvm.fmuladd", "", self.vector, (a, b, c))

    def load(self, at: Value, index: int, whole: bool) -> Value:
        """Return vector ``index`` from an address on; of the last one, if not ``whole``, the lanes that count."""
        address = self._address(at, index)
        if whole or index < self.last:
            return self.builder.load(address, align=self.bytes)
        arguments = (address, ir.Constant(INT32, self.bytes), self.mask, ir.Constant(self.vector, None))
        return self._call("llvm.masked.load", ".p0", self.vector, arguments)

    def store(self, value: Value, at: Value, index: int, whole: bool) -> None:
        """Write vector ``index`` from an address on, as `load` reads it."""
        address = self._address(at, index)
        if whole or index < self.last:
            self.builder.store(value, address, align=self.bytes)
        else:
            arguments = (value, address, ir.Constant(INT32, self.bytes), self.mask)
            self._call("llvm.masked.store", ".p0", ir.VoidType(), arguments)

    def _address(self, at: Value, index: int) -> Value:
        lane = self.builder.gep(at, [ir.Constant(ir.IntType(64), index * self.n)])
        return self.builder.bitcast(lane, self.vector.as_pointer())

    def _call(self, name: str, ending: str, returns: Any, arguments: tuple[Value, ...]) -> Value:
        kind = ir.FunctionType(returns, [argument.type for argument in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, kind, f"{name}.{self.suffix}{ending}")
        return self.builder.call(function, arguments)


def _sum_of_products(
    lanes: Lanes,
    rows: list[Value],
    step: Value,
    b: Value,
    b_step: Value,
    depth: Value,
    begin: list[list[Value]],
    whole: bool,
) -> list[list[Value]]:
    """Write the loop over the depth; return the sums of each row.

    ``rows`` are the addresses of each row's first factor, ``step`` from there to the next; ``begin`` holds the sums
    that each row begins with.
    """
    builder, size = lanes.builder, depth.type
    before, loop = builder.block, builder.append_basic_block("depth")
    builder.branch(loop)
    builder.position_at_end(loop)

    def running(first: Value) -> Value:
        value = builder.phi(first.type)
        value.add_incoming(first, before)
        return value

    left, at_b, at_a = running(depth), running(b), [running(row) for row in rows]
    sums = [[running(first) for first in row] for row in begin]
    factors = [lanes.load(at_b, index, whole) for index in range(lanes.last + 1)]
    added = []
    for at, row in zip(at_a, sums, strict=True):
        a = lanes.spread(builder.load(at, align=lanes.bytes))
        added.append([lanes.multiply_add(a, factor, value) for factor, value in zip(factors, row, strict=True)])
    rest = builder.sub(left, ir.Constant(size, 1))
    after = builder.append_basic_block("summed")
    left.add_incoming(rest, loop)
    at_b.add_incoming(builder.gep(at_b, [b_step]), loop)
    for at in at_a:
        at.add_incoming(builder.gep(at, [step]), loop)
    for row, new in zip(sums, added, strict=True):
        for value, incoming in zip(row, new, strict=True):
            value.add_incoming(incoming, loop)
    builder.cbranch(builder.icmp_signed(">", rest, ir.Constant(size, 0)), loop, after)
    builder.position_at_end(after)
    return added


def _addresses(builder: Any, base: Value, stride: Value, n_rows: Value, tall: int) -> list[Value]:
    """Return where each row of a tile begins; rows that there are not stand for the last one, which does no harm."""
    size = n_rows.type
    last = builder.sub(n_rows, ir.Constant(size, 1))
    found = []
    for row in range(tall):
        place = ir.Constant(size, row)
        there = builder.select(builder.icmp_signed("<", place, n_rows), place, last)
        found.append(builder.gep(base, [builder.mul(there, stride)]))
    return found


NAMES = (
    *("a", "a_at", "a_row", "a_step", "b", "b_at", "b_step", "depth", "first", "first_at", "first_row", "from_zero"),
    *("out", "out_at", "out_row", "n_rows", "n_columns", "wide"),
)
"""What `tile` is given."""


@intrinsic(prefer_literal=True)
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
    wide: Any,
) -> Any:
    """Set a tile of out = first + a b: at most `TALL` rows, at most ``wide`` vectors a row (``wide`` is a literal).

    Each matrix is an array, the place in it (counted in numbers) where the tile's part begins, and how many numbers
    lie between one row and the next; ``a_step`` and ``b_step`` lie between one term of the sums and the next. With
    ``from_zero`` ``first`` is not read. ``depth`` must be at least 1.
    """
    n_vectors = wide.literal_value

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        given = dict(zip(NAMES, arguments, strict=True))
        kinds = dict(zip(NAMES, signature.args, strict=True))
        lanes = Lanes(context, builder, a.dtype, n_vectors, given["n_columns"])

        def address(name: str) -> Value:
            data = make_array(kinds[name])(context, builder, given[name]).data
            return builder.gep(data, [given[f"{name}_at"]])

        def rows_of(name: str) -> list[Value]:
            return _addresses(builder, address(name), given[f"{name}_row"], given["n_rows"], TALL)

        a_rows, out_rows, first_rows, b_from = rows_of("a"), rows_of("out"), rows_of("first"), address("b")
        zero = ir.Constant(lanes.vector, None)

        def write(whole: bool) -> None:
            begin = _either(
                builder,
                given["from_zero"],
                lambda: [[zero] * n_vectors for _ in range(TALL)],
                lambda: [[lanes.load(row, index, whole) for index in range(n_vectors)] for row in first_rows],
            )
            sums = _sum_of_products(
                lanes, a_rows, given["a_step"], b_from, given["b_step"], given["depth"], begin, whole
            )
            for row, values in zip(out_rows, sums, strict=True):
                for index, value in enumerate(values):
                    lanes.store(value, row, index, whole)

        full = ir.Constant(given["n_columns"].type, n_vectors * lanes.n)
        with builder.if_else(builder.icmp_signed(">=", given["n_columns"], full)) as (then, otherwise):
            with then:
                write(True)
            with otherwise:
                write(False)
        return context.get_dummy_value()

    size = types.intp
    matrix_a, matrix_b = (a, size, size, size), (b, size, size, size)
    begins, ends = (first, size, size, types.boolean), (out, size, size, size, size, wide)
    return types.none(*matrix_a, *matrix_b, *begins, *ends), codegen


def _either(builder: Any, condition: Value, yes: Callable[[], Any], no: Callable[[], Any]) -> list[list[Value]]:
    """Return rows of values that come from ``yes`` if the condition holds, else from ``no``."""
    with builder.if_else(condition) as (then, otherwise):
        with then:
            first, first_block = yes(), builder.block
        with otherwise:
            second, second_block = no(), builder.block
    merged = []
    for one, other in zip(first, second, strict=True):
        row = []
        for value, alternative in zip(one, other, strict=True):
            phi = builder.phi(value.type)
            phi.add_incoming(value, first_block)
            phi.add_incoming(alternative, second_block)
            row.append(phi)
        merged.append(row)
    return merged


@intrinsic
def turn_block(typing_context: Any, a: Any, a_at: Any, a_row: Any, out: Any, out_at: Any, out_row: Any) -> Any:
    """Write the transpose of a square block, as many rows as a vector has lanes, from one place to another."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, a_place, a_stride, target, out_place, out_stride = arguments
        size = a_place.type
        lanes = Lanes(context, builder, a.dtype, 1, ir.Constant(size, VECTOR_BYTES * 8 // a.dtype.bitwidth))
        n = ir.Constant(size, lanes.n)

        def rows_of(kind: Any, array: Value, place: Value, stride: Value) -> list[Value]:
            data = builder.gep(make_array(kind)(context, builder, array).data, [place])
            return _addresses(builder, data, stride, n, lanes.n)

        rows = [lanes.load(row, 0, True) for row in rows_of(a, source, a_place, a_stride)]
        for row, at in zip(_transposed(lanes, rows), rows_of(out, target, out_place, out_stride), strict=True):
            lanes.store(row, at, 0, True)
        return context.get_dummy_value()

    size = types.intp
    return types.none(a, size, size, out, size, size), codegen


def _transposed(lanes: Lanes, rows: list[Value]) -> list[Value]:
    """Return the columns of a square block: in each round, rows that lie ``half`` apart exchange quarters of blocks."""
    n = lanes.n
    half = n // 2
    while half:
        new = list(rows)
        for i in range(n):
            if i & half:
                continue
            low, high = rows[i], rows[i + half]
            upper = [lane if not lane & half else n + lane - half for lane in range(n)]
            lower = [lane + half if not lane & half else n + lane for lane in range(n)]
            new[i] = lanes.builder.shuffle_vector(low, high, ir.Constant(lanes.integers, upper))
            new[i + half] = lanes.builder.shuffle_vector(low, high, ir.Constant(lanes.integers, lower))
        rows = new
        half //= 2
    return rows
