"""``koubai grade``: mark what students handed in, and write scores with the named mistakes."""

import argparse
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

from koubai.cli.parts.grading.results import Mark, ResultKind, by_student, detail_rows, kinds, score_rows, summaries
from koubai.cli.parts.helping import alternatives, word_later
from koubai.cli.parts.outputs import add_force, check_different, check_output
from koubai.cli.parts.reading import require_files, say_notes
from koubai.cli.parts.terminal import console, plain_table
from koubai.core.errors import ParameterError
from koubai.core.language import Language, language, text, worded

EXAMPLES = """examples:
  koubai quiz backward --roster students.csv --seed 7 --out sheets.html --answers key.csv
  koubai grade answers.csv --key key.csv --out scores.csv
  koubai grade handed_in/*.txt --key key.csv --details marked.csv --lang ja
  koubai grade results/ --out scores.csv               # a folder of result files or codes of the playground's lessons

Answers are rows of student, question and answer, or of a student with columns 1, 2, …; or lines of a text, such as
'2: -1/2', under a line with the student's id. Fractions, mixed numbers (3 5/32), decimals rounded to two places or
more, full-width digits, '1行1列' and '計算できない' are understood. A likely mistake, or two at once, is named.
"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "grade",
        help="mark what students handed in",
        description="Mark what students handed in, and write scores with the named mistakes.",
        epilog=EXAMPLES,
    )
    parser.set_defaults(run=run)
    parser.add_argument("results", nargs="+", metavar="RESULTS", help="what was handed in")
    parser.add_argument("--key", metavar="FILE", help="the key that 'koubai quiz … --answers key.csv' wrote")
    word_later(parser, parser.add_argument("--kind", metavar="KIND"), _kinds)
    parser.add_argument("--out", metavar="FILE", help="where to write a row for each student: a .csv or .tsv file")
    parser.add_argument("--details", metavar="FILE", help="where to write a row for each answer: a .csv or .tsv file")
    parser.add_argument("--lang", metavar="LANG", help="language of the remarks, en or ja (default: as everywhere)")
    add_force(parser)


def _kinds() -> str:
    each = (worded("grade.kind_is", name=name, about=worded(f"grade.kind.{name}")) for name in kinds())
    about = reduce(lambda a, b: worded("grade.kinds_are", a=a, b=b), each)
    return worded("grade.kinds", names=alternatives(list(kinds())), about=about)


def run(args: argparse.Namespace) -> int:
    """Mark, print how the class did, and write the scores."""
    lang = language(args.lang)
    for path in (args.out, args.details):
        if path is not None:
            if not path.lower().endswith((".csv", ".tsv")):
                raise ParameterError(worded("grade.error.ending", path=repr(path)))
            check_output(path, args.force, [*args.results, args.key])
    check_different(args.out, args.details, "marks")
    marks, notes = _kind(args).grade(args, lang)
    say_notes(notes)
    _print(marks, lang)
    for path, rows in ((args.out, score_rows(marks)), (args.details, detail_rows(marks))):
        if path is not None:
            _write(path, rows)
            print(path)
    return 0


def _kind(args: argparse.Namespace) -> ResultKind:
    """Return the kind of the results: as given, else the first that takes them."""
    require_files([args.key, *(path for path in args.results if not Path(path).is_dir())])
    known = kinds()
    if args.kind is not None:
        if args.kind not in known:
            raise ParameterError(worded("grade.error.kind", kinds=", ".join(known), got=repr(args.kind)))
        return known[args.kind]
    for kind in known.values():
        if kind.takes(args.results):
            return kind
    taken = reduce(lambda a, b: worded("grade.either", a=a, b=b), (worded(f"grade.kind.{name}") for name in known))
    raise ParameterError(worded("grade.error.results", kinds=taken, got=repr(args.results[0])))


def _print(marks: "Sequence[Mark]", lang: "Language") -> None:
    """Print each student's points, and how each question was answered."""
    rows = score_rows(marks)
    out = console()
    heads = [text(f"grade.column.{name}", lang) for name in ("student", "name", "points", "of", "mistakes")]
    shown = [
        (row["student"], row["name"], f"{row['points']:g}", f"{row['of']:g}", str(row["mistakes"])) for row in rows
    ]
    out.print(plain_table(heads, shown, numbers=(2, 3)))
    heads = [text(f"grade.column.{name}", lang) for name in ("question", "right", "answered", "students", "mistake")]
    counts = [(one.question, one.right, one.answered, one.students, one.mistake) for one in summaries(marks)]
    out.print(plain_table(heads, counts, numbers=(1, 2, 3)))
    own = by_student(marks).values()
    mean = sum(mark.points for mark in marks) / max(1, len(own))
    most = max((sum(mark.most for mark in each) for each in own), default=0.0)
    out.print(text("grade.mean", lang, mean=f"{mean:.2f}", of=f"{most:g}"))


def _write(path: str, rows: "Sequence[dict[str, object]]") -> None:
    """Write rows as a table in which a spreadsheet runs nothing."""
    import io

    import polars as pl

    from koubai.tables.files.writing import write_csv
    from koubai.training.atomic import replace_file

    file = io.BytesIO()
    write_csv(iter([pl.DataFrame(list(rows), infer_schema_length=None)]), file, "\t" if path.endswith("tsv") else ",")
    replace_file(path, file.getvalue())
