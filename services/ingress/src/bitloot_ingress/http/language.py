"""Which of our languages the customer reads (RFC 9110, Accept-Language)."""

SPOKEN = ("en", "de")


def language(accept_language: str) -> str:
    """The best of ours; English where none is asked for."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language.split(",")[:20]):
        tag, _, parameters = part.partition(";")
        primary = tag.strip().lower().split("-")[0]
        if primary in SPOKEN and (quality := _quality(parameters)) > 0:
            wanted.append((-quality, place, primary))
    return min(wanted)[2] if wanted else SPOKEN[0]


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(1.0, float(value))
    except ValueError:
        return 0.0
