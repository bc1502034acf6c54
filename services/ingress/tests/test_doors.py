"""The webhook doors from outside: what is answered, what is kept, what goes to the topic."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from bitloot_common.events.envelope import CloudEvent
from bitloot_common.events.ingress import KinguinEsaWebhook, KinguinWebhook, NowPaymentsIpn
from eventually import eventually

from .conftest import IPN_SECRET, Ingress, Start, Topic, header
from .ipns import esa, kinguin, payment_id, post_alone, raw_ipn, signed

Sql = Any  # an asyncpg connection of the owner
Reader = Callable[[str], Awaitable[Topic]]
COPIES = 1000


async def row_of(sql: Sql, external_id: str) -> Any:
    """The log row, once the relay has noted where it went."""

    async def noted() -> Any:
        row = await sql.fetchrow("select * from webhook_logs where external_id like $1 || '%'", external_id)
        return row if row and (row["offset"] is not None or row["outcome"] != "accepted") else None

    return await eventually(noted, f"a log row of {external_id}")


async def test_an_ipn_is_kept_byte_for_byte_and_published(
    ingress: Ingress, http: httpx.AsyncClient, sql: Sql, reader: Reader
) -> None:
    topic = await reader("payments.ipn")
    order, payment = str(uuid4()), payment_id()
    raw = raw_ipn(payment_id=payment, order_id=order, order_description="Pokémon – Gold")
    answer = await http.post(f"{ingress.url}/payments/ipn", content=raw, headers=signed(raw) | {"x-trace": "kept"})
    assert (answer.status_code, answer.content) == (200, b'{"ok":true}')
    row = await row_of(sql, f"{payment}:")
    assert (row["provider"], row["event_type"], row["outcome"], row["body"]) == (
        "nowpayments",
        "finished",
        "accepted",
        raw,
    )
    assert (row["order_id"], row["payment_id"], row["secret_id"]) == (order, str(payment), "current")
    assert row["source_address"] == "127.0.0.1"
    headers = json.loads(row["headers"])
    assert headers["x-trace"] == "kept"
    assert headers["x-nowpayments-sig"] == "[redacted]"

    (record,) = [one for one in await topic.holds({str(row["id"])}) if one.key == order.encode()]
    assert (record.value, record.topic) == (raw, row["topic"])
    assert (record.partition, record.offset) == (row["partition"], row["offset"])
    event = CloudEvent.from_headers(record.headers)
    assert (event.id, event.type, event.subject) == (str(row["id"]), NowPaymentsIpn.TYPE, order)
    assert event.traceparent is not None
    assert row["trace_id"] == event.traceparent.split("-")[1]
    as_common_makes_them = event.to_headers()
    assert {name: value.decode() for name, value in record.headers} == as_common_makes_them


@pytest.mark.parametrize(
    ("path", "make", "type_"),
    [
        ("/webhooks/nowpayments/ipn", lambda r: (raw := raw_ipn(payment_id=int(r)), signed(raw)), NowPaymentsIpn.TYPE),
        ("/kinguin/webhook", lambda r: kinguin(reservationId=r, event="give"), KinguinWebhook.TYPE),
        ("/kinguin/webhooks", lambda r: kinguin(reservationId=r, status="BOUGHT"), KinguinWebhook.TYPE),
        ("/kinguin/webhook", lambda r: esa(orderId=r, status="completed"), KinguinEsaWebhook.TYPE),
    ],
)
async def test_every_door_and_alias(
    ingress: Ingress, http: httpx.AsyncClient, sql: Sql, reader: Reader, path: str, make: Any, type_: str
) -> None:
    topic = await reader("payments.ipn" if type_ == NowPaymentsIpn.TYPE else "kinguin.webhooks")
    reference = str(payment_id())
    raw, headers = make(reference)
    answer = await http.post(ingress.url + path, content=raw, headers=headers)
    assert answer.status_code == 200
    assert answer.content == (b'{"ok":true}' if type_ == NowPaymentsIpn.TYPE else b"")
    row = await row_of(sql, reference)
    (record,) = [r for r in await topic.holds({str(row["id"])}) if header(r, "ce_id") == str(row["id"])]
    assert header(record, "ce_type") == type_
    assert "secret of the tests" not in row["headers"]


async def test_the_first_shops_name_of_the_signature(ingress: Ingress, http: httpx.AsyncClient) -> None:
    raw = raw_ipn()
    headers = {"X-NOWPAYMENTS-SIGNATURE": signed(raw)["x-nowpayments-sig"]}
    assert (await http.post(f"{ingress.url}/payments/ipn", content=raw, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "path", ["/payments/ipn", "/webhooks/nowpayments/ipn", "/kinguin/webhook", "/kinguin/webhooks"]
)
async def test_what_is_not_signed_is_refused_and_leaves_nothing(
    ingress: Ingress, http: httpx.AsyncClient, sql: Sql, path: str
) -> None:
    before = await sql.fetchval("select count(*) from webhook_logs")
    raw = raw_ipn()
    good = signed(raw)["x-nowpayments-sig"]
    wrong: list[dict[str, str]] = [
        {},
        {"x-nowpayments-sig": ""},
        {"x-nowpayments-sig": good[:-1] + ("0" if good[-1] != "0" else "1")},
        {"x-nowpayments-sig": signed(raw, "another secret")["x-nowpayments-sig"]},
        {"X-Auth-Token": "wrong"},
        {"X-Auth-Token": IPN_SECRET},
        {"X-Event-Secret": "wrong", "X-Event-Name": "order.status"},
    ]
    for headers in wrong:
        answer = await http.post(ingress.url + path, content=raw, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
    assert await sql.fetchval("select count(*) from webhook_logs") == before


async def test_a_repeat_adds_to_a_counter_not_a_row(ingress: Ingress, http: httpx.AsyncClient, sql: Sql) -> None:
    payment = payment_id()
    for number in range(4):
        raw = raw_ipn(payment_id=payment, updated_at=number)
        assert (await http.post(f"{ingress.url}/payments/ipn", content=raw, headers=signed(raw))).status_code == 200

    async def counted() -> Any:
        return await sql.fetchrow("select * from webhook_logs where payment_id = $1 and duplicates = 3", str(payment))

    row = await eventually(counted, "three duplicates")
    assert row["last_seen_at"] > row["received_at"]
    assert await sql.fetchval("select count(*) from webhook_logs where payment_id = $1", str(payment)) == 1


async def test_news_about_one_payment_are_rows_of_their_own(
    ingress: Ingress, http: httpx.AsyncClient, sql: Sql
) -> None:
    payment = payment_id()
    for status, paid in [
        ("confirming", 1),
        ("partially_paid", 1),
        ("partially_paid", 2),
        ("finished", 3),
        ("finished", 3),
    ]:
        raw = raw_ipn(payment_id=payment, payment_status=status, actually_paid=paid)
        assert (await http.post(f"{ingress.url}/payments/ipn", content=raw, headers=signed(raw))).status_code == 200
    assert await sql.fetchval("select count(*) from webhook_logs where payment_id = $1", str(payment)) == 4


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        (b'{"payment_id":', "invalid"),
        (b"\x00\x01\xff", "invalid"),
        (b'{"payout":"finished"}', "ignored"),
        (raw_ipn(payment_status="dancing"), "ignored"),
    ],
)
async def test_signed_but_of_no_use_is_kept_for_admins_and_answered_200(
    ingress: Ingress, http: httpx.AsyncClient, sql: Sql, raw: bytes, outcome: str
) -> None:
    for _ in range(2):
        answer = await http.post(f"{ingress.url}/payments/ipn", content=raw, headers=signed(raw))
        assert answer.status_code == 200
    row = await sql.fetchrow("select * from webhook_logs where body = $1", raw)
    assert (row["outcome"], row["topic"]) == (outcome, None)
    assert row["reason"]
    assert await sql.fetchval("select count(*) from outbox where id = $1", row["id"]) == 0


async def test_a_code_in_a_webhook_reaches_neither_database_nor_topic(
    ingress: Ingress, http: httpx.AsyncClient, sql: Sql, reader: Reader
) -> None:
    topic = await reader("kinguin.webhooks")
    reservation = str(uuid4())
    raw, headers = kinguin(reservationId=reservation, event="delivered", key="QQQQQ-11111-QQQQQ", codes=["QQQQQ-11111"])
    assert (await http.post(f"{ingress.url}/kinguin/webhook", content=raw, headers=headers)).status_code == 200
    row = await row_of(sql, reservation)
    assert b"QQQQQ" not in row["body"]
    assert row["reason"] == "a code was redacted"
    (record,) = [r for r in await topic.holds({str(row["id"])}) if header(r, "ce_id") == str(row["id"])]
    assert b"QQQQQ" not in record.value
    assert "QQQQQ" not in ingress.log()


async def test_product_updates_are_answered_and_forgotten(ingress: Ingress, http: httpx.AsyncClient, sql: Sql) -> None:
    before = await sql.fetchval("select count(*) from webhook_logs")
    raw, headers = esa("product.update", kinguinId=1, qty=5)
    answer = await http.post(f"{ingress.url}/kinguin/webhook", content=raw, headers=headers)
    assert (answer.status_code, answer.content) == (200, b"")
    assert await sql.fetchval("select count(*) from webhook_logs") == before
    metrics = (await http.get(f"{ingress.url}/metrics")).text
    assert 'bitloot_webhooks_received_total{outcome="dropped",provider="kinguin"} 1.0' in metrics


async def test_bodies_are_bounded(ingress: Ingress, http: httpx.AsyncClient) -> None:
    async def chunks(total: int) -> Any:
        for _ in range(total // 1000):
            yield b"x" * 1000

    for content in (b"x" * 70_000, chunks(70_000), chunks(500_000)):
        answer = await http.post(f"{ingress.url}/payments/ipn", content=content, headers={"x-nowpayments-sig": "00"})
        assert answer.status_code == 413
    answer = await http.post(f"{ingress.url}/orders", content=b'{"a":"' + b"x" * 20_000 + b'"}')
    assert answer.status_code == 413
    answer = await http.post(
        f"{ingress.url}/orders", content=chunks(20_000), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("path", "size"), [("/payments/ipn", 70_000), ("/orders", 20_000)])
async def test_a_refused_body_may_be_sent_to_its_end(ingress: Ingress, path: str, size: int) -> None:
    """Whoever is still writing when the answer comes is not reset: the answer could get lost with it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", ingress.port)
    writer.write(f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n".encode())
    writer.write(b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (size, b"x" * size))
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    for _ in range(5):
        writer.write(b"3e8\r\n%s\r\n" % (b"x" * 1000))
        await writer.drain()
        await asyncio.sleep(0.02)
    writer.write(b"0\r\n\r\n")
    assert b"The body is " in await reader.read()
    writer.close()


async def test_other_methods_are_refused(ingress: Ingress, http: httpx.AsyncClient) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = await http.request(method, f"{ingress.url}/payments/ipn")
        assert answer.status_code == 405
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_thousand_copies_at_once_are_one_webhook(
    start_ingress: Start, ingress: Ingress, sql: Sql, reader: Reader
) -> None:
    """Over two processes, all at once: 1,000 answers of 200, one row, one message."""
    topic = await reader("payments.ipn")
    other = await start_ingress()
    payment, order = payment_id(), str(uuid4())
    raw = raw_ipn(payment_id=payment, order_id=order)
    doors = [ingress.port, other.port]
    statuses = await asyncio.gather(
        *(post_alone(doors[number % 2], raw, signed(raw)) for number in range(COPIES)),
    )
    assert set(statuses) == {200}
    row = await row_of(sql, f"{payment}:")
    assert await sql.fetchval("select count(*) from webhook_logs where payment_id = $1", str(payment)) == 1

    async def all_counted() -> bool:
        seen: int = await sql.fetchval("select duplicates from webhook_logs where id = $1", row["id"])
        return seen == COPIES - 1

    await eventually(all_counted, "999 duplicates counted")
    after = raw_ipn(order_id=order)  # same key, so same partition: whatever came before it has been read by then
    assert await post_alone(ingress.port, after, signed(after)) == 200
    last = await sql.fetchval("select id from webhook_logs where body = $1", after)
    records = [record for record in await topic.holds({str(last)}) if record.key == order.encode()]
    assert [header(record, "ce_id") for record in records] == [str(row["id"]), str(last)]
