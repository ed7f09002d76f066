"""Engines by name; a heavy one is imported only when it is asked for."""

from collections.abc import Callable, Mapping

from koubai.core.errors import ParameterError
from koubai.engines.protocol import Engine


def _reference() -> Engine:
    from koubai.engines.reference import ReferenceEngine

    return ReferenceEngine()


def _cpu() -> Engine:
    from koubai.engines.cpu.engine import CPUEngine

    return CPUEngine()


ENGINES: Mapping[str, Callable[[], Engine]] = {"reference": _reference, "cpu": _cpu}
"""How each engine is made."""


def get_engine(given: "str | Engine") -> Engine:
    """Return the engine of this name; an engine is returned as it is.

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
    return ENGINES[given]()
