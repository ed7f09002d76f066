"""Engines by name; heavy ones are imported on demand."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec

from koubai.core.errors import ParameterError
from koubai.core.extras import to_install
from koubai.core.language import term, worded
from koubai.engines.protocol import Engine, Together
from koubai.engines.together import ALONE


def _reference(most_threads: int | None) -> Engine:
    from koubai.engines.reference import ReferenceEngine

    return ReferenceEngine()


def _cpu(most_threads: int | None) -> Engine:
    from koubai.engines.cpu.choice import is_compiled

    if not is_compiled():
        return _reference(most_threads)
    from koubai.engines.cpu.engine import CPUEngine

    return CPUEngine(most_threads=most_threads)


def _jax(most_threads: int | None) -> Engine:
    if not has_jax():
        raise ParameterError(
            who=worded("engines.error.engine_jax"),
            parameter="JAX",
            required=worded("core.must.installed"),
            got=term("none"),
            remedy=worded("core.remedy.run_pip_install_jax", install=to_install("jax", "jax")),
        )
    from koubai.engines.xla.engine import JaxEngine

    return JaxEngine()


def has_jax() -> bool:
    """Return whether JAX is installed, without loading it."""
    return find_spec("jax") is not None


ENGINES: Mapping[str, Callable[[int | None], Engine]] = {"reference": _reference, "cpu": _cpu, "jax": _jax}
"""Engine factories, given the maximum number of threads; the reference engine always uses one, JAX its own number."""


def together_of(given: "str | Engine | None") -> Together:
    """Return the processes that train together with this one, by an engine or the name of one; it may be alone."""
    if given == "jax" and has_jax():
        from koubai.engines.xla.cluster import joined

        return joined() or ALONE
    return getattr(given, "together", None) or ALONE


def get_engine(given: "str | Engine", most_threads: int | None = None) -> Engine:
    """Return the engine of this name, limited to ``most_threads``; an engine is returned unchanged.

    Raises
    ------
    ParameterError
        If no engine has that name.

    Examples
    --------
    >>> get_engine("reference").name
    'reference'
    """
    if not isinstance(given, str):
        return given
    if given not in ENGINES:
        raise ParameterError(worded("engines.error.engine_got_try_cpu", engines=", ".join(ENGINES), given=repr(given)))
    return ENGINES[given](most_threads)
