"""A waterfall as SVG: one bar per stage, laid end to end, readable in both colour schemes."""

from html import escape

WIDTH, LABEL, RIGHT, ROW, TOP = 760, 150, 80, 26, 56

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1c2430 } .title { font-weight: 600; font-size: 15px }
.ms { fill: #5b6675 } rect { fill: #3b6fd4 } line { stroke: #d5dae1 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6eaf0 } .ms { fill: #9aa5b4 } rect { fill: #7aa5ff } line { stroke: #3a424e }
}
"""


def waterfall(stages: list[tuple[str, float]], title: str) -> str:
    """`stages`: name and duration in milliseconds, in order. Returns the SVG document."""
    total = sum(ms for _, ms in stages) or 1.0
    scale = (WIDTH - LABEL - RIGHT) / total
    height = TOP + ROW * len(stages) + 16
    rows = []
    at = 0.0
    for number, (name, ms) in enumerate(stages):
        y = TOP + ROW * number
        x, width = LABEL + at * scale, max(1.5, ms * scale)
        rows.append(
            f'<text x="{LABEL - 10}" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
            f'<line x1="{LABEL}" y1="{y + 22}" x2="{WIDTH - 12}" y2="{y + 22}"/>'
            f'<rect x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="15" rx="2"/>'
            f'<text class="ms" x="{x + width + 6:.1f}" y="{y + 15}">{ms:.1f} ms</text>'
        )
        at += ms
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}"><style>{_STYLE}</style>'
        f'<text class="title" x="12" y="24">{escape(title)}: {total:.0f} ms</text>{"".join(rows)}</svg>\n'
    )
