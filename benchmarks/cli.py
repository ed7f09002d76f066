"""The command line of the benchmarks."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks import compare, machine, report, verify
from benchmarks.cases import TRAINING
from benchmarks.contenders import PEERS, contenders
from benchmarks.measure import Settings, say
from benchmarks.results import Report, read, write
from benchmarks.sections import GROUPS, Choice, chosen
from benchmarks.workers import Pool

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
NEW_PAGE = f"""# Performance

How fast koubai is, beside the libraries that its users would otherwise take, on the machine named below. The figures
between the two marks are written by `python -m benchmarks report`.

{BEGIN}
{END}
"""

EXAMPLES = """\
examples:
  python -m benchmarks list                                   every row, section and contender
  python -m benchmarks run tiny digits-32 --quick             two rows, few rounds
  python -m benchmarks run all --out build/benchmarks         everything (about two hours)
  python -m benchmarks run large --contenders koubai,sklearn --threads 1,2 --dtypes float32
  python -m benchmarks verify                                 that all contenders do the same work
  python -m benchmarks report build/benchmarks/results.json --docs docs/performance.md
  python -m benchmarks compare before.json after.json         two stored runs
  python -m benchmarks revisions main . tiny digits-32        two revisions measured in turns
"""


def words(text: str) -> tuple[str, ...]:
    """Split at commas."""
    return tuple(part for part in text.split(",") if part)


def peers_of(text: str) -> tuple[str, ...]:
    """Read keys of contenders."""
    given = words(text)
    unknown = [key for key in given if key not in PEERS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(PEERS)}")
    return given


def threads_of(text: str) -> tuple[int, ...]:
    """Read numbers of threads."""
    return tuple(int(part) for part in words(text))


def dtypes_of(text: str) -> tuple[str, ...]:
    """Read dtypes."""
    given = words(text)
    if not set(given) <= {"float32", "float64"}:
        raise argparse.ArgumentTypeError(f"dtypes are float32 and float64; got {text!r}")
    return given


def default_threads() -> tuple[int, ...]:
    """Return 1, 2, 4, … and the number of cores."""
    cores = machine.usable_cores()
    return tuple(sorted({*(2**k for k in range(10) if 2**k <= cores), cores}))


def add_measuring(parser: argparse.ArgumentParser) -> None:
    """Add what all commands share that measure."""
    parser.add_argument(
        "--contenders", type=peers_of, default=tuple(PEERS), metavar="A,B", help=f"of {','.join(PEERS)}"
    )
    parser.add_argument("--threads", type=threads_of, default=default_threads(), metavar="1,2", help="each is tried")
    parser.add_argument("--dtypes", type=dtypes_of, default=("float32", "float64"), metavar="float32,float64")
    parser.add_argument("--rounds", type=int, default=11, help="turns of each contender (default 11)")
    parser.add_argument("--seconds", type=float, default=0.1, help="least time of a turn (default 0.1)")
    parser.add_argument("--quick", action="store_true", help="3 rounds of short turns")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure koubai beside scikit-learn, PyTorch and JAX: the same work, in turns, in the same run.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="name every row, section and contender")

    run = commands.add_parser("run", help="measure rows or sections")
    run.add_argument("rows", nargs="*", default=["training"], help="rows or sections, or `all` (default: training)")
    run.add_argument("--out", type=Path, default=Path("build/benchmarks"), help="folder of the report")
    run.add_argument(
        "--add", action="store_true", help="keep what results.json in that folder already holds of other rows"
    )
    add_measuring(run)

    check = commands.add_parser("verify", help="check that all contenders do the same work")
    check.add_argument("rows", nargs="*", default=[case.name for case in TRAINING], help="rows of training")
    check.add_argument("--contenders", type=peers_of, default=tuple(PEERS), metavar="A,B")
    check.add_argument("--threads", type=threads_of, default=default_threads(), metavar="1,2")

    show = commands.add_parser("report", help="write tables and pictures of stored results")
    show.add_argument("results", type=Path, help="results.json")
    show.add_argument("--out", type=Path, help="folder of the report (default: beside the results)")
    show.add_argument("--docs", type=Path, help="a page whose measured part is to be replaced; made if it is not there")

    two = commands.add_parser("compare", help="compare two stored runs")
    two.add_argument("before", type=Path)
    two.add_argument("after", type=Path)

    revisions = commands.add_parser("revisions", help="measure two revisions in turns; exit status 1 if slower")
    revisions.add_argument("before", help="a git revision, or . for the working tree")
    revisions.add_argument("after", help="the same")
    revisions.add_argument("rows", nargs="*", default=[case.name for case in TRAINING], help="rows of training")
    add_measuring(revisions)
    return parser


def choice_of(arguments: argparse.Namespace, pool: Pool) -> Choice:
    """Return what to measure with."""
    settings = Settings(arguments.rounds, arguments.seconds)
    if arguments.quick:
        settings = Settings(rounds=3, seconds=0.02)
    return Choice(arguments.contenders, arguments.threads, arguments.dtypes, settings, pool)


def list_all() -> None:
    """Print names."""
    for name, (_, cases) in GROUPS.items():
        print(name)
        for case in cases:
            print(f"  {case.name:18} {case.title}")
    print("contenders: " + ", ".join(f"{key} ({peer.label})" for key, peer in PEERS.items()))


def run(arguments: argparse.Namespace, command: str) -> None:
    """Measure, and write the report after every row."""
    wanted = chosen(arguments.rows)
    path = arguments.out / "results.json"
    found = Report(machine.describe(command), ())
    if arguments.add and path.exists():
        found = Report(found.machine, read(path).results)
    with Pool() as pool:
        choice = choice_of(arguments, pool)
        for section, cases in wanted:
            for results in section(cases, choice):
                found = found.adding(results)
                write(found, path)
    write_report(found, arguments.out)
    say(f"written to {arguments.out}")


def write_report(found: Report, folder: Path) -> None:
    """Write Markdown and pictures into a folder."""
    from benchmarks.plots import draw

    pictures = [(title, path.name) for title, path in draw(found, folder)]
    (folder / "report.md").write_text("# Benchmarks\n\n" + report.markdown(found, pictures))


def write_page(found: Report, page: Path) -> None:
    """Replace the measured part of a page of the documentation; its pictures go to ``images`` beside it."""
    from benchmarks.plots import draw

    images = page.parent / "images"
    pictures = [(title, f"images/{path.name}") for title, path in draw(found, images, "performance-")]
    text = page.read_text() if page.exists() else NEW_PAGE
    before, mark, rest = text.partition(BEGIN)
    _, other, after = rest.partition(END)
    if not (mark and other):
        raise SystemExit(f"{page}: it must hold the lines {BEGIN} and {END}. Put them where the figures belong.")
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(f"{before}{BEGIN}\n\n{report.markdown(found, pictures)}\n{END}{after}")


def run_verify(arguments: argparse.Namespace) -> int:
    """Print a verdict on each contender in each row; return 1 if one did other work."""
    wanted = [case for _, cases in chosen(arguments.rows) for case in cases]
    bad = False
    with Pool() as pool:
        for case in wanted:
            role = "population" if case.networks > 1 else "trainer"
            able = [p for p in arguments.contenders if getattr(PEERS[p], role) and p != "products"]
            print(case.title)
            for verdict in verify.verify(pool, case, contenders(able, arguments.threads)):
                print(f"  {verdict.line()}", flush=True)
                bad |= not verdict.same
    return int(bad)


def main(given: Sequence[str]) -> int:
    """Run the command line; return its exit status."""
    arguments = make_parser().parse_args(given)
    if arguments.command == "list":
        list_all()
    elif arguments.command == "run":
        run(arguments, "python -m benchmarks " + " ".join(given))
    elif arguments.command == "verify":
        return run_verify(arguments)
    elif arguments.command == "report":
        found = read(arguments.results)
        if arguments.docs:
            write_page(found, arguments.docs)
        else:
            write_report(found, arguments.out or arguments.results.parent)
    elif arguments.command == "compare":
        text, slower = compare.compare_reports(read(arguments.before), read(arguments.after))
        print(text)
        return int(slower)
    else:
        cases = [case for _, group in chosen(arguments.rows) for case in group]
        with Pool() as pool:
            choice = choice_of(arguments, pool)
            text, slower = compare.compare_revisions(arguments.before, arguments.after, cases, choice)
        print(text)
        return int(slower)
    return 0
