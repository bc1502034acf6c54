"""Charts as SVG from the server: bars over the hours."""

from dataclasses import dataclass

from bitloot_admin.models.overview import Hour

WIDTH, HEIGHT, FOOT, HEAD = 560, 132, 18, 14


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `label` under some, `told` as its tooltip."""

    x: float
    y: float
    width: float
    height: float
    label: str
    told: str
    now: bool


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars, the highest value, and what a screen reader hears."""

    bars: list[Bar]
    top: str
    summary: str
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - FOOT


def hours_chart(hours: list[Hour], what: str, unit: str = "") -> BarChart:
    """`what` is `orders` or `revenue` of each hour; the current hour, not over yet, is pale."""
    values = [float(getattr(hour, what)) for hour in hours]
    top = max(values, default=0) or 1
    slot = WIDTH / max(len(hours), 1)
    room = HEIGHT - FOOT - HEAD
    bars = [
        Bar(
            x=round(i * slot + slot * 0.14, 1),
            y=round(HEIGHT - FOOT - room * value / top, 1),
            width=round(slot * 0.72, 1),
            height=round(room * value / top, 1),
            label=f"{hour.at:%H}" if hour.at.hour % 4 == 0 else "",
            told=f"{hour.at:%H}:00 UTC: {_amount(value, unit)}",
            now=i == len(hours) - 1,
        )
        for i, (hour, value) in enumerate(zip(hours, values, strict=True))
    ]
    total = sum(values)
    summary = f"{_amount(total, unit)} in 24 hours, at most {_amount(max(values, default=0), unit)} in one hour"
    return BarChart(bars, _amount(max(values, default=0), unit), summary)


def _amount(value: float, unit: str) -> str:
    text = f"{value:,.2f}" if unit else f"{value:,.0f}"
    return f"{text} {unit}".strip()
