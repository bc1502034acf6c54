"""A code that comes in a webhook is gone before anything is stored; everything else stays byte for byte."""

import json

import pytest
from bitloot_ingress.providers.provider import load_object
from bitloot_ingress.providers.redaction import without_codes

CODE = "KXR7Q-9PLM2-ZZT41"


def cleaned(body: bytes) -> bytes:
    return without_codes(body, load_object(body))


@pytest.mark.parametrize(
    "body",
    [
        b'{"reservationId":"r1","key":"KXR7Q-9PLM2-ZZT41"}',
        b'{"reservationId":"r1", "Code" : "KXR7Q-9PLM2-ZZT41"}',
        b'{"codes":[{"code":"KXR7Q-9PLM2-ZZT41"}]}',
        b'{"a":{"b":[{"serial":"KXR7Q-9PLM2-ZZT41"}]}}',
        b'{"SERIALS":"KXR7Q-9PLM2-ZZT41","keys":1}',
        b'{"\\u006bey":"KXR7Q-9PLM2-ZZT41"}',
        b'{"\\u006B\\u0065\\u0079":"KXR7Q-9PLM2-ZZT41"}',
        b'{"key":"KXR7Q-9PLM2-ZZT41","key":null}',
        b'{"a":{"key":"KXR7Q-9PLM2-ZZT41"},"a":1}',
        b'{"key":"KXR7Q-9PLM2-ZZT41","name":"\\ud800"}',
        b'{"key":"KXR7Q-9PLM2-ZZT41"',
        b"not json: KXR7Q-9PLM2-ZZT41 \xff",
    ],
)
def test_the_code_is_gone(body: bytes) -> None:
    assert CODE.encode() in body
    assert CODE.encode() not in cleaned(body)


def test_what_stands_beside_the_code_stays() -> None:
    assert json.loads(cleaned(b'{"reservationId":"r1","key":"KXR7Q-9PLM2-ZZT41","n":1.5}')) == {
        "reservationId": "r1",
        "key": "[redacted]",
        "n": 1.5,
    }


@pytest.mark.parametrize(
    "body",
    [b'{ "reservationId":"r1",\n"event":"give"}', b'{"name":"Pok\\u00e9mon","productId":"1"}', b'{"keyType":"text"}'],
)
def test_a_body_without_one_stays_byte_for_byte(body: bytes) -> None:
    assert cleaned(body) is body
