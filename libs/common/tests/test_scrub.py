"""Nothing that looks like a secret gets past the scrubber; ordinary text does."""

import functools
import re
from typing import Any

import pytest
from bitloot_common.scrub import _HINT, _PATTERNS, MASK, is_secret_name, redact_headers, scrub, scrub_value
from hypothesis import given, settings
from hypothesis import strategies as st

SECRETS = [
    ("GET /d/eyJhbGciOiJIUzI1NiJ9.abc.def 200", "eyJhbGci"),
    ("Authorization: Bearer abcdef123456", "abcdef123456"),
    ("https://s3/x?X-Amz-Credential=AKIA1234&X-Amz-Signature=0badc0de99", "0badc0de99"),
    ('{"serial": "QWERT-12345"}', "QWERT-12345"),
    ("the key is ABCDE-12345-FGHIJ-67890", "ABCDE-12345"),
    ("the key is 9540-7733-8743", "9540-7733-8743"),
    ("the key is 01A20A86-9540-7733-8743-9901A0374F15", "9540-7733-8743"),
    ("the key is ABCDE-9540-7733-8743-9901a0374f15", "9540-7733"),
    ("postgresql://bitloot:hunter22@db:5432/x", "hunter22"),
    ("client_secret=s3cr3tvalue&grant_type=client_credentials", "s3cr3tvalue"),
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_a_secret_in_text_is_masked(text: str, secret: str) -> None:
    assert secret not in scrub(text)
    assert MASK in scrub(text)


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in _PATTERNS], ids=lambda pattern: pattern.pattern[:20])
@settings(max_examples=30)
@given(data=st.data())
def test_the_first_look_overlooks_nothing_that_a_pattern_would_take_out(pattern: re.Pattern[str], data: Any) -> None:
    text = data.draw(st.from_regex(pattern))
    assert _HINT.search(text)
    assert scrub(text) == functools.reduce(lambda left, each: each[0].sub(each[1], left), _PATTERNS, text)


@pytest.mark.parametrize(
    "text",
    [
        "order 0196b1a2-7c3d-7e4f-8a5b-6c7d8e9f0a1b is paid",
        "order 01a20a86-9540-7733-8743-9901a0374f15 is paid",
        "payments.ipn[3]@42 handled in 12 ms",
        "listening on http://127.0.0.1:4000/healthz",
        "status code: None",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert scrub(text) == text


def test_values_are_walked_and_secret_names_masked() -> None:
    value = {"detail": {"codes": ["A1"], "note": "token=abcdef99"}, "count": 3, "api_key": "k"}
    assert scrub_value(value) == {"detail": {"codes": MASK, "note": f"token={MASK}"}, "count": 3, "api_key": MASK}


def test_stored_headers_keep_names_and_lose_secrets() -> None:
    headers = {"X-Auth-Token": "s", "x-nowpayments-sig": "s", "X-Event-Secret": "s", "content-type": "application/json"}
    assert redact_headers(headers) == {
        "X-Auth-Token": MASK,
        "x-nowpayments-sig": MASK,
        "X-Event-Secret": MASK,
        "content-type": "application/json",
    }


@pytest.mark.parametrize(
    "name",
    "Proxy-Authorization x-webhook-secret X-Kinguin-Secret x-signature X-Api-Token x-hub-signature-256 set-cookie"
    " X-Auth-Token x_auth_token Idempotency-Key order_session_token kafka_sasl_password x-shop-sig serials".split(),
)
def test_a_name_is_a_secrets_however_it_is_spelt(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", "content-type x-forwarded-for x-event-name tokens design key secretary".split())
def test_other_names_are_none(name: str) -> None:
    assert not is_secret_name(name)
