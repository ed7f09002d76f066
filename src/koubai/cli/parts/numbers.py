"""Numbers as typed in options: fractions, lists of them, and indices."""

import argparse
from fractions import Fraction


def fraction(text: str) -> Fraction:
    """Parse a number written as a fraction or a decimal."""
    from koubai.core.formulas.values import parse_number

    number = parse_number(text)
    if not isinstance(number, Fraction):
        raise argparse.ArgumentTypeError(f"must be a number such as 1/2 or 0.5; got {text!r}")
    return number


def numbers(text: str) -> list[float]:
    """Parse comma-separated numbers."""
    return [float(fraction(piece)) for piece in text.split(",")]


def indices(text: str) -> tuple[int | str, ...]:
    """Parse comma-separated indices, or those of a named layer, ``conv1[4,7,2]``."""
    name, bracket, inside = text.partition("[")
    if bracket and not (name.strip() and inside.endswith("]")):
        raise argparse.ArgumentTypeError(f"must be a layer with indices such as conv1[4,7,2]; got {text!r}")
    try:
        found = tuple(int(piece) for piece in (inside[:-1] if bracket else text).split(","))
    except ValueError:
        example = "conv1[4,7,2]" if bracket else "2,1,4 or conv1[4,7,2]"
        raise argparse.ArgumentTypeError(f"must be whole numbers such as {example}; got {text!r}") from None
    return (name.strip(), *found) if bracket else found
