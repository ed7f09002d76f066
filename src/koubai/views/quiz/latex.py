"""Sheets as LaTeX for the class ``exam`` (Hirschhorn): numbered questions with points, room, solutions on demand."""

from collections.abc import Sequence

from koubai.core.language import Language, text
from koubai.explain.derivations import say
from koubai.explain.quiz.papers import Paper
from koubai.explain.quiz.questions import Question
from koubai.explain.quiz.sheets import TOPICS, solution
from koubai.views.formulas.latex import escape
from koubai.views.quiz.prompts import LatexPrompt

SYMBOLS = {
    "−": "-", "×": r"\times", "·": r"\cdot", "√": r"\surd", "′": "'", "‖": r"\|", "≤": r"\le", "≥": r"\ge",
    "≠": r"\ne", "≈": r"\approx", "→": r"\to", "∂": r"\partial", "Σ": r"\Sigma", "Δ": r"\Delta", "α": r"\alpha",
    "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\varepsilon", "η": r"\eta", "θ": r"\theta", "λ": r"\lambda",
    "μ": r"\mu", "π": r"\pi", "ρ": r"\rho", "σ": r"\sigma", "φ": r"\varphi", "ᵗ": "^t", "ᵀ": r"^\top",
    "⁴": "^4", "₀": "_0", "₁": "_1", "₂": "_2", "₃": "_3",
}  # fmt: skip
"""Characters of text outside formulas, and how LaTeX writes them."""

HEAD = r"""% koubai
% pdflatex or xelatex for English, lualatex for Japanese. With \printanswers, the answers are printed.
\documentclass[11pt,a4paper,addpoints]{exam}
\usepackage{amsmath,amssymb}
\usepackage{iftex}
\ifLuaTeX\usepackage{luatexja}\else ENGINE\fi
\usepackage{newunicodechar}
SIGNS
\pointsinrightmargin
\renewcommand{\solutiontitle}{\noindent\textbf{ANSWER}\enspace}
%\printanswers
\begin{document}
"""
TAIL = "\\end{document}\n"
ENGINE = {
    "en": r"\relax",
    "ja": r"\errmessage{This sheet is in Japanese, whose letters only lualatex can set here: run lualatex on it}",
}
"""What to do where TeX is another than LuaTeX."""


def written(papers: Sequence[Paper], lang: Language) -> bytes:
    """Return the sheets of all papers as one document, each on a page of its own."""
    parts = [_paper(paper, lang) for paper in papers]
    signs = "\n".join(rf"\newunicodechar{{{sign}}}{{\ensuremath{{{macro}}}}}" for sign, macro in SYMBOLS.items())
    head = HEAD.replace("SIGNS", signs).replace("ENGINE", ENGINE[lang])
    head = head.replace("ANSWER", escape(text("quiz.blank", lang)))
    return (head + "\\newpage\n".join(parts) + TAIL).encode("utf-8")


def _paper(paper: Paper, lang: Language) -> str:
    sheet = paper.sheet
    topic, level = text(f"quiz.topic.{sheet.topic}", lang), text(f"quiz.level.{sheet.level}", lang)
    title = text("quiz.title.sheet", lang, topic=topic, seed=sheet.seed, level=level)
    named = text("quiz.name", lang)
    student = escape(paper.student.shown) if paper.student.shown else r"\underline{\hspace{6cm}}"
    questions = "\n".join(_question(asked, TOPICS[sheet.topic].room[sheet.level], lang) for asked in sheet.questions)
    return (
        f"\\section*{{{escape(title)}}}\n\\noindent {escape(named)} {student}\n\n\\noindent "
        f"{escape(text(TOPICS[sheet.topic].how, lang))}\n\\setcounter{{question}}{{0}}\n"
        f"\\begin{{questions}}\n{questions}\n\\end{{questions}}\n"
    )


def _question(asked: Question, room: int, lang: Language) -> str:
    composer = LatexPrompt(asked.notation, lang)
    begun = rf"\filbreak\question[1] {composer.all(asked)}"  # on a new page, where it does not fit on this one
    if asked.choices:
        lines = "\n".join(
            rf"\{'CorrectChoice' if letter == asked.answer else 'choice'} {composer.words(choice)}"
            for letter, choice in zip("ABCDEFGH", asked.choices, strict=False)
        )
        return f"{begun}\n\\begin{{choices}}\n{lines}\n\\end{{choices}}"
    answer = composer.words(solution(asked)) if not isinstance(asked.answer, str) else _shape(asked, composer)
    return f"{begun}\n\\begin{{solutionorbox}}[{room}mm]\n{answer}\n\\end{{solutionorbox}}"


def _shape(asked: Question, composer: LatexPrompt) -> str:
    return composer.words(say("quiz.solution", answer=asked.answer_formula))
