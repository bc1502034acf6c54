"""A code that comes in a webhook is gone before anything is stored; everything else stays byte for byte."""

import json

import pytest
from bitloot_common.scrub import MASK
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
        b'[{"serial":"KXR7Q-9PLM2-ZZT41"}]',
        b'[[[{"a":[{"Code":"KXR7Q-9PLM2-ZZT41"}]}]]]',
        b'["KXR7Q-9PLM2-ZZT41"]',
        b'[{"values":["KXR7Q-9PLM2-ZZT41"]}]',
        b'"KXR7Q-9PLM2-ZZT41"',
        b'{"cdKey":"KXR7Q-9PLM2-ZZT41","serialNumber":"KXR7Q-9PLM2-ZZT41"}',
        b'{"gift code":"KXR7Q-9PLM2-ZZT41"}',
        b'{"a":' * 600 + b'{"key":"KXR7Q-9PLM2-ZZT41"}' + b"}" * 600,
        b"[" * 600 + b'"KXR7Q-9PLM2-ZZT41"' + b"]" * 600,
        b"[" * 2000 + b'"KXR7Q-9PLM2-ZZT41"' + b"]" * 2000,
        b"reservationId=r1&key=KXR7Q-9PLM2-ZZT41",
    ],
)
@pytest.mark.parametrize(
    "code", ["KXR7Q-9PLM2-ZZT41", "KXR7 Q9PL M2ZZ T41", "kxr7q9plm2zzt41", "4917360088112345", "ab12", "Pa$s.Word/7"]
)
def test_the_code_is_gone(body: bytes, code: str) -> None:
    body = body.replace(CODE.encode(), code.encode())
    assert code.encode() in body
    assert code.encode() not in cleaned(body)


def test_a_number_may_be_a_code_too() -> None:
    assert b"4917" not in cleaned(b'[4917360088112345,{"serials":[4917360088112345]},491.7e3]')


def test_of_what_is_no_json_length_and_hash_are_left() -> None:
    left = json.loads(cleaned(b'{"key":"x'))
    assert (left["bytes"], len(left["sha256"])) == (9, 64)
    assert cleaned(b"") == b""


def test_a_list_keeps_what_is_no_code() -> None:
    body = b'[{"reservationId":"r1","event":"delivered","serial":"x","more":[{"a":1,"b":["y",2,true,null]}]}]'
    assert json.loads(cleaned(body)) == [
        {"reservationId": "r1", "event": "delivered", "serial": MASK, "more": [{"a": 1, "b": [MASK, MASK, True, None]}]}
    ]


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
