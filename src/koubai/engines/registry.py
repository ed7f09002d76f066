"""Engines by name; a heavy one is imported only when it is asked for."""

from collections.abc import Callable, Mapping

from koubai.core.errors import ParameterError
from koubai.engines.protocol import Engine


def _reference(most_threads: int | None) -> Engine:
    from koubai.engines.reference import ReferenceEngine

    return ReferenceEngine()


def _cpu(most_threads: int | None) -> Engine:
    from koubai.engines.cpu.engine import CPUEngine

    return CPUEngine(most_threads=most_threads)


ENGINES: Mapping[str, Callable[[int | None], Engine]] = {"reference": _reference, "cpu": _cpu}
"""How each engine is made, given the most threads that it may use; the reference engine uses one in any case."""


def get_engine(given: "str | Engine", most_threads: int | None = None) -> Engine:
    """Return the engine of this name, which uses at most so many threads; an engine is returned as it is.

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
        raise ParameterError(f"engine must be one of {', '.join(ENGINES)}; got {given!r}. Try 'cpu'.")
    return ENGINES[given](most_threads)
