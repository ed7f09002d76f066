"""``koubai quiz``: exercises with fresh numbers, answer sheets, and questions in the terminal."""

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from koubai.cli.parts.helping import word_later
from koubai.cli.parts.outputs import add_force, check_different, check_output
from koubai.core.errors import either

if TYPE_CHECKING:
    from koubai.core.language import Language
    from koubai.explain.quiz.questions import Question
    from koubai.explain.quiz.sheets import Sheet
    from koubai.views.explanation.terminal import Screen

TRIES = 2
"""Number of attempts at a question."""
EXAMPLES = """examples:
  koubai quiz perceptron --seed 7
  koubai quiz backward --level exam --count 3 --lang ja --out sheet.html --answers key.html
  koubai quiz shapes --interactive

The same seed gives the same questions. Answers are fractions or decimals: -1/2, 0.5, or 1/2, 0, 1 for a vector.
"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "quiz",
        help="make exercises with answers, or ask them",
        description="Make exercises with fresh numbers and their answers, or ask them in the terminal.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    word_later(parser, parser.add_argument("topic", metavar="TOPIC"), _topics)
    parser.add_argument("--seed", type=int, metavar="N", help="random seed (default: a new one each time)")
    parser.add_argument("--count", type=int, default=5, metavar="N", help="questions (default: 5)")
    parser.add_argument("--level", default="easy", metavar="LEVEL", help="easy or exam (default: easy)")
    parser.add_argument("--lang", metavar="LANG", help="en or ja (default: from the environment)")
    parser.add_argument("--out", metavar="FILE", help="where to write the questions: a .html, .md or .txt file")
    parser.add_argument("--answers", metavar="FILE", help="where to write the answers, with every step")
    add_force(parser)
    parser.add_argument("--interactive", action="store_true", help="ask the questions here and mark the answers")


def _topics() -> str:
    from koubai.explain.quiz.sheets import TOPICS

    return either(list(TOPICS))


def run(args: argparse.Namespace) -> int:
    """Make the sheet; write it, print it, or ask it."""
    from random import SystemRandom

    from koubai.core.language import language
    from koubai.explain.quiz.sheets import answer_pages, make_sheet, question_page
    from koubai.views.explanation.showing import save, show

    lang = language(args.lang)
    for path in (args.out, args.answers):
        if path is not None:
            check_output(path, args.force)
    check_different(args.out, args.answers, "The answers", "the questions")
    seed = SystemRandom().randrange(10_000) if args.seed is None else args.seed
    sheet = make_sheet(args.topic, seed=seed, count=args.count, level=args.level)
    if args.interactive:
        ask_all(sheet, lang, input)
        return 0
    if args.out:
        save(question_page(sheet), args.out, lang)
    if args.answers:
        save(answer_pages(sheet), args.answers, lang)
    if not args.out and not args.answers:
        show(question_page(sheet), lang)
    elif not args.out:
        print(f"seed {seed}", file=sys.stderr)
    return 0


def ask_all(sheet: "Sheet", lang: "Language", answer_to: Callable[[str], str]) -> int:
    """Ask the questions of a sheet one after another, mark the answers, and return the number correct at the first try.

    For a wrong answer the likely mistake is named, and it may be retried once; an empty answer requests the solution.
    Unreadable input is asked for again.

    Parameters
    ----------
    sheet : Sheet
    lang : "en" or "ja"
    answer_to : callable
        Takes the prompt and returns the user's answer; EOFError or KeyboardInterrupt ends the quiz.
    """
    from koubai.core.language import text
    from koubai.explain.derivations import Section, say
    from koubai.explain.quiz.sheets import solution
    from koubai.views.explanation.terminal import Screen

    outcomes: list[int] = []
    for number, question in enumerate(sheet.questions, start=1):
        screen = Screen(question.derivation, lang)
        screen.section(Section(say("quiz.number", number=number), question.prompt))
        try:
            outcomes.append(_ask(question, screen, answer_to))
        except (EOFError, KeyboardInterrupt):
            print(f"\n{text('quiz.goodbye', lang)}")
            break
        if outcomes[-1] == 0:
            screen.text(solution(question))
            screen.all()
        print()
    right = outcomes.count(1)
    later = sum(tries > 1 for tries in outcomes)
    print(text("quiz.score_later" if later else "quiz.score", lang, right=right, later=later, count=len(outcomes)))
    return right


def _ask(question: "Question", screen: "Screen", answer_to: Callable[[str], str]) -> int:
    """Ask one question and return the number of the correct attempt, 0 if none."""
    from koubai.core.language import text
    from koubai.explain.derivations import say
    from koubai.explain.quiz.questions import mark

    tries = 0
    while tries < TRIES:
        given = answer_to(f"{text('quiz.prompt', screen.lang)} ")
        if not given.strip():
            return 0
        marked = mark(question, given)
        tries += marked.understood
        screen.text(marked.remark)
        if marked.right:
            return tries
        if marked.understood and tries < TRIES:
            screen.text(say("quiz.once_more"))
    return 0
