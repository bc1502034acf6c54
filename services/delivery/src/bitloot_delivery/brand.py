"""The shop's name and colours, made readable: contrasts meet WCAG 2.2 AA whatever SHOP_COLOUR says."""

from dataclasses import dataclass
from typing import Final

CONTRAST_MIN: Final = 4.6  # WCAG asks 4.5:1 for text; rounding to whole channels costs a little
LIGHT: Final = "#ffffff"
DARK: Final = "#14161c"


@dataclass(frozen=True, slots=True)
class Brand:
    """`colour` as `#rrggbb`; `contact` is a mail address, a URL or empty."""

    name: str
    colour: str
    contact: str = ""

    @property
    def on_colour(self) -> str:
        """The text colour on a button of `colour`: whichever of white and near-black reads better."""
        return max((LIGHT, DARK), key=lambda text: contrast(text, self.colour))

    @property
    def button(self) -> str:
        """`colour`, moved as far from its text as it takes to be read."""
        return readable(self.colour, self.on_colour)

    @property
    def on_light(self) -> str:
        """`colour` as text and lines on a light ground."""
        return readable(self.colour, "#f4f5f8")

    @property
    def on_dark(self) -> str:
        """`colour` as text and lines on a dark ground."""
        return readable(self.colour, "#1e2129")


def readable(colour: str, ground: str) -> str:
    """`colour`, mixed with black or white until it stands out from `ground`."""
    goal = (0, 0, 0) if _luminance(ground) > 0.18 else (255, 255, 255)
    start = _channels(colour)
    for step in range(21):
        mixed = tuple(round(a + (b - a) * step / 20) for a, b in zip(start, goal, strict=True))
        text = "#{:02x}{:02x}{:02x}".format(*mixed)
        if contrast(text, ground) >= CONTRAST_MIN:
            return text
    return "#{:02x}{:02x}{:02x}".format(*goal)


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two `#rrggbb` colours: 1 to 21."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
