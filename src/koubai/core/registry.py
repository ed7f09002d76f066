"""Finding one of several kinds (activations, losses, optimizers, schedules) by its name."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from koubai.core.errors import ParameterError, ParameterTypeError

Kind = TypeVar("Kind")


def resolve(
    given: object, base: type[Kind], kinds: Mapping[str, type[Kind]], aliases: Mapping[str, str], who: str, what: str
) -> Kind:
    """Return the instance that a name, an instance, or a stored ``spec()`` (a name with parameters) stands for.

    Parameters
    ----------
    given : str, Mapping or an instance of ``base``
        What the user wrote.
    base : type
        The common base class; an instance of it is returned as it is.
    kinds, aliases : Mapping
        The classes by name, and other names in use.
    who, what : str
        For the message: the parameter (``"activation"``) and the kind of thing (``"activation"``, ``"loss"``).

    Raises
    ------
    ParameterError
        If there is no such name, or it has no such parameter.
    ParameterTypeError
        If ``given`` is neither a name, a mapping, nor an instance.
    """
    if isinstance(given, base):
        return given
    if isinstance(given, str):
        given = {"name": given}
    if not isinstance(given, Mapping):
        raise ParameterTypeError(
            f"{who} must be the name of {_a(what)} or an instance; got {type(given).__name__}. "
            f"Try one of: {', '.join(kinds)}."
        )
    name = aliases.get(str(given.get("name")), str(given.get("name")))
    if name not in kinds:
        raise ParameterError(f"{who} must be a known {what}; got {name!r}. Try one of: {', '.join(kinds)}.")
    kind: Any = kinds[name]
    parameters: dict[str, Any] = {str(key): value for key, value in given.items() if key != "name"}
    known = [field.name for field in fields(kind)]
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        raise ParameterError(
            f"{who}: {name} must be given {'only ' + ', '.join(known) if known else 'no parameters'}; "
            f"got {', '.join(unknown)}. Leave it out."
        )
    instance: Kind = kind(**parameters)
    return instance


def _a(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"
