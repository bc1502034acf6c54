"""Our reading of NOWPayments' signature against Node's own `JSON.stringify` and `crypto`, bit for bit."""
# ruff: noqa: E501  (vectors stand whole)

import hmac
import json
import random
import struct
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bitloot_ingress import javascript
from bitloot_ingress.providers.nowpayments import NowPayments

SECRET = "Kk5 /+ü=secret"
IPN = (
    '{"payment_id":5745459419,"payment_status":"finished","pay_address":"3EZ2uTdVDAMFXTfc6uLDDKR6o8qKBZXVkj",'
    '"price_amount":9.99,"price_currency":"eur","pay_amount":0.00016514,"actually_paid":0.00016514,'
    '"order_id":"01990a5e-6f2a-7c3e-9d51-3f1f0f6f7a10","fee":{"currency":"btc","depositFee":0.000083,'
    '"withdrawalFee":0,"serviceFee":0},"payment_extra_ids":[5745459419],"invoice_id":null}'
)

BODIES = [
    IPN,
    json.dumps(json.loads(IPN), indent=2),
    json.dumps(json.loads(IPN), sort_keys=True),
    # numbers: the range where real fees lie, its borders, and where the two languages differ
    '{"a":0.000083}', '{"a":0.0001}', '{"a":0.00009999999999999999}', '{"a":0.000001}', '{"a":0.0000009999}',
    '{"a":1e-7}', '{"a":1.5E-7}', '{"a":-8.3e-05}', '{"a":13.0}', '{"a":13.10}', '{"a":1e2}', '{"a":-0}',
    '{"a":-0.0}', '{"a":0.1e1}', '{"a":1e20}', '{"a":1e21}', '{"a":123456789012345680000}', '{"a":1.7e308}',
    '{"a":1e400}', '{"a":-1e400}', '{"a":5e-324}', '{"a":9007199254740991}', '{"a":9007199254740993}',
    '{"a":-9007199254740993}', '{"a":12345678901234567890123}', '{"a":0.30000000000000004}', '{"a":100000000000000000000.5}',
    # key order: UTF-16 code units, array indices first and by value, the empty name, repeated names
    '{"b":1,"a":2,"B":3,"":4}', '{"10":1,"9":2,"a":3,"01":4,"-1":5}', '{"4294967294":1,"4294967295":2,"1":3}',
    '{"\U0001f600":1,"\ufb01":2,"\u00e9":3,"z":4}', '{"a":1,"a":2}', '{"a":{"b":1},"a":{"c":2,"b":3}}',
    '{"__proto__":{"x":1},"a":2}', '{"__proto__":1,"constructor":2,"toString":3}',
    # strings
    '{"a":"Pok\u00e9mon \u2013 Gold \U0001f3ae"}', '{"a":"\\u00e9\\ud83c\\udfae"}', '{"a":"\\ud800 alone \\udc00"}',
    '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f"}', '{"a":"\u2028\u2029\u0085\u00ad"}', '{"\\ud800":1,"\\uffff":2}',
    # shapes
    "{}", '{"a":[]}', '{"a":{}}', '{"a":[[1,[2,{"c":1,"b":2}]],null,true,false,""]}', '{"a":[{"b":1,"a":2},3]}',
    '{"a":null,"b":true,"c":false}', '[{"b":1,"a":2}]', ' {\n\t"a" : 1 } ',
]  # fmt: skip


@pytest.fixture(scope="module")
def node() -> list[dict[str, str]]:
    return ask_node([{"secret": SECRET, "body": body} for body in BODIES])


def ask_node(vectors: list[dict[str, str]]) -> list[dict[str, str]]:
    script = Path(__file__).with_name("signatures.js")
    out = subprocess.run(["node", str(script)], input=json.dumps(vectors), capture_output=True, text=True, check=True)
    answer: list[dict[str, str]] = json.loads(out.stdout)
    return answer


