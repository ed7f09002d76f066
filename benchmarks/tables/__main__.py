"""The command line: ``published``, ``small`` and ``study``."""

import argparse
import sys
from functools import partial
from pathlib import Path

from benchmarks.tables import published, small
from benchmarks.tables.contenders import CONTENDERS, koubai
from benchmarks.tables.report import by_table, summary
from benchmarks.tables.sources import CLASSES, LARGER_CLASSES, LARGER_NUMBERS, NUMBERS, TABLES
from benchmarks.tables.study import run_study

EXAMPLES = """examples:
  python -m benchmarks.tables published 5
  python -m benchmarks.tables published 3 --tables "california;adult.csv.gz, on"
  python -m benchmarks.tables small 5 classes
  python -m benchmarks.tables study --contenders koubai,hgb,catboost --most-rows 3000 --out build/study.json
  python -m benchmarks.tables study --koubai quality=fast --tables "concrete;letter"
"""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tables", epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    literature = commands.add_parser("published", help="scores on tables of the literature")
    literature.add_argument("seeds", nargs="?", type=int, default=5, help="number of splits (default: 5)")
    literature.add_argument("--tables", default="", help="only rows that begin so: california;adult")
    commands.add_parser("small", help="scores on small tables, beside linear models").add_argument("given", nargs="*")
    study = commands.add_parser("study", help="koubai beside boosted trees on many tables")
    study.add_argument("--contenders", default="koubai,hgb", help=f"some of {', '.join(CONTENDERS)}; koubai first")
    study.add_argument("--tables", help="their names, separated by semicolons (default: all)")
    study.add_argument("--kind", choices=("classes", "numbers"), help="only tables of one kind")
    study.add_argument("--larger", action="store_true", help="only those that were added for their size")
    study.add_argument("--seeds", type=int, default=1, help="number of splits (default: 1)")
    study.add_argument("--most-rows", type=int, default=2000, help="train on at most so many rows (default: 2000)")
    study.add_argument("--out", default="build/study.json", help="where results are kept, and continued")
    study.add_argument("--koubai", default="", help="options of koubai under their own name: quality=fast,n_members=1")
    args = parser.parse_args()
    if args.command == "published":
        published.main(args.seeds, [name for name in args.tables.split(";") if name])
        return 0
    if args.command == "small":
        small.main(args.given)
        return 0
    return _study(args)


def _study(args: argparse.Namespace) -> int:
    contend, ours = dict(CONTENDERS), "koubai"
    contenders = args.contenders.split(",")
    if args.koubai:
        options = dict(option.split("=", 1) for option in args.koubai.split(","))
        ours = f"koubai {args.koubai}"
        contend[ours] = partial(koubai, **{name: _value(text) for name, text in options.items()})
        contenders = [ours if one == "koubai" else one for one in contenders]
    of_kind = {"classes": CLASSES, "numbers": NUMBERS, None: TABLES}[args.kind]
    of_size = LARGER_CLASSES | LARGER_NUMBERS if args.larger else TABLES
    names = args.tables.split(";") if args.tables else [name for name in of_kind if name in of_size]
    unknown = [name for name in names if name not in TABLES] + [one for one in contenders if one not in contend]
    if unknown:
        print(f"study: must name known tables and contenders; got {unknown[0]!r}.", file=sys.stderr)
        return 2
    path = Path(args.out)
    path.parent.mkdir(parents=True, exist_ok=True)
    results = run_study(path, contenders, names, args.seeds, args.most_rows, contend)
    print(by_table(results, contenders, args.seeds, args.most_rows))
    peers = [one for one in contenders if one != ours]
    if ours in contenders and peers:
        print(f"\n{summary(results, ours, peers, args.seeds, args.most_rows)}")
    return 0


def _value(text: str) -> object:
    """Return a number for what is one, else the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text.lower(), text)


if __name__ == "__main__":
    sys.exit(main())
