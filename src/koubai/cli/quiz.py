"""``koubai quiz``: exercises with fresh numbers, answer sheets, and questions in the terminal."""

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from koubai.cli.parts.helping import alternatives, word_later
from koubai.cli.parts.outputs import add_force, check_different, check_output
from koubai.core.errors import ParameterError
from koubai.core.language import Language, language, text, worded

if TYPE_CHECKING:
    from koubai.explain.quiz.papers import Student
    from koubai.explain.quiz.questions import Question
    from koubai.explain.quiz.sheets import Sheet
    from koubai.views.explanation.terminal import Screen

TRIES = 2
"""Number of attempts at a question."""
EXAMPLES = """examples:
  koubai quiz perceptron --seed 7
  koubai quiz backward --level exam --count 3 --lang ja --out sheet.html --answers key.html
  koubai quiz shapes --interactive
  koubai quiz update --variants 100 --seed 7 --out sheets.html --answers key.csv
  koubai quiz forward --roster students.csv --seed 7 --out exam.tex --out bank.xml --answers key.csv

The same seed gives the same questions. Answers are fractions or decimals: -1/2, 0.5, or 1/2, 0, 1 for a vector.
With --variants or --roster, every student gets different numbers. The ending of --out says what is written: a sheet
to print (.html, .md, .txt), LaTeX for the class exam (.tex), questions for Moodle (.xml), GIFT (.gift), a QTI 2.1
package (.zip), or a table (.csv). An answer key that ends in .csv is what 'koubai grade' marks by.
"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "quiz",
        help="make exercises with answers, or ask them",
        description="Make exercises with fresh numbers and their answers, or ask them in the terminal.",
        epilog=EXAMPLES,
    )
    parser.set_defaults(run=run)
    word_later(parser, parser.add_argument("topic", metavar="TOPIC"), _topics)
    parser.add_argument("--seed", type=int, metavar="N", help="random seed (default: a new one each time)")
    parser.add_argument("--count", type=int, default=5, metavar="N", help="questions (default: 5)")
    parser.add_argument("--level", default="easy", metavar="LEVEL", help="easy or exam (default: easy)")
    parser.add_argument("--lang", metavar="LANG", help="en or ja (default: from the environment)")
    parser.add_argument("--variants", type=int, metavar="N", help="make N sheets, each with its own numbers")
    parser.add_argument("--roster", metavar="TABLE", help="make a sheet for each student of this table")
    parser.add_argument(
        "--out", metavar="FILE", action="append", default=[], help="where to write the questions; may be repeated"
    )
    parser.add_argument(
        "--answers",
        metavar="FILE",
        action="append",
        default=[],
        help="where to write the answers: all steps (.html, .md, .txt) or a key to mark by (.csv); may be repeated",
    )
    add_force(parser)
    parser.add_argument("--interactive", action="store_true", help="ask the questions here and mark the answers")


def _topics() -> str:
    from koubai.explain.quiz.sheets import TOPICS

    return alternatives(list(TOPICS))


def run(args: argparse.Namespace) -> int:
    """Make the sheet; write it, print it, or ask it."""
    from random import SystemRandom

    from koubai.explain.quiz.papers import Paper, Student, make_papers
    from koubai.explain.quiz.sheets import make_sheet, question_page
    from koubai.views.explanation.showing import show
    from koubai.views.quiz.writing import save_key, save_questions

    lang = language(args.lang)
    _check_files(args)
    seed = SystemRandom().randrange(10_000) if args.seed is None else args.seed
    students = students_of(args)
    if students:
        papers = make_papers(args.topic, students, seed=seed, count=args.count, level=args.level)
    else:
        papers = (Paper(Student(), make_sheet(args.topic, seed=seed, count=args.count, level=args.level)),)
    if args.interactive:
        ask_all(papers[0].sheet, lang, input)
        return 0
    for path in args.out:
        save_questions(papers, path, lang)
    for path in args.answers:
        save_key(papers, path, lang)
    if not args.out and not args.answers:
        for paper in papers:
            show(question_page(paper.sheet, paper.student.shown), lang)
    elif not args.out:
        print(text("quiz.seed", lang, seed=seed), file=sys.stderr)
    return 0


def _check_files(args: argparse.Namespace) -> None:
    """Refuse, before any work, what cannot be written or would be lost."""
    from koubai.views.quiz.writing import KEYS, QUESTIONS, check_ending

    for option in ("out", "answers", "variants", "roster"):
        if args.interactive and getattr(args, option):
            why = "file" if option in ("out", "answers") else "alone"
            raise ParameterError(worded(f"quiz.error.interactive_{why}", option=option))
    if args.variants is not None and args.roster is not None:
        raise ParameterError(worded("quiz.error.variants_roster"))
    for option, paths, endings in (("--out", args.out, QUESTIONS), ("--answers", args.answers, KEYS)):
        for path in paths:
            check_ending(option, path, endings)
            check_output(path, args.force, [args.roster])
    everything = [*args.out, *args.answers]
    for number, path in enumerate(everything):
        for other in everything[:number]:
            check_different(other, path, "answers" if path in args.answers else "sheet")


def students_of(args: argparse.Namespace) -> "list[Student]":
    """Return whom papers are made for: of a roster, by numbers, or nobody in particular."""
    from koubai.explain.quiz.papers import MOST_PAPERS, Student, numbered

    if args.variants is not None:
        if not 1 <= args.variants <= MOST_PAPERS:
            raise ParameterError(worded("quiz.error.variants", most=MOST_PAPERS, got=args.variants))
        return list(numbered(args.variants))
    if args.roster is None:
        return []
    from koubai.cli.parts.reading import require_files
    from koubai.tables.files.reading import read_table

    require_files([args.roster])
    rows = [[str(cell or "").strip() for cell in row] for row in read_table(args.roster).frame.rows()]
    return [Student(row[0], " ".join(cell for cell in row[1:3] if cell)) for row in rows if row[0]]


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
    from koubai.explain.derivations import Section, say
    from koubai.explain.quiz.sheets import posed, solution
    from koubai.views.explanation.terminal import Screen

    outcomes: list[int] = []
    for number, question in enumerate(sheet.questions, start=1):
        screen = Screen(question.derivation, lang)
        screen.section(Section(say("quiz.number", number=number), posed(question)))
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
