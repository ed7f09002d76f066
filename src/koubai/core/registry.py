"""Registries of kinds (activations, losses, optimizers, schedules) by name."""

import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import fields
from importlib import import_module
from typing import ClassVar, Generic, Protocol, TypeVar

from koubai.core.errors import Parameter, ParameterError, ParameterTypeError
from koubai.core.language import has_text, worded


class Coded(Protocol):
    """What each kind says of itself: its name, other names in use, and its number."""

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]]
    code: ClassVar[int]


Kind = TypeVar("Kind", bound=Coded)
Named = TypeVar("Named")


class Registry(Mapping[str, type[Kind]], Generic[Kind]):
    """All kinds of one sort by name, in order of their ``code``, one per module of a package.

    Parameters
    ----------
    what : str
        Their sort, for messages: ``"activation"``.
    base : type
        Their common base class. Each kind has a ``name``, other names in ``aliases``, and a ``code``.
    package : str, optional
        The package whose modules define them; without it, each is registered where it is defined.
    """

    def __init__(self, what: str, base: type[Kind], package: str | None = None) -> None:
        self.what, self.base, self.package = what, base, package
        self._kinds: dict[str, type[Kind]] = {}
        found: set[type[Kind]] = set() if package is None else _defined_in(package, base)
        named = {kind for kind in found - {base} if hasattr(kind, "name")}  # others are what several kinds share
        for kind in sorted(named, key=lambda kind: kind.code):
            self.register(kind)

    def __getitem__(self, name: str) -> type[Kind]:
        return self._kinds[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)

    @property
    def aliases(self) -> dict[str, str]:
        """Aliases, each with the name it refers to."""
        return {alias: kind.name for kind in self._kinds.values() for alias in kind.aliases}

    def is_own(self, kind: type[Kind]) -> bool:
        """Return whether a kind is defined in the package, and not registered from elsewhere."""
        return kind.__module__.startswith(f"{self.package}.")

    def register(self, kind: type[Kind]) -> type[Kind]:
        """Register a kind under its name; return it, for use as a decorator.

        Raises
        ------
        ParameterTypeError
            If it is not a subclass of the base class.
        ParameterError
            If its name, one of its aliases or its code is taken.
        """
        if not (isinstance(kind, type) and issubclass(kind, self.base)):
            raise ParameterTypeError(
                parameter=self.what,
                required=f"be a subclass of {self.base.__name__}",
                got=repr(kind),
                remedy="Derive it from that class.",
            )
        taken = {*self._kinds, *self.aliases} & {kind.name, *kind.aliases}
        if taken:
            raise ParameterError(
                parameter=self.what,
                required="have a unique name",
                got=f"{min(taken)!r}, which is taken",
                remedy="Choose another.",
            )
        if kind.code >= 0 and any(other.code == kind.code for other in self._kinds.values()):
            raise ParameterError(
                what=f"{self.what} {kind.name} must have a unique code; got {kind.code}, which is taken.",
                remedy="Choose another.",
            )
        self._kinds[kind.name] = kind
        return kind

    def resolve(self, given: object, who: str | Parameter) -> Kind:
        """Return the instance that a name, an instance, or a stored ``spec()`` stands for; see `resolve`."""
        return resolve(given, self.base, self._kinds, self.aliases, who, self.what)


def resolve(
    given: object,
    base: type[Named],
    kinds: Mapping[str, type[Named]],
    aliases: Mapping[str, str],
    who: str | Parameter,
    what: str,
) -> Named:
    """Return the instance given by a name, an instance, or a stored ``spec()`` (a name with parameters).

    Parameters
    ----------
    given : str, Mapping or an instance of ``base``
        The user's value.
    base : type
        The common base class; an instance of it is returned unchanged.
    kinds, aliases : Mapping
        The classes by name, and other names in use.
    who : str or Parameter
        For the message: the parameter, ``"activation"``, or whose it is too.
    what : str
        The kind of thing, ``"activation"`` or ``"loss"``.

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
            parameter=who,
            required=worded("core.must.name_instance", a=_a(what)),
            got=type(given).__name__,
            remedy=worded("core.remedy.try_one_of", names=", ".join(kinds)),
        )
    name = aliases.get(str(given.get("name")), str(given.get("name")))
    if name not in kinds:
        key = f"core.kind.{what}"
        sort, names = worded(key) if has_text(key) else what, ", ".join(kinds)
        raise ParameterError(
            worded("core.error.unknown", parameter=str(who), what=sort, got=repr(name), names=names),
            parameter=who,
            required=f"be a known {what}",
            got=repr(name),
            remedy=worded("core.remedy.try_one_of", names=names),
        )
    kind: type = kinds[name]
    parameters = {str(key): value for key, value in given.items() if key != "name"}
    known = [field.name for field in fields(kind)]
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        raise ParameterError(
            who=str(who),
            what=(
                f"{name} must be given {'only ' + ', '.join(known) if known else 'no parameters'}; "
                f"got {', '.join(unknown)}."
            ),
            remedy=worded("core.remedy.leave_it_out"),
        )
    instance: Named = kind(**parameters)
    return instance


def _defined_in(package: str, base: type[Kind]) -> set[type[Kind]]:
    """Return the classes of this base that the modules of a package define."""
    modules = [
        import_module(f"{package}.{each.name}") for each in pkgutil.iter_modules(import_module(package).__path__)
    ]
    return {
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, base) and kind.__module__ == module.__name__
    }


def _a(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"
