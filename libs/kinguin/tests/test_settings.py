"""What is missing is named; nothing dangerous has a default."""

from typing import Any

import pytest
from bitloot_kinguin import KinguinSettings
from pydantic import ValidationError

BASE: dict[str, Any] = {"kinguin_base_url": "http://kinguin.test"}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KinguinSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_api_has_no_default() -> None:
    with pytest.raises(ValidationError, match="kinguin_api"):
        KinguinSettings(**BASE)


@pytest.mark.parametrize(
    ("api", "missing"), [("esa", "KINGUIN_API_KEY"), ("reservations", "KINGUIN_CLIENT_ID and KINGUIN_CLIENT_SECRET")]
)
def test_each_api_names_the_credentials_it_lacks(api: str, missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        KinguinSettings(kinguin_api=api, **BASE)


def test_no_credential_is_shown() -> None:
    settings = KinguinSettings(kinguin_api="esa", kinguin_api_key="very-secret", **BASE)
    assert "very-secret" not in repr(settings)


def test_esa_may_not_repeat_a_purchase_while_the_first_may_still_arrive() -> None:
    with pytest.raises(ValidationError, match="KINGUIN_SEARCH_OVER_S"):
        KinguinSettings(
            kinguin_api="esa", kinguin_api_key="k", kinguin_search_over_s=5, kinguin_reserve_timeout_s=15, **BASE
        )
