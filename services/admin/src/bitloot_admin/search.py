"""What someone typed into the search box."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Term:
    """The text without its surrounding blanks, and the UUID that it may be."""

    text: str

    @classmethod
    def of(cls, typed: str | None) -> "Term | None":
        """None when nothing was typed."""
        text = (typed or "").strip().replace("\x00", "")
        return cls(text) if text else None

    @property
    def uuid(self) -> UUID | None:
        try:
            return UUID(self.text)
        except ValueError:
            return None

    @property
    def prefix_range(self) -> tuple[str, str]:
        """Bounds, in byte order, of what begins with the text in lower case: from, and below."""
        low = self.text.lower()
        return low, low + "\U0010ffff"
