"""Questions as a table, one a row: for mail merge, spreadsheets and own programs. Answers are in the key."""

import csv
import io
from collections.abc import Sequence

from koubai.core.language import Language
from koubai.explain.quiz.papers import Paper
from koubai.explain.quiz.reading import LETTERS
from koubai.views.quiz.prompts import PlainPrompt


def written(papers: Sequence[Paper], lang: Language) -> bytes:
    """Return the table as CSV."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("student", "name", "question", "text"))
    for paper in papers:
        for number, asked in enumerate(paper.sheet.questions, start=1):
            composer = PlainPrompt(asked.notation, lang)
            choices = (f"{LETTERS[k]}) {composer.words(choice)}" for k, choice in enumerate(asked.choices))
            text = "  ".join([composer.all(asked), *choices])
            writer.writerow((paper.student.id, paper.student.name, number, text))
    return file.getvalue().encode("utf-8")
