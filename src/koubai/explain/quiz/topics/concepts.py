"""Questions of understanding, with wrong answers that come from known misconceptions."""

import numpy as np

from koubai.core.formulas.tree import Symbol
from koubai.explain.derivations import Derivation, Section, say
from koubai.explain.quiz.questions import Level, Question, question
from koubai.explain.quiz.reading import LETTERS
from koubai.explain.quiz.topic import Topic

CONCEPTS = (
    "linear_layers",
    "zero_start",
    "learning_rate",
    "test_rows",
    "perceptron_xor",
    "epoch",
    "relu_slope",
    "softmax_output",
    "backpropagation",
    "local_minimum",
    "overfitting",
    "sigmoid_node",
)
"""The questions: each has a right answer, three wrong ones, and what each of these misses, in the catalogues."""
DISTRACTORS = (1, 2, 3)


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask with three answers to choose from (easy) or four (exam)."""
    name = CONCEPTS[int(rng.integers(0, len(CONCEPTS)))]
    wrong = [int(k) for k in rng.permutation(DISTRACTORS)][: 2 if level == "easy" else 3]
    answers = ["right", *(f"wrong_{k}" for k in sorted(wrong))]
    arranged = [answers[int(k)] for k in rng.permutation(len(answers))]
    letters = dict(zip(arranged, LETTERS, strict=False))
    why = say(f"quiz.concept.{name}.why")
    page = Derivation(say("quiz.title.concepts"), (Section(say("quiz.section.steps"), (why,)),))
    mistakes = [(letters[f"wrong_{k}"], f"concept.{name}.{k}") for k in wrong]
    choices = [say(f"quiz.concept.{name}.{answer}") for answer in arranged]
    return question([say(f"quiz.concept.{name}")], Symbol("?"), letters["right"], page, mistakes, choices)


TOPIC = Topic("concepts", slide=2, number=14, make=make, room={"easy": 0, "exam": 0}, how="quiz.how_choice")
