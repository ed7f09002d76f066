"""A topic of the quiz as one record; `koubai.explain.quiz.topics` has a file for each."""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TypeAlias

import numpy as np

from koubai.core.errors import ParameterError
from koubai.explain.quiz.questions import Level, Question

MakesQuestion: TypeAlias = Callable[[np.random.Generator, Level], Question | None]


def _room_for_numbers() -> dict[Level, int]:
    return {"easy": 22, "exam": 38}


@dataclass(frozen=True, slots=True)
class Topic:
    """What is asked on one topic, and how.

    Parameters
    ----------
    name : str
        As `koubai quiz` takes it; the catalogues say under ``quiz.topic.<name>`` what it is called.
    slide : int
        The lecture's slide where its subject begins; topics are listed in this order.
    number : int
        What its random numbers are drawn from, beside the seed. Sheets that were handed out can be made again as long
        as it stays: it never changes, and no other topic has it.
    make : callable
        Makes a question from random numbers at a level; None where these came out unfit for paper, to be drawn again.
    room : mapping of Level to int
        Room for the work on one question, in mm of paper.
    how : str
        Where the catalogues say how an answer is written.
    """

    name: str
    slide: int
    number: int
    make: MakesQuestion
    room: Mapping[Level, int] = field(default_factory=_room_for_numbers)
    how: str = "quiz.how"


def topics_of(package: str) -> dict[str, Topic]:
    """Return the topics of a package by name, one a module, in the order of the lecture.

    Raises
    ------
    ParameterError
        If two topics have the same name or number.
    """
    folder = import_module(package).__path__
    found = [import_module(f"{package}.{each.name}").TOPIC for each in pkgutil.iter_modules(folder)]
    for what in ("name", "number"):
        values = [getattr(topic, what) for topic in found]
        twice = [value for value in values if values.count(value) > 1]
        if twice:
            raise ParameterError(
                f"quiz: each topic must have a {what} of its own; got {twice[0]!r} twice. Change the newer one."
            )
    return {topic.name: topic for topic in sorted(found, key=lambda topic: topic.slide)}
