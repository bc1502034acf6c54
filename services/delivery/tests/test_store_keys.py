"""Sealing survives a crash at every step, a repetition, a race and an object that is not ours."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from bitloot_common.events.fulfillment import DeliveryRequested
from bitloot_delivery.clients.s3 import S3KeyStorage
from bitloot_delivery.errors import CodesMissing, EarlierPartUnsealed, OrderUnknown, StorageDown
from bitloot_delivery.sealing import SealedCodes
from bitloot_delivery.secret import DataKey
from bitloot_delivery.store import keys
from bitloot_kinguin import Code, NotReady
from delivery_shop import CAUSE, Shop, a_code


class Crash(Exception):
    """The process is gone here."""


class CrashingStorage:
    """The real storage, which loses its process before or after the named call."""

    def __init__(self, storage: Any, call: str, after: bool) -> None:
        self._storage, self._call, self._after = storage, call, after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._storage, name)
        if name != self._call:
            return real

        async def crash(*arguments: Any, **options: Any) -> None:
            if self._after:
                await real(*arguments, **options)
            raise Crash(name)

        return crash


async def opened(shop: Shop, order_id: UUID) -> list[list[str]]:
    """What each part's object holds, opened with its row's key."""
    async with shop.outside.pool.acquire() as connection:
        rows = await keys.parts(connection, order_id)
    found = []
    for row in rows:
        key = shop.settings.ring().unwrap(row.wrapped, row.order_id, row.part)
        content, _ = await shop.outside.storage.read_keys_json(row.storage_ref, key=key)
        assert len(content.codes) == row.codes_count
        found.append([code.reveal() for code in content.codes])
    return found


def texts(codes: list[Code]) -> list[str]:
    return [code.reveal() for code in codes]


async def test_a_repeated_request_changes_nothing(shop: Shop) -> None:
    codes = [a_code(), a_code()]
    order_id = await shop.order(quantity=2)
    await shop.deliver(order_id, codes)
    calls = shop.kinguin.calls
    await shop.deliver(order_id, [])
    await shop.deliver(order_id, [], part=2)
    assert shop.kinguin.calls == calls, "nothing is fetched again"
    assert await opened(shop, order_id) == [texts(codes)]
    assert len(await shop.outbox(order_id, "deliveries.stored")) == 1
    assert await shop.owner.fetchval("select count(*) from deliveries where order_id = $1", order_id) == 1


@pytest.mark.parametrize(
    ("call", "after"),
    [("save_keys_json", False), ("save_keys_json", True), ("read_keys_json", False), ("read_keys_json", True)],
)
async def test_a_crash_at_any_step_is_repeated_to_the_same_end(shop: Shop, call: str, after: bool) -> None:
    code = a_code()
    order_id = await shop.order()
    crashing = CrashingStorage(shop.outside.storage, call, after)
    healthy = shop.use_cases.store_keys
    shop.use_cases = replace(shop.use_cases, store_keys=replace(healthy, storage=crashing))
    with pytest.raises(Crash):
        await shop.deliver(order_id, [code])
    assert await shop.outbox(order_id, "deliveries.stored") == []
    shop.use_cases = replace(shop.use_cases, store_keys=healthy)
    await shop.deliver(order_id, [])
    assert await opened(shop, order_id) == [[code.reveal()]]
    assert len(await shop.outbox(order_id, "deliveries.stored")) == 1


async def test_what_an_earlier_try_put_counts_although_more_codes_have_come(shop: Shop) -> None:
    """The object of the crashed try holds one of two codes: it stays, and the other goes into the next part."""
    first, second = a_code(), a_code()
    order_id = await shop.order(quantity=2)
    healthy = shop.use_cases.store_keys
    crashing = CrashingStorage(shop.outside.storage, "save_keys_json", after=True)
    shop.use_cases = replace(shop.use_cases, store_keys=replace(healthy, storage=crashing))
    with pytest.raises(Crash):
        await shop.deliver(order_id, [first])
    shop.use_cases = replace(shop.use_cases, store_keys=healthy)
    await shop.deliver(order_id, [second])
    (stored,) = await shop.outbox(order_id, "deliveries.stored")
    assert (stored["codesStored"], stored["complete"]) == (1, False)
    await shop.deliver(order_id, [], part=2)
    assert await opened(shop, order_id) == [[first.reveal()], [second.reveal()]]
    assert [one["complete"] for one in await shop.outbox(order_id, "deliveries.stored")] == [False, True]


async def test_many_tries_at_once_store_once(shop: Shop) -> None:
    codes = [a_code() for _ in range(3)]
    order_id = await shop.order(quantity=3)
    shop.kinguin.codes[f"res-{order_id}"] = codes
    await asyncio.gather(*(shop.deliver(order_id, []) for _ in range(8)))
    assert await opened(shop, order_id) == [texts(codes)]
    assert len(await shop.outbox(order_id, "deliveries.stored")) == 1


async def test_a_foreign_object_is_never_overwritten(shop: Shop) -> None:
    """As after a database restored from a backup: the object that stands there opens with a key that is lost."""
    code, lost = a_code(), a_code()
    order_id = await shop.order()
    storage = shop.outside.storage
    content = SealedCodes(order_id, 1, (lost,))
    foreign_key = DataKey.random()
    foreign = await storage.save_keys_json(order_id, content, key=foreign_key)
    await shop.deliver(order_id, [code])
    assert await opened(shop, order_id) == [[code.reveal()]]
    kept, _ = await storage.read_keys_json(foreign, key=foreign_key)
    assert kept.codes == (lost,)


async def test_parts_are_sealed_in_their_order_and_hold_only_what_is_new(shop: Shop) -> None:
    one, two, three = a_code(), a_code(), a_code()
    order_id = await shop.order(quantity=3)
    with pytest.raises(EarlierPartUnsealed):
        await shop.deliver(order_id, [one], part=2)
    await shop.deliver(order_id, [], part=1)
    with pytest.raises(CodesMissing):
        await shop.deliver(order_id, [], part=2)
    await shop.deliver(order_id, [two, three], part=2)
    assert await opened(shop, order_id) == [[one.reveal()], [two.reveal(), three.reveal()]]


async def test_codes_that_are_not_there_yet_and_orders_that_are_not_ours(shop: Shop) -> None:
    order_id = await shop.order()
    with pytest.raises(NotReady):
        await shop.deliver(order_id, [])
    request = DeliveryRequested(order_id=UUID(int=1), reservation_id="r", quantity=1)
    with pytest.raises(OrderUnknown):
        await shop.use_cases.store_keys(request, CAUSE)


async def test_storage_that_is_away_or_refuses_us_is_an_outage(shop: Shop, s3_server: Any) -> None:
    from bitloot_delivery.clients.s3 import open_storage

    for change in ({"r2_endpoint": "http://127.0.0.1:1"}, {"r2_secret_access_key": "wrong"}, {"r2_bucket": "nothere"}):
        settings = shop.settings.model_copy(update=change)
        async with open_storage(settings) as storage:
            assert isinstance(storage, S3KeyStorage)
            with pytest.raises(StorageDown) as refusal:
                await storage.save_keys_json(UUID(int=1), SealedCodes(UUID(int=1), 1, ()), key=DataKey.random())
            assert "wrong" not in str(refusal.value)


async def test_an_object_that_was_exchanged_is_not_shown(shop: Shop) -> None:
    """Who writes to the bucket and has the order's key could seal other codes: the row knows which they were."""
    code = a_code()
    order_id, token = await shop.delivered_order([code])
    await shop.owner.execute("update keys set object_sha256 = sha256('another') where order_id = $1", order_id)
    answer = await shop.http.post(f"/d/{token}/reveal", headers={"accept": "text/html"})
    assert answer.status_code == 503
    assert code.reveal() not in answer.text
    views = "select coalesce(sum(view_count), 0) from keys where order_id = $1"
    assert await shop.owner.fetchval(views, order_id) == 0
