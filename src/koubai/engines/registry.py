"""Engines by name; heavy ones are imported on demand."""

from collections.abc import Callable, Mapping

from koubai.core.errors import ParameterError
from koubai.engines.protocol import Engine


def _reference(most_threads: int | None) -> Engine:
    from koubai.engines.reference import ReferenceEngine

    return ReferenceEngine()


def _cpu(most_threads: int | None) -> Engine:
    from koubai.engines.cpu.choice import is_compiled

    if not is_compiled():
        return _reference(most_threads)
    from koubai.engines.cpu.engine import CPUEngine

    return CPUEngine(most_threads=most_threads)


ENGINES: Mapping[str, Callable[[int | None], Engine]] = {"reference": _reference, "cpu": _cpu}
"""Engine factories, given the maximum number of threads; the reference engine always uses one."""


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
        raise ParameterError(f"engine must be one of {', '.join(ENGINES)}; got {given!r}. Try 'cpu'.")
    return ENGINES[given](most_threads)
