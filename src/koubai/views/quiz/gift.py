"""Questions in GIFT, a plain text that Moodle and other platforms import."""

from collections.abc import Sequence

from koubai.core.language import Language, text
from koubai.explain.quiz.papers import Paper
from koubai.explain.quiz.questions import Question
from koubai.explain.quiz.reading import LETTERS
from koubai.views.quiz.prompts import HtmlPrompt, accepted

ESCAPES = str.maketrans({sign: f"\\{sign}" for sign in "~=#{}:\\"})


def written(papers: Sequence[Paper], lang: Language) -> bytes:
    """Return the questions of all papers as one file, with a category for each student."""
    parts = ["// koubai"]
    for paper in papers:
        topic = text(f"quiz.topic.{paper.sheet.topic}", lang)
        parts.append(f"$CATEGORY: $course$/koubai/{topic}{f'/{paper.student.id}' if paper.student.id else ''}")
        for number, asked in enumerate(paper.sheet.questions, start=1):
            parts.append(_question(asked, f"{topic} {paper.sheet.seed}-{number}", lang))
    return ("\n\n".join(parts) + "\n").encode("utf-8")


def _question(asked: Question, name: str, lang: Language) -> str:
    composer = HtmlPrompt(asked.notation, lang)
    said = {mistake.answer: _escaped(composer.words(mistake.why)) for mistake in asked.mistakes}
    lines = []
    if asked.choices:
        for letter, choice in zip(LETTERS, asked.choices, strict=False):
            sign = "=" if letter == asked.answer else "~"
            lines.append(f"{sign}{_escaped(composer.words(choice))}{_feedback(said.get(letter))}")
    else:
        right = list(dict.fromkeys(accepted(asked)))
        lines += [f"={_escaped(spelled)}" for spelled in right]
        for mistake in asked.mistakes:
            spelled = accepted(asked, mistake.answer)[0]
            if spelled not in right:
                lines.append(f"=%0%{_escaped(spelled)}{_feedback(said[mistake.answer])}")
    body = "\n".join(lines)
    return f"::{_escaped(name)}::[html]{_escaped(composer.all(asked))}{{\n{body}\n}}"


def _feedback(said: str | None) -> str:
    return f"#{said}" if said else ""


def _escaped(written: str) -> str:
    r"""Return a text with GIFT's signs escaped; backslashes too, or LaTeX's \neq would begin with a new line."""
    return written.translate(ESCAPES).replace("\n", " ")
