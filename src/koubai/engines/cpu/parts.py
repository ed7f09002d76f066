"""Faster compilation of functions that exist only as parts of others, and of the functions that contain them.

numba optimises every function and generates machine code for it before compiling its callers, which then include it
again: a kernel five calls deep is compiled five times. A part is kept as LLVM intermediate representation until the
function called from Python is compiled once with all its parts.
"""

from typing import Any

from llvmlite.binding import Linkage
from numba._dynfunc import make_function
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder, _LowerResult
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering


class PartLibrary(JITCodeLibrary):
    """The code of a part: linked to the parts it calls, but neither optimised nor turned into machine code."""

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


class EntryLibrary(JITCodeLibrary):
    """The code of a function called from Python with all its parts, which nothing else calls.

    So LLVM may change their arguments and drop those it has inlined: numba passes seven numbers per array, most of
    which are never used. Other code must not find them; private functions have no symbol to link to.
    """

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == Linkage.linkonce_odr:
                function.linkage = Linkage.private
        passes, builder = self._codegen._module_pass_manager()  # once: numba's first run is for counted references
        passes.run(self._final_module, builder)


@register_pass(mutates_CFG=True, analysis_only=False)
class EntryLowering(NativeLowering):
    """Lowers a function that Python calls into an `EntryLibrary`."""

    _name = "entry_lowering"

    def run_pass(self, state: Any) -> bool:
        """Do the same as numba's own pass."""
        state.library = EntryLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return bool(super().run_pass(state))


@register_pass(mutates_CFG=True, analysis_only=False)
class PartLowering(NativeLowering):
    """Lowers a part into a `PartLibrary`."""

    _name = "part_lowering"

    def run_pass(self, state: Any) -> bool:
        """Do the same as numba's own pass, without creating an address for calls from Python."""
        codegen = state.targetctx.codegen()
        state.library = PartLibrary(codegen, state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        state.flags.no_compile = False
        state.library.finalize()
        description, helper, _, environment = state["cr"]
        name = description.qualname.rpartition(".")[2]
        function = make_function(description.lookup_module(), name, "", 0, environment, (state.library,))
        state.targetctx.insert_user_function(function, description, [state.library])
        state.reload_init.extend(state.library._reload_init)
        state["cr"] = _LowerResult(description, helper, cfunc=function, env=environment)
        return True


class _Compiler(CompilerBase):
    """numba's pipeline with its last step replaced."""

    lowering: type[NativeLowering]

    def define_pipelines(self) -> list[Any]:
        """Return the one pipeline."""
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
        pipeline.passes = [(self.lowering if step is NativeLowering else step, why) for step, why in pipeline.passes]
        pipeline.finalize()
        return [pipeline]


class PartCompiler(_Compiler):
    """numba's pipeline with `PartLowering` as its last step."""

    lowering = PartLowering


class EntryCompiler(_Compiler):
    """numba's pipeline with `EntryLowering` as its last step."""

    lowering = EntryLowering
