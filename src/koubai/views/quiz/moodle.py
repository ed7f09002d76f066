"""Questions as Moodle XML, which Moodle's question bank imports: a category for each student, feedback for mistakes.

The format is that of Moodle's documentation, "Moodle XML format": short answers and multiple choice.
"""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from koubai.core.language import Language, text
from koubai.explain.quiz.papers import Paper
from koubai.explain.quiz.questions import Question
from koubai.explain.quiz.reading import LETTERS
from koubai.views.quiz.prompts import HtmlPrompt, accepted


def written(papers: Sequence[Paper], lang: Language) -> bytes:
    """Return the questions of all papers as one file."""
    quiz = ET.Element("quiz")
    quiz.append(ET.Comment(" koubai "))
    for paper in papers:
        topic = text(f"quiz.topic.{paper.sheet.topic}", lang)
        folders = ["$course$", "koubai", topic, *([paper.student.id] if paper.student.id else [])]
        category = ET.SubElement(ET.SubElement(quiz, "question", type="category"), "category")
        _text(category, "/".join(folder.replace("/", "//") for folder in folders))
        for number, asked in enumerate(paper.sheet.questions, start=1):
            name = f"{topic} {paper.sheet.seed}-{number}"
            quiz.append(_choice(asked, name, lang) if asked.choices else _short_answer(asked, name, lang))
    ET.indent(quiz)
    return ET.tostring(quiz, encoding="utf-8", xml_declaration=True) + b"\n"


def _question(asked: Question, kind: str, name: str, lang: Language) -> ET.Element:
    element = ET.Element("question", type=kind)
    _text(ET.SubElement(element, "name"), name)
    _text(ET.SubElement(element, "questiontext", format="html"), HtmlPrompt(asked.notation, lang).all(asked))
    for tag, value in (("defaultgrade", "1"), ("penalty", "0.3333333"), ("hidden", "0")):
        ET.SubElement(element, tag).text = value
    return element


def _short_answer(asked: Question, name: str, lang: Language) -> ET.Element:
    """Return a short answer: every spelling of the right one, and the known mistakes with what went wrong."""
    element = _question(asked, "shortanswer", name, lang)
    ET.SubElement(element, "usecase").text = "0"
    composer = HtmlPrompt(asked.notation, lang)
    right = list(dict.fromkeys(spelled.lower() for spelled in accepted(asked)))
    for spelled in right:
        _answer(element, _literal(spelled), 100, "")
    seen = set(right)
    for mistake in asked.mistakes:
        for spelled in accepted(asked, mistake.answer):
            if spelled.lower() not in seen:
                seen.add(spelled.lower())
                _answer(element, _literal(spelled), 0, composer.words(mistake.why))
    return element


def _literal(spelled: str) -> str:
    """Return an answer with its stars escaped, which would be wildcards."""
    return spelled.replace("*", r"\*")


def _choice(asked: Question, name: str, lang: Language) -> ET.Element:
    element = _question(asked, "multichoice", name, lang)
    for tag, value in (("single", "true"), ("shuffleanswers", "true"), ("answernumbering", "ABCD")):
        ET.SubElement(element, tag).text = value
    composer = HtmlPrompt(asked.notation, lang)
    said = {mistake.answer: composer.words(mistake.why) for mistake in asked.mistakes}
    for letter, choice in zip(LETTERS, asked.choices, strict=False):
        share = 100 if letter == asked.answer else 0
        _answer(element, composer.words(choice), share, said.get(letter, ""), "html")
    return element


def _answer(element: ET.Element, answer: str, fraction: int, feedback: str, form: str = "plain_text") -> None:
    found = ET.SubElement(element, "answer", fraction=str(fraction), format=form)
    _text(found, answer)
    _text(ET.SubElement(found, "feedback", format="html"), feedback)


def _text(element: ET.Element, value: str) -> None:
    ET.SubElement(element, "text").text = value
