"""Promise 3, widened: 200 orders under faults, kills and retries, everything logging at DEBUG: no code anywhere.

Also each leak by itself: the bucket's bytes, a dump of the database, the mails' text open nothing.
"""

import asyncio
import base64
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka.record.memory_records import MemoryRecords
from bitloot_admin_client.api.people_and_tokens import issue_api_token
from bitloot_admin_client.models import IssuedToken, NewToken
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from search import contents, spellings
from shop import LINK, Order
from shop import Shop as Storefront
from storefronts import UNLIMITED, buy, kill, restart, start

PREFIX = "GREPME-Q7Z4"
ORDERS = 200
SERVICES = ("ingress", "fulfillment", "delivery", "admin")


@pytest.fixture(scope="module")
async def storefront(system: Any) -> Any:
    storefront = Storefront(system.env)
    yield storefront
    await storefront.provider_settings(codePrefix=None)
    await storefront.no_faults()
    await storefront.close()


@pytest.fixture(scope="module")
async def loud(system: Any) -> Any:
    """Every service at DEBUG with traces to a file, PostgreSQL logging each statement; quiet again afterwards."""
    await asyncio.gather(*(restart(system, name, **loudly(system, name), **UNLIMITED) for name in SERVICES))
    superuser = await asyncpg.connect(system.config.database_url("postgres", "POSTGRES_PASSWORD", "postgres"))
    await superuser.execute("alter system set log_statement = 'all'")
    await superuser.execute("alter system set log_parameter_max_length = -1")
    await superuser.execute("select pg_reload_conf()")
    yield
    await superuser.execute("alter system reset all")
    await superuser.execute("select pg_reload_conf()")
    await superuser.close()
    await asyncio.gather(*(restart(system, name) for name in SERVICES))


def loudly(system: Any, name: str) -> dict[str, str]:
    return {"LOG_LEVEL": "DEBUG", "OTEL_TRACES_FILE": str(system.directory / "logs" / f"{name}.traces.jsonl")}


async def trouble(storefront: Storefront, system: Any) -> None:
    """What goes wrong while the orders run."""
    await storefront.fault(provider="kinguin", operation="delivered", mode="error", rate=0.2)
    await storefront.fault(provider="kinguin", operation="webhook", mode="duplicate_webhook", rate=0.2)
    await control(storefront, "451 4.7.1 later")
    await asyncio.sleep(4)
    await kill(system, "delivery")
    await kill(system, "s3")
    await control(storefront, None)
    await start(system, "s3")
    await start(system, "delivery", **loudly(system, "delivery"))


async def control(storefront: Storefront, reply: str | None) -> None:
    answer = await storefront.http.post(f"{storefront.mailbox}/api/control", json={"reply": reply})
    assert answer.is_success


def records_of(segment: Path) -> Iterator[bytes]:
    """Keys, values and headers of a Kafka log segment, decompressed."""
    batches = MemoryRecords(segment.read_bytes())
    while batches.has_next():
        batch = batches.next_batch()
        if batch is None:
            return
        for record in batch:
            yield from (part for part in (record.key, record.value) if part)
            yield from (value for _, value in record.headers if value)


def segment_records(root: Path) -> list[bytes]:
    return [record for log in root.rglob("deliveries.requested-*/*.log") for record in records_of(log)]


def leaks(root: Path, *spared: Path, needles: Sequence[bytes] = ()) -> list[Path]:
    """Files with the codes' prefix in any spelling (or with `needles`); Kafka's segments record by record besides."""
    needles = needles or spellings(PREFIX)
    found = []
    for path in root.rglob("*"):
        if not path.is_file() or set(spared) & {path, *path.parents}:
            continue
        inside = [*contents(path), *(records_of(path) if "kafka" in str(path) and path.suffix == ".log" else ())]
        if any(needle in content for content in inside for needle in needles):
            found.append(path)
    return found


@pytest.fixture(scope="module")
async def orders(storefront: Storefront, system: Any, loud: None) -> list[Order]:
    """All of them, paid, fulfilled under trouble and revealed in both ways."""
    await storefront.provider_settings(codePrefix=PREFIX)
    troubles = asyncio.create_task(trouble(storefront, system))
    orders = await buy(storefront, "leak", ORDERS)
    await troubles
    await storefront.no_faults()
    for order in orders:
        await storefront.reaches(order, "fulfilled", deadline_s=240)
    return orders


@pytest.mark.timeout(600)
async def test_no_code_is_found_in_any_byte_that_the_system_wrote(
    storefront: Storefront, system: Any, orders: list[Order]
) -> None:
    links = {}
    for mail in (await storefront.http.get(f"{storefront.mailbox}/api/email")).json():
        if mail["to"][0]["address"].startswith("leak-"):
            links[mail["to"][0]["address"]] = LINK.search(mail["text"])
    assert len(links) == ORDERS
    for number, order in enumerate(orders):
        link = f"{storefront.delivery}{links[order.email].group(0)}"  # type: ignore[union-attr]
        if number % 2:
            (code,) = await storefront.reveal(link)
        else:
            code = (await storefront.http.post(f"{link}/reveal", headers={"Accept": "text/html"})).text
        assert PREFIX in code
    await asyncio.to_thread(system.flush)
    root, sandbox = Path(system.directory), Path(system.data_dir("sandbox"))
    assert leaks(sandbox, root / "none"), "the provider's own ledger holds them: the search works"
    assert any(segment_records(root)), "Kafka's segments can be read"
    assert await asyncio.to_thread(leaks, root, sandbox) == []


