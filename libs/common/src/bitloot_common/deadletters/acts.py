"""What operators do to dead letters, whole: send and remember, with an audit row for each."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from uuid import UUID

from bitloot_common.db import Connection
from bitloot_common.deadletters import table
from bitloot_common.deadletters.database import DatabaseAway, database_errors
from bitloot_common.deadletters.letter import DeadLetter
from bitloot_common.deadletters.replay import Sender, Sending

Progress = Callable[[int], None]
Lend = Callable[[], AbstractAsyncContextManager[Connection]]


@dataclass(slots=True)
class Report:
    """How a replay went, as far as it came: it is true at every moment, also after an error or Ctrl-C.

    `aborted`: it was told to stop before the end. `unaudited`: sent, and no audit row is known to be written.
    `in_doubt`: the broker may have it or not.
    """

    selected: int
    sent: list[UUID] = field(default_factory=list)
    aborted: bool = False
    unaudited: list[DeadLetter] = field(default_factory=list)
    in_doubt: list[DeadLetter] = field(default_factory=list)


async def replay(
    sender: Sender,
    sendings: Sequence[Sending],
    lend: Lend | None,
    *,
    actor: str,
    reason: str | None = None,
    edited: bool = False,
    progress: Progress = lambda _: None,
    go_on: Callable[[], bool] = lambda: True,
    without_audit: bool = False,
    report: Report | None = None,
) -> Report:
    """Sends `sendings` and marks each as replayed once the broker has it; without a database, sends only.
    With `without_audit` it goes on without one too when the database is lost on the way.

    `lend` gives a connection for as long as a batch is written down: a slow replay holds none while it waits.

    A crash in between leaves sent ones open: they may be sent again, which is harmless. `progress` gets the
    size of each batch sent; when `go_on` says no, the rest is left as it is. A caller's own `report` is filled in on
    the way, so that who is interrupted still knows what was sent.
    """
    report = report or Report(selected=len(sendings))
    try:
        async for batch in sender.send(sendings, go_on):
            letters = [each.letter for each in batch]
            report.sent += [each.id for each in letters]
            report.unaudited += letters  # until the row is known to be there
            if lend is not None:
                try:
                    with database_errors():
                        async with lend() as connection:
                            await _remember(connection, batch, actor=actor, reason=reason, edited=edited)
                    del report.unaudited[-len(letters) :]
                except DatabaseAway:
                    if not without_audit:
                        raise
                    lend = None
            progress(len(batch))
    finally:
        report.aborted = len(report.sent) < len(sendings)
        report.in_doubt = [each.letter for each in sender.in_doubt]
    return report


async def _remember(
    connection: Connection, batch: Sequence[Sending], *, actor: str, reason: str | None, edited: bool
) -> None:
    async with connection.transaction():
        # Read from a topic, it may not be indexed yet; the act must find its row.
        await table.index(connection, [each.letter for each in batch])
        ids = [each.letter.id for each in batch]
        await table.mark_replayed(connection, ids, actor=actor, reason=reason, detail={"edited": edited})
