"""Machine code of the kernels for a level of processor, as C functions that need neither Python nor numba.

It runs in a process of its own for each vector width (see `koubai.engines.cpu.native.build`). A kernel is compiled with
an adaptor that reads its arguments from words (see `koubai.engines.cpu.native.packing`); the adaptors of all entries
for one precision form one module, so that shared code exists once.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from llvmlite import binding, ir
from numba import njit, types
from numba.core import cgutils
from numba.core.typing.typeof import typeof
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from koubai.engines.cpu.compilation import part_options
from koubai.engines.cpu.native.levels import Level, Platform
from koubai.engines.cpu.native.library import TABLE, VARIABLES, Function
from koubai.engines.cpu.native.packing import packed

lowered: Any = intrinsic  # which takes one argument less at its call
WORD = ir.IntType(64)


class _Words:
    """Reads words one by one, in generated code."""

    def __init__(self, context: Any, builder: Any, words: Any) -> None:
        self.context, self.builder, self.words, self.at = context, builder, words, 0

    def next(self, kind: Any = WORD) -> Any:
        """Return the next word, as a number of this type."""
        place = self.builder.gep(self.words, [ir.Constant(WORD, self.at)])
        self.at += 1
        return self.builder.load(self.builder.bitcast(place, kind.as_pointer()), align=1)

    def value(self, kind: Any) -> Any:
        """Return a value of this numba type from the words that it takes."""
        builder, context = self.builder, self.context
        if isinstance(kind, types.BaseTuple):
            parts: Any = kind
            return context.make_tuple(builder, kind, [self.value(part) for part in parts.types])
        if isinstance(kind, types.Array):
            return self.array(kind)
        if isinstance(kind, types.NoneType):
            return context.get_dummy_value()
        if isinstance(kind, types.Float):
            return context.cast(builder, self.next(ir.DoubleType()), types.float64, kind)
        if isinstance(kind, types.Boolean):
            return builder.icmp_signed("!=", self.next(), ir.Constant(WORD, 0))
        return context.cast(builder, self.next(), types.int64, kind)

    def array(self, kind: Any) -> Any:
        """Return a contiguous array owned by the caller."""
        builder, context = self.builder, self.context
        address, sizes = self.next(), [self.next() for _ in range(kind.ndim)]
        size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
        steps: list[Any] = []
        step = ir.Constant(WORD, size)
        for count in reversed(sizes):
            steps.insert(0, step)
            step = builder.mul(step, count)
        array = make_array(kind)(context, builder)
        populate_array(
            array,
            data=builder.inttoptr(address, array.data.type),
            shape=cgutils.pack_array(builder, sizes),
            strides=cgutils.pack_array(builder, steps),
            itemsize=ir.Constant(WORD, size),
            meminfo=None,
        )
        return array._getvalue()


def adaptor(entry: Any, kinds: tuple[Any, ...]) -> tuple[str, Any]:
    """Compile a kernel for arguments of these types, read from words; return its symbol and its module.

    The module is not optimised yet, and contains all parts.
    """
    given: Any = types.Tuple(kinds)

    @lowered
    def arguments(typing_context: Any, words: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            return _Words(context, builder, values[0]).value(signature.return_type)

        return given(words), codegen

    @lowered
    def as_real(typing_context: Any, value: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            if isinstance(value, types.NoneType):
                return ir.Constant(ir.DoubleType(), 0)
            return context.cast(builder, values[0], value, types.float64)

        return types.float64(value), codegen

    part = njit(**part_options(entry))(entry.py_func)

    def run(words: Any) -> Any:
        return as_real(part(*arguments(words)))

    compiled = njit(**part_options(entry))(run)
    signature = types.float64(types.CPointer(types.int64))
    compiled.compile(signature)
    (result,) = compiled.overloads.values()
    return result.fndesc.mangled_name, result.library._final_module


def types_of(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the numba types of a kernel's arguments; arrays are contiguous and borrowed."""
    return tuple(typeof(value) for value in arguments)


CALL = """
declare i32 @{target}(ptr, ptr, ptr)
define i32 @{symbol}(ptr %words, ptr %result) {{
  %value = alloca double
  %error = alloca ptr
  store ptr null, ptr %error
  %status = call i32 @{target}(ptr %value, ptr %error, ptr %words)
  %number = load double, ptr %value
  store double %number, ptr %result
  ret i32 %status
}}
"""
"""A C function around numba's own: arguments in words, a place for the result, 0 if all went well."""

