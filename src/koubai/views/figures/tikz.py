r"""TikZ: a network's picture as LaTeX draws it, by itself or with ``\\input`` in a paper."""

from koubai.views.figures.pictures import Node, Picture

POINTS = 0.75
"""Points of LaTeX in a pixel."""

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "_": r"\_", "%": r"\%", "$": r"\$", "#": r"\#", "&": r"\&",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "…": r"\dots{}",
}  # fmt: skip


def escaped(text: str) -> str:
    r"""Return a text as LaTeX shows it.

    Examples
    --------
    >>> print(escaped("a_b 50%"))
    a\_b 50\%
    """
    return "".join(SPECIAL.get(letter, letter) for letter in text)


def write(picture: Picture) -> str:
    """Return a picture as a LaTeX document that holds nothing else."""
    lines = [
        f"% koubai: {picture.title}",
        r"\documentclass[tikz,border=4pt]{standalone}",
        r"\definecolor{positive}{HTML}{0072B2}",
        r"\definecolor{negative}{HTML}{D55E00}",
        r"\begin{document}",
        r"\begin{tikzpicture}[x=0.75pt, y=-0.75pt,",
        r"  node/.style={circle, draw, fill=white, minimum size=16pt, inner sep=0}]",
    ]
    for link in picture.links:
        colour = "positive" if link.weight >= 0 else "negative"
        style = f"{colour}, opacity=0.75, line width={link.width * POINTS:.2f}pt"
        lines.append(rf"\draw[{style}] {_at(link.start)} -- {_at(link.end)};")
    last = len(picture.layers) - 1
    for place, nodes in enumerate(picture.layers):
        for node in nodes:
            if not node.number:
                lines.append(rf"\node at {_at(node)} {{$\vdots$}};")
                continue
            side = f"left:{escaped(node.name)}" if place < last else f"right:{escaped(node.name)}"
            label = f", label={{{side}}}" if node.name else ""
            lines.append(rf"\node[node{label}] at {_at(node)} {{}};")
        caption = escaped(picture.captions[place])
        lines.append(rf"\node at ({nodes[0].x:.1f}, {picture.height - 16:.1f}) {{\small {caption}}};")
    return "\n".join([*lines, r"\end{tikzpicture}", r"\end{document}", ""])


def _at(node: Node) -> str:
    return f"({node.x:.1f}, {node.y:.1f})"
