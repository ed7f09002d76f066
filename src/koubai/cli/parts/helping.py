"""Help in the language that is spoken: English where it is written, Japanese from a catalogue by the English."""

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby

from koubai.core.language import Worded, listed_as, said_in, worded
from koubai.core.printing import spoken

FILLER = "\ue000"
"""What stands behind a wide character while argparse counts characters; of no script, and taken out at the end."""
REMARK = "  # "
"""What stands between a command and a remark on it."""


class Help(argparse.RawDescriptionHelpFormatter):
    """Help as argparse lays it out; in Japanese by a terminal's cells, of which a character may take two.

    Texts in English stand beside the options that they are about. Those in Japanese stand in ``texts/help.ja.json``
    under the English, which is read when help in Japanese is printed. Commands and what stands for values are the
    same in both.
    """

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """Add the line that shows all options."""
        if prefix is None and spoken() == "ja":
            prefix = _counted(in_japanese("usage:"))
        super().add_usage(usage, actions, groups, prefix)

    def start_section(self, heading: str | None) -> None:
        """Begin a group of options."""
        super().start_section(f"{in_japanese(heading)}{FILLER}" if heading and spoken() == "ja" else heading)

    def format_help(self) -> str:
        """Return the whole help."""
        return super().format_help().replace(f"{FILLER}:", "：").replace(FILLER, "")

    def _get_help_string(self, action: argparse.Action) -> str | None:
        """Return the words for an option."""
        if action.help is None or spoken() == "en":
            return super()._get_help_string(action)
        return str(said_in(action.help, "ja")) if isinstance(action.help, Worded) else in_japanese(action.help)

    def _split_lines(self, text: str, width: int) -> list[str]:
        """Return the lines of the words for an option."""
        return _filled(text, width) if spoken() == "ja" else super()._split_lines(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Return what stands before or after the options; English ends its lines itself."""
        if spoken() == "en":
            return super()._fill_text(text, width, indent)
        return "\n".join(f"{indent}{line}" for line in _laid_out(text, width))


@cache
def japanese_texts() -> Mapping[str, str]:
    """Return the Japanese texts of all help by the English ones."""
    texts: dict[str, str] = json.loads((files("koubai") / "texts" / "help.ja.json").read_text(encoding="utf-8"))
    return texts


def in_japanese(words: str) -> str:
    """Return words of help in Japanese; what the catalogue does not have stays as it is.

    Examples
    --------
    >>> in_japanese("the column to predict")
    '予測する列'
    """
    return japanese_texts().get(words, words)


def alternatives(names: Sequence[str]) -> str:
    """Return names as alternatives with commas between them, in words of the language in which they are told.

    Examples
    --------
    >>> alternatives(["sgd", "adam", "lion"]), said_in(alternatives(["sgd", "adam", "lion"]), "ja")
    ('sgd, adam or lion', 'sgd, adam か lion')
    """
    return worded("core.either", first=listed_as(", ", names[:-1]), other=names[-1]) if len(names) > 1 else names[0]


def word_later(parser: argparse.ArgumentParser, option: argparse.Action, words: Callable[[], str]) -> None:
    """Let the words for one of a parser's options be found when its help is shown.

    They name what a registry holds, which takes too long to load for every command.
    """
    format_help = parser.format_help

    def with_words() -> str:
        option.help = words()
        return format_help()

    parser.format_help = with_words  # type: ignore[method-assign]  # argparse offers nothing for this


def _laid_out(text: str, width: int) -> Iterator[str]:
    """Yield the lines of a text in Japanese: its paragraphs broken at a width, its indented commands as they are."""
    for is_indented, group in groupby(text.splitlines(), lambda line: line.startswith(" ") if line else None):
        lines = list(group)
        if is_indented is None:
            yield ""
        elif is_indented:
            yield from _with_remarks(lines, width)
        else:
            yield from _filled(in_japanese(" ".join(lines)), width)


def _with_remarks(commands: Sequence[str], width: int) -> Iterator[str]:
    """Yield commands with their remarks in Japanese beside them, or above them where the lines would be too long."""
    told = []
    for line in commands:
        command, mark, remark = line.rpartition(REMARK) if REMARK in line else (line, "", "")
        told.append((command, f"{mark}{in_japanese(remark)}" if mark else ""))
    beside = all(len(command + _counted(remark)) <= width for command, remark in told if remark)
    for command, remark in told:
        if beside:
            yield command + remark
        else:
            yield from [remark] if remark else []
            yield command.rstrip()


def _filled(words: str, width: int) -> list[str]:
    """Return words broken at a width in cells."""
    from koubai.views.filling import filled  # loads what tells how wide characters are

    return list(filled(words, width))


def _counted(words: str) -> str:
    """Return words in which each wide character takes the place of two, for argparse to count."""
    from rich.cells import cell_len

    return "".join(character + FILLER * (cell_len(character) - 1) for character in words)
