"""Vector registers, for loops that LLVM does not vectorise: instructions on all lanes of a register at once.

numba compiles loops over numbers and leaves vectorisation to LLVM. The few loops that matter most are written as LLVM
vector instructions, built from these helpers (see `koubai.engines.cpu.kernels.tiles`).
"""

import os
from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils
from numba.np.arrayobj import make_array

from koubai.engines.cpu.native import levels

Value = Any


def target_vector_bytes() -> int:
    """Return the size in bytes of a vector register of the target: as a build sets it, or this processor's."""
    if levels.VECTOR_BYTES in os.environ:
        return int(os.environ[levels.VECTOR_BYTES])
    features = binding.get_host_cpu_features()
    return 64 if features.get("avx512f") else 32 if features.get("avx2") else 16


VECTOR_BYTES = target_vector_bytes()
"""Size in bytes of a vector register of the target."""
INT32 = ir.IntType(32)


class Lanes:
    """Instructions on vectors of one dtype; in a row of vectors ``n_columns`` lanes count, by default all."""

    def __init__(
        self, context: Any, builder: Any, dtype: Any, n_vectors: int = 1, n_columns: Value | None = None
    ) -> None:
        self.builder, self.number = builder, context.get_value_type(dtype)
        self.bytes, self.n = dtype.bitwidth // 8, self.count(dtype)
        self.vector = ir.VectorType(self.number, self.n)
        self.integers = ir.VectorType(INT32, self.n)
        self.suffix = f"v{self.n}f{dtype.bitwidth}"
        self.last = n_vectors - 1
        if n_columns is not None:
            places = ir.Constant(self.integers, [self.last * self.n + lane for lane in range(self.n)])
            counts = self.spread(builder.trunc(n_columns, INT32), self.integers)
            self.mask = builder.icmp_signed("<", places, counts)

    @staticmethod
    def count(dtype: Any) -> int:
        """Return the number of values of this type in a vector register."""
        return int(VECTOR_BYTES * 8 // dtype.bitwidth)

    def spread(self, value: Value, vector: Any = None) -> Value:
        """Return a vector with this number in every lane."""
        vector = vector or self.vector
        one = self.builder.insert_element(ir.Constant(vector, None), value, ir.Constant(INT32, 0))
        return self.builder.shuffle_vector(one, ir.Constant(vector, None), ir.Constant(self.integers, [0] * self.n))

    def multiply_add(self, a: Value, b: Value, c: Value) -> Value:
        """Return a b + c, lane by lane, rounded once where the processor can."""
        return self._call("llvm.fmuladd", "", self.vector, (a, b, c))

    def load(self, at: Value, index: int, whole: bool) -> Value:
        """Return vector number ``index`` after an address; unless ``whole``, only lanes that count."""
        address = self._address(at, index)
        if whole or index < self.last:
            return self.builder.load(address, align=self.bytes)
        arguments = (address, ir.Constant(INT32, self.bytes), self.mask, ir.Constant(self.vector, None))
        return self._call("llvm.masked.load", ".p0", self.vector, arguments)

    def store(self, value: Value, at: Value, index: int, whole: bool) -> None:
        """Write vector number ``index`` after an address, as `load` reads it."""
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


def addresses(builder: Any, base: Value, stride: Value, n_rows: Value, tall: int) -> list[Value]:
    """Return the start of each of ``tall`` rows; out-of-range rows harmlessly alias the last row."""
    size = n_rows.type
    last = builder.sub(n_rows, ir.Constant(size, 1))
    found = []
    for row in range(tall):
        place = ir.Constant(size, row)
        there = builder.select(builder.icmp_signed("<", place, n_rows), place, last)
        found.append(builder.gep(base, [builder.mul(there, stride)]))
    return found


def address(context: Any, builder: Any, kind: Any, array: Value, place: Value) -> Value:
    """Return the address of element ``place`` of an array."""
    return builder.gep(make_array(kind)(context, builder, array).data, [place])


def repeated(builder: Any, count: Value, begin: list[Value], step: Callable[[list[Value]], list[Value]]) -> list[Value]:
    """Emit a loop of ``count`` >= 1 rounds that carries values from round to round; return the last ones.

    ``step`` computes a round's values from the previous ones, ``begin`` in the first; it must stay within one block.
    """
    before, loop, after = builder.block, builder.append_basic_block("round"), builder.append_basic_block("done")
    builder.branch(loop)
    builder.position_at_end(loop)
    left, *running = [builder.phi(value.type) for value in (count, *begin)]
    new = step(running)
    rest = builder.sub(left, ir.Constant(count.type, 1))
    for phi, first, incoming in zip((left, *running), (count, *begin), (rest, *new), strict=True):
        phi.add_incoming(first, before)
        phi.add_incoming(incoming, loop)
    builder.cbranch(builder.icmp_signed(">", rest, ir.Constant(count.type, 0)), loop, after)
    builder.position_at_end(after)
    return new


def for_each_case(builder: Any, condition: Value, yes: Callable[[], None], no: Callable[[], None]) -> None:
    """Emit an if-else on the condition."""
    with builder.if_else(condition) as (then, otherwise):
        with then:
            yes()
        with otherwise:
            no()


def either(builder: Any, condition: Value, yes: Callable[[], Any], no: Callable[[], Any]) -> list[list[Value]]:
    """Return rows of values: those of ``yes`` if the condition holds, else those of ``no``."""
    with builder.if_else(condition) as (then, otherwise):
        with then:
            first, first_block = yes(), builder.block
        with otherwise:
            second, second_block = no(), builder.block
    rows = []
    for one, other in zip(first, second, strict=True):
        row = []
        for value, alternative in zip(one, other, strict=True):
            phi = builder.phi(value.type)
            phi.add_incoming(value, first_block)
            phi.add_incoming(alternative, second_block)
            row.append(phi)
        rows.append(row)
    return rows


def transposed(lanes: Lanes, rows: list[Value]) -> list[Value]:
    """Return the columns of a square block: in each round, rows ``half`` apart exchange quarters of blocks."""
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
