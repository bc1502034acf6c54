"""The inbox: an event takes effect once, however often Kafka or an SRE delivers it."""

from bitloot_common.db import Connection

_CLAIM = "insert into inbox (consumer, event_id) values ($1, $2) on conflict do nothing returning true"


async def first_time(connection: Connection, consumer: str, event_id: str) -> bool:
    """Whether `consumer` sees `event_id` for the first time; remembers it in the caller's transaction.

    Two handlers racing on one event: the second waits for the first's commit, then gets False.
    """
    return bool(await connection.fetchval(_CLAIM, consumer, event_id))


PRUNE = """
delete from inbox where ctid in (
    select ctid from inbox where at < now() - make_interval(days => $1) order by at limit $2
)
"""


async def prune(connection: Connection, *, keep_days: int, limit: int = 10_000) -> int:
    """Forgets events older than the topics' longest retention. Returns how many rows went."""
    status = await connection.execute(PRUNE, keep_days, limit)
    return int(status.rsplit(" ", 1)[1])
