"""Help texts that name what a registry holds, which takes too long to load for every command."""

import argparse
from collections.abc import Callable


def word_later(parser: argparse.ArgumentParser, option: argparse.Action, words: Callable[[], str]) -> None:
    """Let the words for one of a parser's options be found when its help is shown."""
    format_help = parser.format_help

    def with_words() -> str:
        option.help = words()
        return format_help()

    parser.format_help = with_words  # type: ignore[method-assign]  # argparse offers nothing for this
