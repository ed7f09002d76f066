"""The report that ``koubai fit`` writes of what it fitted."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from koubai.cli.parts.outputs import check_different, check_output
from koubai.cli.parts.parser import add_language
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.core.printing import say

if TYPE_CHECKING:
    from koubai.models.prepared import PreparedTable
    from koubai.models.table_model import TableModel

ENDINGS = (".html", ".htm", ".md", ".txt")


def add_options(group: "argparse._ArgumentGroup") -> None:
    """Add the options of the report, and of the language."""
    group.add_argument(
        "--report",
        metavar="FILE",
        help="write a report too: scores with baselines, curves, what matters, what is most wrong (.html, .md, .txt)",
    )
    add_language(group)


def check(args: argparse.Namespace, model_file: str, streamed: bool) -> None:
    """Raise an error in one sentence, before training, if there can be no such report."""
    if args.report is None:
        return
    path = Path(args.report)
    if path.suffix.lower() not in ENDINGS:
        remedy = worded("core.remedy.name_html", stem=path.stem or "report")
        raise ParameterError(worded("cli.error.report_end_html_md_txt", report=args.report, remedy=remedy))
    if streamed:
        raise ParameterError(worded("cli.error.report_come_table_memory_got", report=args.report))
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
        say(worded("cli.wrote_report", report=args.report), sys.stderr)
