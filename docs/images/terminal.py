"""Draw the text on standard input as a terminal window.

    archc analyze specs/vgg16.arch | python docs/images/terminal.py archc analyze specs/vgg16.arch

The SVG goes to standard output. It names no font that has to be fetched and holds the text as text.
"""

from __future__ import annotations

import sys
from html import escape

SIZE = 13
ADVANCE = 7.8
LINE = 18
MARGIN = 16
BAR = 36
BUTTONS = ("#ff5f57", "#febc2e", "#28c840")
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def window(lines: list[str], title: str) -> str:
    """The SVG of a window as wide as its longest line."""
    width = max(map(len, [*lines, title])) * ADVANCE + 2 * MARGIN
    height = len(lines) * LINE + BAR + MARGIN
    dots = "".join(
        f'<circle cx="{18 + 18 * place}" cy="18" r="6" fill="{colour}"/>'
        for place, colour in enumerate(BUTTONS)
    )
    rows = "\n".join(row(number, text) for number, text in enumerate(lines) if text.strip())
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" \
width="{width:.0f}" height="{height}" role="img">
<title>{escape(title)}</title>
<rect width="100%" height="100%" rx="8" fill="#1e2127"/>
{dots}
<g font-family="{FONT}" font-size="{SIZE}" fill="#d7dae0" xml:space="preserve">
<text x="50%" y="22" text-anchor="middle" fill="#8b919d">{escape(title)}</text>
{rows}
</g>
</svg>
"""


def row(number: int, text: str) -> str:
    """One line; `textLength` keeps the columns straight in whatever font the reader has."""
    indent = len(text) - len(text.lstrip())
    shown = text.strip()
    return (
        f'<text x="{MARGIN + indent * ADVANCE:.1f}" y="{BAR + (number + 1) * LINE - 5}" '
        f'textLength="{len(shown) * ADVANCE:.1f}">{escape(shown)}</text>'
    )


if __name__ == "__main__":
    text = sys.stdin.read().rstrip("\n").expandtabs().split("\n")
    sys.stdout.write(window(text, " ".join(sys.argv[1:])))
