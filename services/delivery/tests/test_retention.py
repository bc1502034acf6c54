"""What is over goes: old keys, readers, a customer who wants to be forgotten; and rotation of the key ring."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from bitloot_common.ids import new_id
from bitloot_delivery.errors import SealedObjectBroken, StorageUnavailable
from bitloot_delivery.key_ring import KeyRing, WrappedKey
from bitloot_delivery.named_keys import NamedKeys
from bitloot_delivery.sealing import SealedCodes
from bitloot_delivery.secret import DataKey
from bitloot_delivery.store import keys
from bitloot_delivery.use_cases.rotate_keys import BATCH
from delivery_shop import CAUSE, Shop, a_code, a_key, open_shop
from eventually import eventually

HTML, JSON = {"accept": "text/html"}, {"accept": "application/json"}
BITLOOT = Path(sys.executable).with_name("bitloot")


def environment(shop: Shop, database: Any, **env: str) -> dict[str, str]:
    settings = shop.settings
    return {
        "DATABASE_URL": database.url,
        "KEY_RING": settings.key_ring,
        "R2_ENDPOINT": settings.r2_endpoint,
        "R2_ACCESS_KEY_ID": settings.r2_access_key_id,
        "R2_SECRET_ACCESS_KEY": settings.r2_secret_access_key,
        "R2_BUCKET": settings.r2_bucket,
        "PATH": os.environ["PATH"],
    } | env


def bitloot(shop: Shop, database: Any, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    found = environment(shop, database, **env)
    return subprocess.run([BITLOOT, *arguments], env=found, text=True, capture_output=True, timeout=60)


async def killed_at(shop: Shop, database: Any, keys_id: Any, *arguments: str, **env: str) -> None:
    """`kill -9` of the command once it wants to write this row of `keys`."""
    async with shop.outside.pool.acquire() as holder, holder.transaction():
        await holder.execute("select from keys where id = $1 for update", keys_id)
        process = await asyncio.create_subprocess_exec(BITLOOT, *arguments, env=environment(shop, database, **env))
        waits = "select exists (select from pg_locks where not granted and locktype in ('transactionid', 'tuple'))"
        await eventually(lambda: shop.owner.fetchval(waits), "the command waits for the row", 30)
        process.kill()
        await process.wait()


async def exists(shop: Shop, order_id: Any) -> bool:
    try:
        await shop.outside.storage.read_keys_json(f"orders/{order_id}/1.jwe", key=DataKey.random())
    except SealedObjectBroken as error:
        return "missing" not in str(error)
    return True


async def test_keys_go_after_their_first_view_or_their_delivery(shop: Shop) -> None:
    viewed, unviewed, old, young = [(await shop.delivered_order())[0] for _ in range(4)]
    await shop.owner.execute("update keys set viewed_at = now() - interval '31 days' where order_id = $1", viewed)
    await shop.owner.execute("update keys set viewed_at = now() - interval '29 days' where order_id = $1", young)
    await shop.owner.execute("update keys set sealed_at = now() - interval '181 days' where order_id = $1", old)
    assert await shop.use_cases.delete_old_keys() == (2, 0)
    assert await shop.use_cases.delete_old_keys() == (0, 0)
    assert [await exists(shop, order_id) for order_id in (viewed, old, unviewed, young)] == [False, False, True, True]
    rows = await shop.owner.fetch("select * from keys where deleted_at is not null")
    assert {row["order_id"] for row in rows} == {viewed, old}
    assert {row["wrapped_key"] for row in rows} == {""}
    assert (await shop.timeline(viewed))[-1] == "keys.deleted"
    page = await shop.http.get(f"/d/{await shop.token(viewed)}", headers=HTML)
    assert (page.status_code, "were deleted" in page.text) == (410, True)


class KeepsSome:
    """Storage that will not delete the objects of one order."""

    def __init__(self, storage: Any, order_id: Any) -> None:
        self._storage, self._order_id = storage, order_id

    async def delete_part(self, order_id: Any, part: int) -> int:
        if order_id == self._order_id:
            raise StorageUnavailable("DeleteObject", "AccessDenied")
        return int(await self._storage.delete_part(order_id, part))


async def test_an_object_that_cannot_be_deleted_holds_up_no_other(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bitloot_delivery.use_cases.delete_old_keys.BATCH", 1)
    stuck, other = [(await shop.delivered_order())[0] for _ in range(2)]
    for order_id in (stuck, other):
        await shop.owner.execute("update keys set viewed_at = now() - interval '31 days' where order_id = $1", order_id)
    storage: Any = KeepsSome(shop.outside.storage, stuck)
    assert await replace(shop.use_cases.delete_old_keys, storage=storage)() == (1, 0)
    assert [await exists(shop, order_id) for order_id in (stuck, other)] == [True, False]
    assert await shop.use_cases.delete_old_keys() == (1, 0), "the next round tries again"


async def test_retention_takes_what_stood_in_the_way_too(shop: Shop) -> None:
    order_id = await shop.order()
    foreign = SealedCodes(order_id, 1, (a_code(),))
    await shop.outside.storage.save_keys_json(order_id, foreign, key=DataKey.random())
    await shop.deliver(order_id, [a_code()])
    await shop.mail(order_id)
    assert await shop.owner.fetchval("select storage_ref from keys where order_id = $1", order_id) != (
        f"orders/{order_id}/1.jwe"
    )
    await shop.owner.execute("update keys set viewed_at = now() - interval '31 days' where order_id = $1", order_id)
    await shop.use_cases.delete_old_keys()
    assert await shop.outside.storage.delete_all_of(order_id) == 0


async def test_an_order_that_waits_for_a_part_keeps_what_it_has(shop: Shop) -> None:
    order_id = await shop.order(quantity=2, status="delivered")
    await shop.deliver(order_id, [a_code()])
    await shop.owner.execute("update keys set viewed_at = now() - interval '31 days' where order_id = $1", order_id)
    await shop.use_cases.delete_old_keys()
    assert await exists(shop, order_id)
    await shop.deliver(order_id, [a_code()], part=2)
    await shop.owner.execute("update orders set status = 'fulfilled' where id = $1", order_id)
    await shop.use_cases.delete_old_keys()
    assert not await exists(shop, order_id)


async def test_a_replayed_request_does_not_bring_deleted_keys_back(shop: Shop) -> None:
    order_id, _ = await shop.delivered_order()
    await shop.owner.execute("update keys set viewed_at = now() - interval '31 days' where order_id = $1", order_id)
    await shop.use_cases.delete_old_keys()
    await shop.deliver(order_id, [])
    assert not await exists(shop, order_id)
    assert len(await shop.outbox(order_id, "deliveries.stored")) == 1


async def test_who_viewed_is_forgotten_in_time(shop: Shop) -> None:
    order_id, token = await shop.delivered_order()
    await shop.http.post(f"/d/{token}/reveal", headers=JSON | {"user-agent": "someone's"})
    later = replace(shop.use_cases.delete_old_keys, readers_keep=timedelta(0))
    assert (await later())[1] >= 1
    view = await shop.owner.fetchrow("select * from link_views where order_id = $1", order_id)
    assert view is not None
    assert (view["address"], view["user_agent"], view["outcome"]) == (None, None, "revealed")


async def test_erasing_an_order_keeps_the_books(shop: Shop, database: Any) -> None:
    order_id, token = await shop.delivered_order(status="fulfilled", idempotency_key=os.urandom(8).hex())
    address = await shop.address(order_id)
    await shop.http.post(f"/d/{token}/reveal", headers=JSON | {"user-agent": "someone's"})
    done = bitloot(shop, database, "erase", "--order", str(order_id), "--reason", "asked", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"order_id": str(order_id), "objects": 1, "parts": 1, "links": 1}
    order = await shop.owner.fetchrow("select * from orders where id = $1", order_id)
    assert order is not None
    assert (order["email"], order["idempotency_key"], order["amount"], order["status"]) == (None, None, 10, "fulfilled")
    assert order["erased_at"]
    assert not await exists(shop, order_id)
    assert (await shop.http.get(f"/d/{token}", headers=HTML)).status_code == 410
    assert (await shop.timeline(order_id))[-1] == "order.erased"
    audit = await shop.owner.fetchrow("select * from audit_log where target = $1", f"order:{order_id}")
    assert audit is not None
    assert (audit["action"], audit["reason"]) == ("order.erased", "asked")
    assert await everywhere(shop, address) == []
    assert await everywhere(shop, "someone's") == []
    again = bitloot(shop, database, "erase", "--order", str(order_id), "--json")
    assert json.loads(again.stdout)["parts"] == 0


async def test_an_erasure_killed_half_way_is_done_by_the_next(shop: Shop, database: Any) -> None:
    order_id, token = await shop.delivered_order(status="fulfilled")
    address = await shop.address(order_id)
    keys_id = await shop.owner.fetchval("select id from keys where order_id = $1", order_id)
    await killed_at(shop, database, keys_id, "erase", "--order", str(order_id))
    assert not await exists(shop, order_id), "the object goes first"
    assert await shop.address(order_id) == address, "nothing was committed"
    done = bitloot(shop, database, "erase", "--order", str(order_id), "--json")
    assert json.loads(done.stdout) == {"order_id": str(order_id), "objects": 0, "parts": 1, "links": 1}
    assert await everywhere(shop, address) == []
    assert (await shop.http.get(f"/d/{token}", headers=HTML)).status_code == 410
    assert (await shop.timeline(order_id)).count("order.erased") == 1
    assert await shop.owner.fetchval("select count(*) from audit_log where target = $1", f"order:{order_id}") == 1


async def everywhere(shop: Shop, text: str) -> list[str]:
    """The tables that hold `text` in any column, bytes (which read as hex) among them."""
    spelled = [f"%{text}%", f"%{text.encode().hex()}%"]
    tables = await shop.owner.fetch("select tablename from pg_tables where schemaname = 'public'")
    found = []
    for (table,) in tables:
        if await shop.owner.fetchval(f"select exists (select from {table} t where t::text like any($1))", spelled):
            found.append(table)
    return found


async def test_an_order_that_is_not_over_is_erased_only_by_force(shop: Shop, database: Any) -> None:
    order_id, _ = await shop.delivered_order(status="refund_due")
    refused = bitloot(shop, database, "erase", "--order", str(order_id))
    assert refused.returncode == 1
    assert "refund_due" in refused.stderr
    assert await shop.address(order_id) != "None"
    assert bitloot(shop, database, "erase", "--order", str(order_id), "--force").returncode == 0
    unknown = bitloot(shop, database, "erase", "--order", "00000000-0000-0000-0000-000000000000")
    assert (unknown.returncode, "unknown" in unknown.stderr) == (1, True)


async def test_rotation_rewraps_rows_and_touches_no_object(shop: Shop, database: Any) -> None:
    order_id, token = await shop.delivered_order()
    code = shop.kinguin.codes[f"res-{order_id}"][0].reveal()
    intent = await shop.order()  # a try that crashed before its object: its key rotates too
    with pytest.raises(ZeroDivisionError):
        await replace(shop.use_cases.store_keys, storage=Broken())(await request_for(shop, intent), CAUSE)  # type: ignore[arg-type]
    sha256 = await shop.owner.fetchval("select object_sha256 from keys where order_id = $1", order_id)
    new = a_key("new")
    both = f"{new},{shop.settings.key_ring}"
    done = bitloot(shop, database, "keys", "rotate", "--json", KEY_RING=both)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rewrapped"] >= 2
    status = json.loads(bitloot(shop, database, "keys", "status", "--json", KEY_RING=both).stdout)
    assert set(status["wrapped"]) <= {"new", "forgotten"}
    assert await shop.owner.fetchval("select object_sha256 from keys where order_id = $1", order_id) == sha256
    async with AsyncExitStack() as stack:
        rotated = await open_shop(stack, shop.settings.model_copy(update={"key_ring": new}), database.url)
        assert code in (await rotated.http.post(f"/d/{token}/reveal", headers=HTML)).text
        rotated.kinguin.codes = shop.kinguin.codes
        await rotated.deliver(intent, [])
    back = bitloot(shop, database, "keys", "rotate", KEY_RING=f"{shop.settings.key_ring},{new}")
    assert back.returncode == 0


async def test_a_rotation_killed_half_way_is_finished_by_the_next(shop: Shop, database: Any) -> None:
    """Each batch is one transaction: whatever the kill leaves behind opens with the ring of both keys."""
    await shop.owner.execute("delete from keys")
    old = shop.settings.ring()
    orders = [uuid4() for _ in range(BATCH + 20)]
    rows = [(new_id(), order_id, f"r/{order_id}", old.wrap(DataKey.random(), order_id, 1)) for order_id in orders]
    await shop.owner.executemany(
        "insert into keys (id, order_id, reservation_id, storage_ref, wrapped_key, kid)"
        " values ($1, $2, 'r', $3, $4, $5)",
        [(row_id, order_id, ref, wrapped.text, wrapped.kid) for row_id, order_id, ref, wrapped in rows],
    )
    both = f"{a_key('new')},{shop.settings.key_ring}"
    await killed_at(shop, database, rows[-1][0], "keys", "rotate", KEY_RING=both)
    assert await keys.count_by_kid(shop.owner) == {old.current: 20, "new": BATCH}
    done = bitloot(shop, database, "keys", "rotate", "--json", KEY_RING=both)
    assert json.loads(done.stdout)["rewrapped"] == 20
    ring = KeyRing(NamedKeys.parse(both))
    for row_id, order_id, _, wrapped in rows:
        text, kid = await shop.owner.fetchrow("select wrapped_key, kid from keys where id = $1", row_id)  # type: ignore[misc]
        opened = ring.unwrap(WrappedKey(text, kid), order_id, 1)
        assert opened.reveal() == old.unwrap(wrapped, order_id, 1).reveal()
    await shop.owner.execute("delete from keys")


async def test_rotation_says_which_key_is_missing(shop: Shop, database: Any) -> None:
    await shop.delivered_order()
    done = bitloot(shop, database, "keys", "rotate", KEY_RING=a_key("alone"))
    assert done.returncode == 1
    assert "'k1'" in done.stderr


class Broken:
    """Storage that fails before anything is put."""

    async def save_keys_json(self, *_: Any, **__: Any) -> str:
        raise ZeroDivisionError


async def request_for(shop: Shop, order_id: Any) -> Any:
    from bitloot_common.events.fulfillment import DeliveryRequested

    shop.kinguin.codes[f"res-{order_id}"] = [a_code()]
    return DeliveryRequested(order_id=order_id, reservation_id=f"res-{order_id}", quantity=1)
