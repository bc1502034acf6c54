"""Starts the replay of dead letters as a job, and carries it out: at a bounded rate, abortable, stopping by
itself when what it replays fails again. A crash half-way leaves the rest open; asking again is harmless."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import structlog
from aiokafka.errors import KafkaError
from bitloot_admin import audit
from bitloot_admin.models.dead_letters import Job
from bitloot_admin.store import dead_letters, jobs
from bitloot_common.db import Pool
from bitloot_common.deadletters import Sender, Sending, acts

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 1.0
# what failed needs a moment to come back: the ladder is 31 s long, a permanent error takes none of it
AFTERMATH_S: Final = 2.0


class Jobs:
    """The jobs of this process, each a task; stopped, they leave what they have not sent as it was."""

    def __init__(self, pool: Pool, *, bootstrap_servers: str) -> None:
        self._pool = pool
        self._bootstrap_servers = bootstrap_servers
        self._tasks: set[asyncio.Task[None]] = set()

    async def start_replay(
        self,
        sendings: Sequence[Sending],
        *,
        selection: Mapping[str, object],
        actor: str,
        reason: str,
        rate_per_s: float,
        stop_after: int,
        edited: bool = False,
    ) -> Job:
        """The job, already running."""
        async with self._pool.acquire() as connection, connection.transaction():
            job = await jobs.insert(
                connection,
                kind="dead_letters.replay",
                actor=actor,
                reason=reason,
                selection=dict(selection),
                total=len(sendings),
            )
            detail = {"job": str(job.id), "letters": len(sendings), "ratePerS": rate_per_s, "edited": edited}
            await audit.write(
                connection, actor, "dead_letters.replay_started", f"job:{job.id}", reason=reason, detail=detail
            )
        replay = _Replay(self._pool, self._bootstrap_servers, job, sendings, rate_per_s, stop_after, edited=edited)
        task = asyncio.create_task(replay.run(), name=f"job-{job.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    async def start_edited(self, sendings: Sequence[Sending], *, actor: str, reason: str) -> Job:
        """The replay of one letter with another body, already running."""
        ids = [str(each.letter.id) for each in sendings]
        return await self.start_replay(
            sendings,
            selection={"ids": ids},
            actor=actor,
            reason=reason,
            rate_per_s=1,
            stop_after=1,
            edited=True,
        )

    async def stop(self) -> None:
        """Cancels all and waits."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class _Replay:
    """One replay under way."""

    def __init__(
        self,
        pool: Pool,
        bootstrap_servers: str,
        job: Job,
        sendings: Sequence[Sending],
        rate_per_s: float,
        stop_after: int,
        *,
        edited: bool,
    ) -> None:
        self._pool = pool
        self._bootstrap_servers = bootstrap_servers
        self._job = job
        self._sendings = sendings
        self._rate_per_s = rate_per_s
        self._stop_after = stop_after
        self._edited = edited
        self._events = [each.letter.event_id for each in sendings if each.letter.event_id]
        self._since = datetime.now(UTC)
        self._done = self._came_back = 0
        self._why_stopped: str | None = None

    async def run(self) -> None:
        """Sends, watches, and writes down how it ended."""
        watching = asyncio.create_task(self._watch())
        try:
            report = await self._send()
            await asyncio.sleep(AFTERMATH_S)
            await self._look()
        except (KafkaError, TimeoutError, OSError) as error:
            await self._end("failed", {"error": type(error).__name__})
        except asyncio.CancelledError:
            await self._end("failed", {"error": "the process was stopped; what was not sent is still open"})
            raise
        except Exception as error:
            log.exception("job.failed", job=str(self._job.id))
            await self._end("failed", {"error": type(error).__name__})
        else:
            stopped = {"stopped": self._why_stopped} if self._why_stopped else {}
            await self._end("aborted" if report.aborted else "finished", {"sent": len(report.sent), **stopped})
        finally:
            watching.cancel()

    async def _send(self) -> acts.Report:
        async with (
            Sender(self._bootstrap_servers, self._rate_per_s) as sender,
            self._pool.acquire() as connection,
        ):
            return await acts.replay(
                sender,
                self._sendings,
                connection,
                actor=self._job.actor,
                reason=self._job.reason,
                edited=self._edited,
                progress=self._count,
                go_on=lambda: self._why_stopped is None,
            )

    def _count(self, sent: int) -> None:
        self._done += sent

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self._look()

    async def _look(self) -> None:
        self._came_back = await dead_letters.count_come_back(self._pool, self._events, self._since)
        if self._came_back >= self._stop_after and self._why_stopped is None:
            self._why_stopped = f"{self._came_back} failed again"
        if not await jobs.touch(self._pool, self._job.id, done=self._done, failed=self._came_back):
            self._why_stopped = self._why_stopped or "aborted"

    async def _end(self, state: str, report: dict[str, object]) -> None:
        await jobs.finish(self._pool, self._job.id, state, done=self._done, failed=self._came_back, report=report)
