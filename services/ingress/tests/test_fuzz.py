"""Whatever comes: no 5xx but a deliberate 503, and no unhandled exception in the log."""

import contextlib
import json
import random
import socket
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from .conftest import KINGUIN_SECRET, Ingress
from .ipns import signed

pytestmark = pytest.mark.timeout(600)

FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
ADDRESSED = ("/payments/ipn", "/webhooks/nowpayments/ipn", "/kinguin/webhook", "/kinguin/webhooks")


@pytest.fixture(scope="module")
def client() -> Any:
    with httpx.Client(timeout=30, trust_env=False) as client:
        yield client


def assert_sound(answer: Any) -> None:
    assert answer.status_code < 500 or answer.status_code == 503, answer.text
    if answer.status_code >= 400:
        assert "application/problem+json" in str(answer.headers["content-type"])
        assert json.loads(answer.content)["status"] == answer.status_code


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_the_api_as_its_schema_describes_it_and_otherwise(ingress: Ingress, mode: GenerationMode) -> None:
    # by hand, not by Schemathesis's pytest plugin: 4.32 does not run under pytest 9
    schema = schemathesis.openapi.from_url(f"{ingress.url}/openapi.json")
    operations = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    assert len(operations) >= 9
    for operation in operations:

        @FEW
        @given(case=operation.as_strategy(generation_mode=mode))
        def call(case: Any) -> None:
            assert_sound(case.call())

        with contextlib.suppress(Unsatisfiable):  # nothing can be wrong about a request without parameters
            call()


@pytest.fixture(autouse=True, scope="module")
def log_is_clean(ingress: Ingress) -> Any:
    yield
    log = ingress.log()
    for word in ("Traceback", "http.unexpected", "Exception in ASGI", "agent.failed"):
        assert word not in log, log[log.index(word) - 500 : log.index(word) + 3000]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    "payment_id payment_status order_id parent_payment_id actually_paid invoice_id fee reservationId event status "
    "externalId updatedAt orderId orderExternalId key code codes serial".split()
)
LIKELY = st.sampled_from(
    [1, "1", 5745459419, 5745459419.0, "finished", "delivered", "completed", "", None, "\x00", "9" * 99]
)
OBJECTS = st.dictionaries(NAMES | st.text(max_size=6), LIKELY | JSON, max_size=10)


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


@MANY
@given(body=st.builds(encoded, OBJECTS | JSON) | st.binary(max_size=400), path=st.sampled_from(ADDRESSED))
def test_a_signed_body_whatever_it_holds_is_taken(
    client: httpx.Client, ingress: Ingress, body: bytes, path: str
) -> None:
    headers = signed(body) if "kinguin" not in path else {"X-Auth-Token": KINGUIN_SECRET}
    assert client.post(ingress.url + path, content=body, headers=headers).status_code == 200


@FEW
@given(body=st.builds(encoded, OBJECTS), name=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30))
def test_an_esa_webhook_whatever_it_holds_is_taken(
    client: httpx.Client, ingress: Ingress, body: bytes, name: str
) -> None:
    headers = {"X-Event-Name": name, "X-Event-Secret": KINGUIN_SECRET}
    assert client.post(f"{ingress.url}/kinguin/webhook", content=body, headers=headers).status_code == 200


HEADER_BYTES = st.binary(max_size=60).map(
    lambda value: bytes(byte for byte in value if byte > 31 and byte != 127).strip()
)


@MANY
@given(
    body=st.binary(max_size=300),
    headers=st.lists(
        st.tuples(
            st.sampled_from(b"x-nowpayments-sig x-auth-token x-event-secret x-forwarded-for x-odd traceparent".split()),
            HEADER_BYTES,
        ),
        max_size=6,
    ),
    path=st.sampled_from(ADDRESSED),
)
def test_an_unsigned_request_is_refused(
    client: httpx.Client, ingress: Ingress, body: bytes, headers: list[tuple[bytes, bytes]], path: str
) -> None:
    answer = client.post(ingress.url + path, content=body, headers=headers)
    assert answer.status_code == 401
    assert_sound(answer)


def test_odd_headers_of_a_signed_request_are_kept(client: httpx.Client, ingress: Ingress) -> None:
    body = b'{"payment_id":1}'
    odd = [
        (b"x-latin", b"\xe9"),
        (b"x-twice", b"1"),
        (b"x-twice", b"2"),
        (b"x-high", bytes(range(128, 256))),
    ]
    headers = [(name.encode(), value.encode()) for name, value in signed(body).items()] + odd
    assert client.post(f"{ingress.url}/payments/ipn", content=body, headers=headers).status_code == 200


MUTABLE = (
    b'POST /payments/ipn HTTP/1.1\r\nHost: x\r\nContent-Length: 16\r\nx-nowpayments-sig: 00\r\n\r\n{"payment_id":1}'
)


@pytest.mark.parametrize("seed", range(8))
def test_mutilated_http_gets_an_answer_or_a_hang_up(ingress: Ingress, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        data = bytearray(MUTABLE)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(data))
            match chance.randrange(3):
                case 0:
                    data[at] = chance.randrange(256)
                case 1:
                    del data[at]
                case _:
                    data[at:at] = chance.randbytes(chance.randrange(1, 5))
        with socket.create_connection(("127.0.0.1", ingress.port), timeout=15) as connection:
            connection.sendall(bytes(data))
            connection.shutdown(socket.SHUT_WR)  # the rest never comes
            answer = connection.recv(4096)
        status = int(answer.split()[1]) if answer else 0
        assert status < 500, (bytes(data), answer)
