"""SVG: a network's picture for papers, slides and pages."""

from html import escape

from koubai.views.figures.pictures import RADIUS, Picture

POSITIVE, NEGATIVE, INK = "#0072B2", "#D55E00", "#222222"
"""Colours of weights above and below 0, which the colour-blind tell apart, and of all else."""


def write(picture: Picture) -> str:
    """Return a picture as SVG."""
    width, height = f"{picture.width:g}", f"{picture.height:g}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="Helvetica, Arial, sans-serif" font-size="13" fill="{INK}">',
        f"<title>{escape(picture.title)}</title>",
        "<metadata><!-- <dc:title>koubai</dc:title> --></metadata>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for link in picture.links:
        colour = POSITIVE if link.weight >= 0 else NEGATIVE
        lines.append(
            f'<line x1="{link.start.x:.1f}" y1="{link.start.y:.1f}" x2="{link.end.x:.1f}" y2="{link.end.y:.1f}" '
            f'stroke="{colour}" stroke-width="{link.width:.2f}" stroke-opacity="0.75"><title>{link.weight:.4g}</title>'
            "</line>"
        )
    last = len(picture.layers) - 1
    for place, nodes in enumerate(picture.layers):
        for node in nodes:
            if not node.number:
                lines += [f'<circle cx="{node.x:.1f}" cy="{node.y + d:.1f}" r="1.8"/>' for d in (-7, 0, 7)]
                continue
            lines.append(
                f'<circle cx="{node.x:.1f}" cy="{node.y:.1f}" r="{RADIUS:g}" fill="#ffffff" stroke="{INK}" '
                'stroke-width="1.3"/>'
            )
            if node.name:
                x, anchor = (node.x - 18, "end") if place < last else (node.x + 18, "start")
                lines.append(
                    f'<text x="{x:.1f}" y="{node.y + 4.5:.1f}" text-anchor="{anchor}">{escape(node.name)}</text>'
                )
        caption = escape(picture.captions[place])
        lines.append(f'<text x="{nodes[0].x:.1f}" y="{picture.height - 12:.1f}" text-anchor="middle">{caption}</text>')
    return "\n".join([*lines, "</svg>", ""])
