"""Which language a customer reads, whatever the header says."""

import pytest
from bitloot_common.language import language
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("header", "spoken"),
    [
        (None, "en"),
        ("", "en"),
        ("de", "de"),
        ("DE_de", "de"),
        ("de-AT,en;q=0.8", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr,de;q=0.5,en;q=0.7", "en"),
        ("fr, en;q=0.5, de;q=0.7", "de"),
        ("en;q=0.5, de;q=0.5", "en"),
        ("fr, it", "en"),
        ("xx", "en"),
        ("de;q=0, en;q=0.1", "en"),
        ("de;q=0", "en"),
        ("de;q=nonsense", "en"),
        ("de;q=nan", "en"),
        ("de;q=99, en", "de"),
        ("*", "en"),
        (",,;;=,", "en"),
    ],
)
def test_the_language_is_chosen_by_preference(header: str | None, spoken: str) -> None:
    assert language(header) == spoken


@given(st.text())
def test_any_header_is_answered(header: str) -> None:
    assert language(header) in {"en", "de"}
