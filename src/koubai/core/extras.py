"""What must be installed for something that koubai does with another library."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

REQUIREMENT = re.compile(r"\s*(?P<name>[\w.-]+)\s*(?:\[(?P<extras>[\w\s,.-]*)\])?\s*(?P<bounds>[^;]*)")
"""A requirement as packages declare them (PEP 508), up to its marker."""
OF_EXTRA = re.compile(r"""extra\s*==\s*["'](?P<extra>[\w.-]+)["']""")
"""The part of a marker that names an extra."""


def to_install(extra: str, missing: str) -> str:
    """Return the command that installs what an extra lacks here.

    The packages are named themselves, and not as ``koubai[extra]``: so it can be run wherever koubai came from, a
    clone, a wheel or an index. A package whose newest version would not do is named with its bounds.

    Parameters
    ----------
    extra : str
        An extra of koubai, such as "plots"; nothing where the missing module alone is wanted.
    missing : str
        The module that was not found: its package is named even if it seems to be there, and alone where nobody says
        what the extra holds.

    Examples
    --------
    >>> to_install("lab", "sympy").startswith("pip install ")
    True
    >>> to_install("an extra that koubai has not", "sympy")
    'pip install sympy'
    """
    declared = next((found for by_extra in _declared() if (found := _packages(extra, by_extra))), [missing])
    absent = [package for package in declared if _parsed(package)[0] == missing or not _is_there(package)]
    return "pip install " + " ".join(_as_typed(package) for package in absent or declared)


def _declared() -> Iterator[Mapping[str, Sequence[str]]]:
    """Go through what says which packages an extra holds: as installed, and in the clone around this file."""
    from importlib.metadata import PackageNotFoundError, requires

    found: dict[str, list[str]] = {}
    with suppress(PackageNotFoundError):
        for line in requires("koubai") or []:
            marker = OF_EXTRA.search(line.partition(";")[2])
            if marker:
                found.setdefault(marker["extra"], []).append(line)
    yield found
    project = Path(__file__).parents[3] / "pyproject.toml"
    if project.exists():
        import tomllib

        yield tomllib.loads(project.read_text(encoding="utf-8"))["project"]["optional-dependencies"]


def _packages(extra: str, by_extra: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the requirements of an extra, those of koubai's extras that it names in their place, by name."""
    found: dict[str, str] = {}
    for requirement in by_extra.get(extra, ()):
        name, extras, _ = _parsed(requirement)
        inner = [one for other in extras for one in _packages(other, by_extra)] if name == "koubai" else [requirement]
        found.update({_parsed(one)[0].lower(): one for one in inner})
    return [found[name] for name in sorted(found)]


def _parsed(requirement: str) -> tuple[str, list[str], str]:
    """Return a requirement's package, the extras of it, and its bounds."""
    parts = REQUIREMENT.match(requirement)
    assert parts is not None, requirement
    extras = [name.strip() for name in (parts["extras"] or "").split(",") if name.strip()]
    return parts["name"], extras, parts["bounds"].strip()


def _is_there(requirement: str) -> bool:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return bool(version(_parsed(requirement)[0]))
    except PackageNotFoundError:
        return False


def _as_typed(requirement: str) -> str:
    """Return a requirement as a shell takes it, in quotation marks that those of Windows know too."""
    name, extras, bounds = _parsed(requirement)
    whole = f"{name}[{','.join(extras)}]" if extras else name
    if "<" in bounds or "~" in bounds:
        whole += bounds.replace(" ", "")
    return f'"{whole}"' if whole != name else whole
