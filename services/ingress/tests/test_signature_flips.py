"""Every byte of body and signature counts."""

import hashlib
import hmac
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .test_signature_vectors import IPN, provider

SECRET = b"flip"
BODY = json.dumps(json.loads(IPN), sort_keys=True, separators=(",", ":")).encode()
SIGNATURE = hmac.new(SECRET, BODY, hashlib.sha512).hexdigest().encode()
CHECK = provider(SECRET.decode())


def flipped(data: bytes, at: int, bit: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def test_the_unflipped_holds() -> None:
    assert CHECK.verify(SIGNATURE, BODY, raw_only=False) == "current"


@pytest.mark.parametrize("at", range(len(BODY)))
def test_a_flipped_byte_of_the_body_is_noticed(at: int) -> None:
    for bit in range(8):
        assert CHECK.verify(SIGNATURE, flipped(BODY, at, bit), raw_only=False) is None


@pytest.mark.parametrize("at", range(len(SIGNATURE)))
def test_a_flipped_byte_of_the_signature_is_noticed(at: int) -> None:
    for bit in range(8):
        wrong = flipped(SIGNATURE, at, bit)
        if wrong.lower() != SIGNATURE:  # hex in either case is the same signature
            assert CHECK.verify(wrong, BODY, raw_only=False) is None


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=200))
def test_no_bytes_hold_by_chance_and_none_raise(signature: bytes, body: bytes) -> None:
    assert CHECK.verify(signature, body, raw_only=False) is None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_signed_bytes_hold(body: bytes) -> None:
    assert CHECK.verify(hmac.new(SECRET, body, hashlib.sha512).hexdigest().encode(), body, raw_only=True) == "current"


@pytest.mark.parametrize("length", [0, 1, 64, 126, 127, 129, 130, 256])
def test_a_signature_of_another_length_does_not_hold(length: int) -> None:
    assert CHECK.verify((SIGNATURE * 2)[:length], BODY, raw_only=False) is None
