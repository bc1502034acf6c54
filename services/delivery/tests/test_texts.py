"""Texts, colours and settings: every language says everything, every colour can be read."""

import hashlib
import string
from importlib.resources import files
from typing import Any

import pytest
from bitloot_delivery.assets import Assets
from bitloot_delivery.brand import Brand, contrast
from bitloot_delivery.settings import DeliverySettings
from bitloot_delivery.texts import LANGUAGES, texts
from bitloot_delivery.use_cases.open_link import LinkState
from delivery_shop import a_key
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same(language: str) -> None:
    english, other = texts("en").names(), texts(language).names()
    assert set(other) == set(english)
    assert {name: fields(text) for name, text in other.items()} == {n: fields(t) for n, t in english.items()}
    for state in LinkState:
        if state is not LinkState.READY:
            assert f"states.{state}.title" in other


def test_headers_without_end_keep_one_set_of_texts_per_language() -> None:
    """Anybody may send any Accept-Language: neither memory nor parsing may grow with them."""
    kept = {id(texts(f"x{number}, de;q=0.{number % 9 + 1}")) for number in range(1000)}
    assert kept == {id(texts("de"))}


@given(st.from_regex("#[0-9a-f]{6}", fullmatch=True))
def test_any_shop_colour_can_be_read(colour: str) -> None:
    brand = Brand("Shop", colour)
    assert contrast(brand.on_colour, brand.button) >= 4.5
    assert contrast(brand.on_light, "#f4f5f8") >= 4.5
    assert contrast(brand.on_dark, "#1e2129") >= 4.5


def test_the_vendored_script_is_what_was_recorded() -> None:
    static = files("bitloot_delivery").joinpath("static")
    recorded = static.joinpath("VENDORED.md").read_text()
    assert hashlib.sha256(static.joinpath("qr.js").read_bytes()).hexdigest() in recorded
    assert Assets(Brand("Shop", "#123456"))["qr.js"].content == static.joinpath("qr.js").read_bytes()


def test_a_link_secret_that_is_also_in_the_key_ring_is_refused() -> None:
    one = a_key()
    with pytest.raises(ValidationError, match="repeats a key of KEY_RING"):
        settings(key_ring=one, link_secrets=one)


@pytest.mark.parametrize("missing", ["r2_endpoint", "key_ring", "link_secrets", "frontend_url", "email_from"])
def test_nothing_that_matters_has_a_default(missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        settings(**{missing: None})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"smtp_url": ""}, "needs SMTP_URL"),
        ({"mail_transport": "resend"}, "needs RESEND_API_KEY"),
        ({"shop_colour": "red"}, "shop_colour"),
        ({"key_ring": "nonsense"}, "entry 1"),
        ({"storage_url_ttl_s": 604_801}, "storage_url_ttl_s"),
    ],
)
def test_wrong_settings_are_named(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        settings(**wrong)


def settings(**changes: Any) -> DeliverySettings:
    good: dict[str, Any] = {
        "database_url": "postgresql://x",
        "kafka_bootstrap_servers": "x:1",
        "http_port": 1,
        "r2_endpoint": "https://account.r2.example",
        "r2_access_key_id": "id",
        "r2_secret_access_key": "secret",
        "r2_bucket": "bucket",
        "key_ring": a_key("ring"),
        "link_secrets": a_key("link"),
        "frontend_url": "https://shop.example",
        "smtp_url": "smtp://mail.example",
        "email_from": "a@b.example",
        "kinguin_api": "esa",
        "kinguin_api_key": "k",
        "kinguin_base_url": "https://k.example",
    } | changes
    return DeliverySettings(**{name: value for name, value in good.items() if value is not None})


def test_good_settings_are_accepted_and_hide_their_secrets() -> None:
    made = settings(r2_addressing_style="virtual")
    assert made.storage_origin == "https://bucket.account.r2.example"
    for secret in (made.key_ring, made.link_secrets):
        assert secret.rpartition(":")[2] not in repr(made)
