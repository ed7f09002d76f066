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
    """A topic: what is asked, and how.

    Parameters
    ----------
    name : str
        The name used by `koubai quiz`; its display name is in the catalogues under ``quiz.topic.<name>``.
    slide : int
        The lecture slide where the subject begins; topics are listed in this order.
    number : int
        Added to the seed of its random numbers. It must be unique and must never change, so that sheets already handed
        out can be reproduced.
    make : callable
        Makes a question from random numbers at a level; None if they are unsuitable for paper and must be redrawn.
    room : mapping of Level to int
        Room for working on one question, in mm of paper.
    how : str
        Catalogue key of the instructions for writing an answer.
    """

    name: str
    slide: int
    number: int
    make: MakesQuestion
    room: Mapping[Level, int] = field(default_factory=_room_for_numbers)
    how: str = "quiz.how"


def topics_of(package: str) -> dict[str, Topic]:
    """Return the topics of a package by name, one per module, in lecture order.

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
                f"quiz: each topic must have a unique {what}; got {twice[0]!r} twice. Change the newer one."
            )
    return {topic.name: topic for topic in sorted(found, key=lambda topic: topic.slide)}