async def test_no_link_is_found_but_in_the_mailbox(storefront: Storefront, system: Any, orders: list[Order]) -> None:
    root, mailbox = Path(system.directory), Path(system.data_dir("smtp"))
    mails = (await storefront.http.get(f"{storefront.mailbox}/api/email")).json()
    heads = {
        link.group(0).removeprefix("/d/").partition(".")[0] for mail in mails if (link := LINK.search(mail["text"]))
    }
    assert len(heads) == 1, "every token begins alike, with the name of the secret that signed it"
    needles = spellings(f"{heads.pop()}.")
    assert leaks(mailbox, root / "none", needles=needles), "the search works"
    assert await asyncio.to_thread(leaks, root, mailbox, needles=needles) == []


async def test_no_token_and_no_credential_is_found_but_where_it_was_put(
    storefront: Storefront, system: Any, orders: list[Order]
) -> None:
    """Logs at DEBUG, statements, traces, topics: a session token is known by its hash only, a secret by nobody."""
    for order in orders[:2]:
        assert (await storefront.status(order))["status"] == "fulfilled"  # the token travels once more
    issued = await issue_api_token.asyncio(client=storefront.admin, body=NewToken("searched for"))
    assert isinstance(issued, IssuedToken), issued
    bearer = {"Authorization": f"Bearer {issued.token}"}
    assert (await storefront.http.get(f"{system.env['ADMIN_URL']}/admin/orders", headers=bearer)).is_success
    await asyncio.to_thread(system.flush)
    layout = system.config.layout
    secret = {name: value for name, value in system.config.secrets.items() if not name.endswith("_ID")}
    words = [issued.token, *(order.token for order in orders[:2])]
    words += [value.rpartition(":")[2] for value in secret.values()]
    needles = [spelling for word in words for spelling in spellings(word)]
    spared = system.data_dir("sandbox"), layout.env_file, *layout.root.rglob("s3proxy.*")
    found = await asyncio.to_thread(leaks, Path(system.directory), *map(Path, spared), needles=needles)
    assert found == [layout.secrets_file], "that one is where they are kept: the search works"


async def test_the_bucket_alone_opens_nothing(storefront: Storefront, system: Any, orders: list[Order]) -> None:
    sealed = sealed_objects(system)
    assert len(sealed) >= ORDERS
    for text in sealed[:20]:
        assert text.split(b".")[1] == b"", "no key lies beside the codes"
        assert_opened_by_none_of(text, words_in(b"".join(sealed[:20])))


async def test_a_database_dump_alone_opens_nothing(storefront: Storefront, system: Any, orders: list[Order]) -> None:
    connection = await asyncpg.connect(system.env["DATABASE_URL"])
    tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    dump = "\n".join([str(row[0]) for (t,) in tables for row in await connection.fetch(f"select t::text from {t} t")])
    await connection.close()
    assert not [spelling for spelling in spellings(PREFIX) if spelling in dump.encode()], "bytea is dumped as hex"
    assert b"payment_status".hex() in dump, "a webhook's body is found: the search reads bytes"
    for name in ("KEY_RING", "LINK_SECRETS", "R2_SECRET_ACCESS_KEY"):
        assert system.env[name].rpartition(":")[2] not in dump
    assert not [spelling for spelling in spellings("/d/eyJ") if spelling in dump.encode()], "no link to follow"
    assert_opened_by_none_of(sealed_objects(system)[0], words_in(dump.encode()))


async def test_the_mails_alone_open_nothing(storefront: Storefront, system: Any, orders: list[Order]) -> None:
    mails = (await storefront.http.get(f"{storefront.mailbox}/api/email")).text
    assert PREFIX not in mails
    assert_opened_by_none_of(sealed_objects(system)[0], words_in(mails.encode()))
    assert system.env["R2_BUCKET"] not in mails, "a mail leads to the page only, never to the object"


def sealed_objects(system: Any) -> list[bytes]:
    return [path.read_bytes() for path in Path(system.data_dir("s3")).rglob("*.jwe") if path.is_file()]


def words_in(text: bytes) -> set[bytes]:
    """Everything in `text` that could be a 256-bit key as it is usually written: base64url, base64 or hex."""
    found = set()
    for word in re.findall(rb"[A-Za-z0-9_\-+/]{43}(?![A-Za-z0-9_\-+/])", text):
        found.add(base64.urlsafe_b64decode(word.replace(b"+", b"-").replace(b"/", b"_") + b"="))
    found |= {bytes.fromhex(word.decode()) for word in re.findall(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", text)}
    return found


def assert_opened_by_none_of(sealed: bytes, keys: set[bytes]) -> None:
    for key in keys:
        with pytest.raises((JoseError, ValueError)):
            jwe.decrypt_compact(sealed, OctKey.import_key(key))
