"""The report that ``koubai fit`` writes of what it fitted."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from koubai.cli.parts.outputs import check_different, check_output
from koubai.core.errors import ParameterError

if TYPE_CHECKING:
    from koubai.models.prepared import PreparedTable
    from koubai.models.table_model import TableModel

ENDINGS = (".html", ".htm", ".md", ".txt")


def add_options(group: "argparse._ArgumentGroup") -> None:
    """Add the options of the report."""
    group.add_argument(
        "--report",
        metavar="FILE",
        help="write a report too: scores with baselines, curves, what matters, what is most wrong (.html, .md, .txt)",
    )
    group.add_argument("--lang", metavar="LANG", help="its language: en or ja (default: from the environment)")


def check(args: argparse.Namespace, model_file: str, streamed: bool) -> None:
    """Raise an error in one sentence, before training, if there can be no such report."""
    from koubai.core.language import language

    if args.report is None:
        if args.lang is not None:
            raise ParameterError(f"--lang must come with --report; got '{args.lang}' alone. Add --report report.html.")
        return
    language(args.lang)
    path = Path(args.report)
    if path.suffix.lower() not in ENDINGS:
        remedy = f"Try {path.stem or 'report'}.html."
        raise ParameterError(f"--report must end in .html, .md or .txt; got '{args.report}'. {remedy}")
    if streamed:
        raise ParameterError(
            f"--report must come with a table in memory; got '{args.report}' with one that is read block by block. "
            "Leave it out, or give fewer rows."
        )
    check_different(args.report, model_file, "model")
    check_different(args.report, args.checkpoint, "checkpoint")
    check_output(args.report, args.force, reads=[args.table])


def write(model: "TableModel", prepared: "PreparedTable", args: argparse.Namespace, model_file: str) -> None:
    """Write the report, if one is asked for."""
    if args.report is None:
        return
    from koubai.models.reporting.collecting import report_of_fit

    report_of_fit(model, prepared, args.table, model_file, args.seed).save(args.report, args.lang)
    if not args.quiet:
        print(f"Wrote    {args.report}", file=sys.stderr)
