"""Compiling functions that exist only as parts of others, in half the time.

numba optimises every function and makes machine code of it before it compiles what calls it, and there all of it once
more: a kernel five calls deep is compiled five times. A part stays as it was written (LLVM's intermediate
representation) until the function that Python calls is compiled, with all its parts, once.
"""

from typing import Any

from numba._dynfunc import make_function
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder, _LowerResult
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering


class PartLibrary(JITCodeLibrary):
    """The code of a part: linked to the parts that it calls, neither optimised nor made machine code."""

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class PartLowering(NativeLowering):
    """Lowers a part into a `PartLibrary`."""

    _name = "part_lowering"

    def run_pass(self, state: Any) -> bool:
        """Do as numba's own pass does, but for an address of machine code to be called by Python."""
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


class PartCompiler(CompilerBase):
    """numba's pipeline, with `PartLowering` in the place of its last step."""

    def define_pipelines(self) -> list[Any]:
        """Return the one pipeline."""
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
        pipeline.passes = [(PartLowering if step is NativeLowering else step, why) for step, why in pipeline.passes]
        pipeline.finalize()
        return [pipeline]