GEMM = """
@koubai_sgemm = external global ptr
@koubai_dgemm = external global ptr
define i32 @numba_xxgemm(i8 %kind, i8 %ta, i8 %tb, i64 %m, i64 %n, i64 %k, ptr %alpha, ptr %a, i64 %lda,
                                  ptr %b, i64 %ldb, ptr %beta, ptr %c, i64 %ldc) {
  %sizes = alloca [6 x i32]
  %turns = alloca [2 x i8]
  %ta_at = getelementptr [2 x i8], ptr %turns, i64 0, i64 0
  %tb_at = getelementptr [2 x i8], ptr %turns, i64 0, i64 1
  store i8 %ta, ptr %ta_at
  store i8 %tb, ptr %tb_at
  %m_at = getelementptr [6 x i32], ptr %sizes, i64 0, i64 0
  %n_at = getelementptr [6 x i32], ptr %sizes, i64 0, i64 1
  %k_at = getelementptr [6 x i32], ptr %sizes, i64 0, i64 2
  %lda_at = getelementptr [6 x i32], ptr %sizes, i64 0, i64 3
  %ldb_at = getelementptr [6 x i32], ptr %sizes, i64 0, i64 4
  %ldc_at = getelementptr [6 x i32], ptr %sizes, i64 0, i64 5
  %m32 = trunc i64 %m to i32
  store i32 %m32, ptr %m_at
  %n32 = trunc i64 %n to i32
  store i32 %n32, ptr %n_at
  %k32 = trunc i64 %k to i32
  store i32 %k32, ptr %k_at
  %lda32 = trunc i64 %lda to i32
  store i32 %lda32, ptr %lda_at
  %ldb32 = trunc i64 %ldb to i32
  store i32 %ldb32, ptr %ldb_at
  %ldc32 = trunc i64 %ldc to i32
  store i32 %ldc32, ptr %ldc_at
  %single = icmp eq i8 %kind, 115
  %s = load ptr, ptr @koubai_sgemm
  %d = load ptr, ptr @koubai_dgemm
  %routine = select i1 %single, ptr %s, ptr %d
  call void %routine(ptr %ta_at, ptr %tb_at, ptr %m_at, ptr %n_at, ptr %k_at, ptr %alpha, ptr %a, ptr %lda_at,
                     ptr %b, ptr %ldb_at, ptr %beta, ptr %c, ptr %ldc_at)
  ret i32 0
}
"""
"""The function that kernels call for BLAS under numba's name, here through addresses that are set in the library."""


GIVE_WAY = """
declare i32 @SwitchToThread()
define i32 @sched_yield() {
  %ran = call i32 @SwitchToThread()
  ret i32 0
}
"""
"""A function that Linux and macOS have under this name, for Windows."""


def written(calls: Iterable[tuple[str, Any, tuple[Any, ...]]], ending: str) -> tuple[str, list[Function]]:
    """Return a module, not optimised, with a C function for each call of a kernel, and a list of these functions.

    Parameters
    ----------
    calls : iterable of (name, kernel, arguments)
        The kernels, with an example of each combination of argument types.
    ending : str
        Ending of the symbols' names.
    """
    whole: Any = None
    functions: list[Function] = []
    for name, entry, arguments in calls:
        key = packed(arguments)[0]
        if any((function.entry, function.key) == (name, key) for function in functions):
            continue
        target, module = adaptor(entry, types_of(arguments))
        symbol = f"koubai_{name}_{ending}_{len(functions)}"
        whole = module if whole is None else _joined(whole, module)
        whole.link_in(binding.parse_assembly(CALL.format(symbol=symbol, target=target)))
        functions.append(Function(symbol, name, key))
    return str(whole), functions


def _joined(whole: Any, module: Any) -> Any:
    """Link a module into another; functions of the same name in both are identical."""
    for function in whole.functions:
        if not function.is_declaration and function.name.startswith("_ZN"):
            function.linkage = "linkonce_odr"
    whole.link_in(module, preserve=True)
    return whole


def machine_code(level: Level, system: Platform, text: str, public: set[str]) -> bytes:
    """Return the object file of a module that exports nothing but these functions."""
    beside = [GEMM, GIVE_WAY] if system.name == "windows" else [GEMM]
    return object_code(text, target_machine(level, system), beside, public, lambda value: exported(value, system))


def object_code(
    text: str, machine: Any, beside: Iterable[str], public: set[str], show: Callable[[Any], None] = lambda value: None
) -> bytes:
    """Return the object file of a module for a machine, linked with the further modules it needs.

    It exports nothing but the public functions; ``show`` marks each of them.
    """
    text = re.sub(r"^(@\S+ = )common ((?:local_unnamed_addr )?global)", r"\1internal \2", text, flags=re.M)
    text = re.sub(r'"target-(?:cpu|features)"="[^"]*"', "", text)  # those of the building machine
    lines = (line for line in text.splitlines() if not line.startswith("target "))
    module = binding.parse_assembly("\n".join(lines))
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    for other in beside:
        module.link_in(binding.parse_assembly(other))
    for function in module.functions:
        if function.name in public:
            show(function)
        elif not function.is_declaration:
            function.linkage = binding.Linkage.private
    options = binding.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization, options.slp_vectorization = True, False  # as numba sets them
    passes = binding.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)
    module.verify()
    return bytes(machine.emit_object(module))


def exported(value: Any, system: Platform) -> None:
    """Mark a function or variable as exported, which only Windows requires."""
    if system.name == "windows":
        value.storage_class = binding.StorageClass.dllexport


def target_machine(level: Level, system: Platform) -> Any:
    """Return LLVM's target machine for a level and system, which need not be this machine's."""
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    architecture = "arm64" if (level.machine, system.name) == ("aarch64", "macos") else level.machine
    target = binding.Target.from_triple(f"{architecture}-{system.triple}")
    return target.create_target_machine(cpu=level.plainest, features="", opt=3, reloc="pic", codemodel="default")


def common_object(level: Level, system: Platform, text: str) -> bytes:
    """Return an object file with what a library holds once: its description, and variables for BLAS's addresses."""
    machine, content = target_machine(level, system), text.encode() + b"\0"
    escaped = "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:02X}" for byte in content)
    lines = [f'@{TABLE} = constant [{len(content)} x i8] c"{escaped}"']
    lines += [f"@{name} = global ptr null" for name in VARIABLES.values()]
    module = binding.parse_assembly("\n".join(lines))
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    for variable in module.global_variables:
        exported(variable, system)
    return bytes(machine.emit_object(module))