def provider(current: str = SECRET, previous: str = "") -> NowPayments:
    settings: Any = SimpleNamespace(
        nowpayments_ipn_secret=current.strip(), nowpayments_ipn_secret_previous=previous.strip()
    )
    return NowPayments(settings)


def test_there_are_enough_vectors() -> None:
    assert len(BODIES) >= 40


@pytest.mark.parametrize("index", range(len(BODIES)))
def test_the_canonical_texts_are_nodes(node: list[dict[str, str]], index: int) -> None:
    value = javascript.parse(BODIES[index].encode())
    assert javascript.stringify_sorted(value) == node[index]["kept"]
    assert javascript.stringify_sorted(value, arrays_as_objects=True) == node[index]["objects"]


@pytest.mark.parametrize("spelling", ["raw", "signedKept", "signedObjects"])
@pytest.mark.parametrize("index", range(len(BODIES)))
def test_nodes_signatures_hold(node: list[dict[str, str]], index: int, spelling: str) -> None:
    signature = node[index][spelling].encode()
    body = BODIES[index].encode()
    assert provider().verify(signature, body, raw_only=False) == "current"
    assert provider().verify(b" " + signature.upper() + b" ", body, raw_only=False) == "current"
    assert provider("new", SECRET).verify(signature, body, raw_only=False) == "previous"
    assert provider("new", "newer").verify(signature, body, raw_only=False) is None


def test_only_the_raw_bytes_are_tried_for_a_source_that_was_wrong_too_often(node: list[dict[str, str]]) -> None:
    body = BODIES[0].encode()
    assert provider().verify(node[0]["raw"].encode(), body, raw_only=True) == "current"
    assert provider().verify(node[0]["signedKept"].encode(), body, raw_only=True) is None


def test_numbers_are_nodes_for_any_double() -> None:
    chance = random.Random(20260101)
    doubles = [struct.unpack("<d", chance.randbytes(8))[0] for _ in range(4000)]
    doubles += [chance.random() * 10 ** chance.randint(-9, 23) for _ in range(4000)]
    texts = [repr(double) for double in doubles if double == double and abs(double) != float("inf")]
    (answer,) = ask_node([{"secret": "s", "body": "[" + ",".join(texts) + "]"}])
    assert "[" + ",".join(javascript.number(float(text)) for text in texts) + "]" == answer["kept"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"NaN", b"[Infinity]", b'{"a":01}', b'{"a":1}x', b"\xff", b'"\x01"'],
    ids=repr,
)
def test_what_is_not_json_has_one_spelling_only(body: bytes) -> None:
    with pytest.raises(javascript.NotJson):
        javascript.parse(body)
    assert provider().verify(b"00" * 64, body, raw_only=False) is None


@pytest.mark.parametrize("levels", [100, 101, 200, 333, 400, 512, 5000])
@pytest.mark.parametrize(("opening", "closing"), [(b'{"a":', b"}"), (b"[", b"]"), (b'[{"a":', b"}]")])
def test_no_depth_crashes_the_check(opening: bytes, closing: bytes, levels: int) -> None:
    body = opening * levels + b"1" + closing * levels
    assert provider().verify(b"00" * 64, body, raw_only=False) is None
    raw = hmac.new(SECRET.encode(), body, "sha512").hexdigest().encode()
    assert provider().verify(raw, body, raw_only=False) == "current"


@pytest.mark.parametrize("body", ["[" * 99 + "1" + "]" * 99, '{"b":2,"a":' * 99 + "1" + "}" * 99])
def test_what_is_nested_less_deeply_has_nodes_spelling(body: str) -> None:
    (answer,) = ask_node([{"secret": SECRET, "body": body}])
    assert provider().verify(answer["signedKept"].encode(), body.encode(), raw_only=False) == "current"
    assert provider().verify(answer["signedObjects"].encode(), body.encode(), raw_only=False) == "current"
