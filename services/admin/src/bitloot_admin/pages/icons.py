"""The icons, drawn on a 16 by 16 grid with a 1.5 stroke."""

from markupsafe import Markup

_PATHS = {
    "overview": "M2 13V8M6 13V3M10 13V6M14 13V9.5",
    "orders": "M3 5h10l-.8 8.5H3.8zM5.5 7V4.5a2.5 2.5 0 0 1 5 0V7",
    "payments": "M2 4.5h12v7.5H2zM2 7.5h12M4.5 10h2",
    "reservations": "M3 2.5h10v11l-2.5-1.5L8 13.5 5.5 12 3 13.5zM5.5 6h5M5.5 9h3",
    "webhooks": "M8 2v7M5 6l3 3 3-3M2.5 10v3.5h11V10",
    "deliveries": "M2 3.5h12v9H2zM2.5 4l5.5 4.5L13.5 4",
    "letters": "M2.5 9.5h3l1 2h3l1-2h3M2.5 9.5l2-6.5h7l2 6.5v4h-11zM6.5 5.5l3 2.5M9.5 5.5l-3 2.5",
    "outages": "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
    "audit": "M3 3.5h1M6.5 3.5H13M3 8h1M6.5 8H13M3 12.5h1M6.5 12.5H13",
    "people": "M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5M1.5 13.5c.3-2.6 2-4 4.5-4s4.2 1.4 4.5 4M11 7.3a2.2 2.2 0 0 0 0-4.3M12 9.7c1.5.4 2.4 1.7 2.5 3.8",  # noqa: E501
    "jobs": "M8 2.5a5.5 5.5 0 1 0 5.5 5.5M8 5v3l2 1.5M11 2.5h3v3M14 2.5l-3 3",
    "search": "M7 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10M10.7 10.7 14 14",
    "menu": "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
    "scheme": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M8 2v12",
    "copy": "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
    "bookmark": "M4.5 2.5h7v11L8 10.5l-3.5 3z",
    "close": "M4 4l8 8M12 4l-8 8",
    "out": "M6.5 3.5h-3v9h9v-3M9 2.5h4.5V7M13.5 2.5 7.5 8.5",
    "clock": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M8 4.5V8l2.5 1.5",
    "down": "M8 2.5V11M4.5 7.5 8 11l3.5-3.5M3 13.5h10",
    "next": "M6 3.5 10.5 8 6 12.5",
    "previous": "M10 3.5 5.5 8 10 12.5",
    # the signs of the chips: told apart by shape
    "good": "M3.5 8.5 6.5 11.5 12.5 5",
    "going": "M13.5 8A5.5 5.5 0 1 1 8 2.5",
    "warn": "M8 2.5 14 13H2zM8 6.5V9.5M8 11v.4",
    "bad": "M4.5 4.5l7 7M11.5 4.5l-7 7",
    "idle": "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6",
    # the timeline's
    "state": "M8 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7",
    "money": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M10 6.2C9.5 5.4 8.7 5 7.9 5 6.8 5 6 5.6 6 6.5c0 2.1 4 1 4 3.1 0 .9-.9 1.5-2 1.5-.9 0-1.7-.4-2.2-1.2M8 3.9V5M8 11.1v1.1",  # noqa: E501
    "provider": "M2.5 6 4 2.5h8L13.5 6M2.5 6v7.5h11V6M2.5 6h11M6.5 13.5v-4h3v4",
    "seal": "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5M8 10v1.5",
    "link": "M6.5 9.5l3-3M7 4.5 8.5 3a2.8 2.8 0 0 1 4 4L11 8.5M9 11.5 7.5 13a2.8 2.8 0 0 1-4-4L5 7.5",
    "operator": "M8 8a2.7 2.7 0 1 0 0-5.5A2.7 2.7 0 0 0 8 8M3 13.5c.4-2.7 2.2-4 5-4s4.6 1.3 5 4",
    "kafka": "M2.5 4h11M2.5 8h11M2.5 12h11M5 2.5v3M9.5 6.5v3M7 10.5v3",
}
_SAME = {"webhook": "webhooks", "mail": "deliveries", "deadLetter": "letters"}


def icon(name: str, size: int = 16) -> Markup:
    """The icon as inline SVG, hidden from screen readers: words stand beside it."""
    path = _PATHS[_SAME.get(name, name)]
    return Markup(
        '<svg width="{0}" height="{0}" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.5" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="{1}"/></svg>'
    ).format(size, path)
