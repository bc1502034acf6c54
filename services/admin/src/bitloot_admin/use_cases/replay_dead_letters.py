"""Starts the replay of dead letters as a job, and carries it out: at a bounded rate, abortable, stopping by
itself when what it replays fails again. When its process dies, another one (or the next) takes the job up."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import structlog
from aiokafka.errors import KafkaError
from bitloot_admin import audit
from bitloot_admin.models.dead_letters import Job, ReplayRequest
from bitloot_admin.store import dead_letters, jobs
from bitloot_admin.use_cases.plan_replay import taken_up
from bitloot_common.db import Pool
from bitloot_common.deadletters import Sender, Sending, acts
from bitloot_common.problem import Conflict

log = structlog.get_logger(__name__)

KIND: Final = "dead_letters.replay"
LOOK_EVERY_S: Final = 1.0
# what failed needs a moment to come back: the ladder is 31 s long, a permanent error takes none of it
AFTERMATH_S: Final = 2.0
# a job says that it lives every LOOK_EVERY_S; one that has not for so long has lost its process
LOST_S: Final = 6.0
ADOPT_EVERY_S: Final = 1.0
# each holds a producer and a pinch of the database; more of them at once end no sooner
RUNNING_MAX: Final = 4


class TooManyJobs(Conflict):
    """So many bulk replays run already."""

    def __init__(self) -> None:
        super().__init__(f"{RUNNING_MAX} bulk replays are running; wait for one to end, or abort one.")


class Jobs:
    """The jobs of this process, each a task; stopped, they leave what they have not sent as it was."""

    def __init__(self, pool: Pool, *, bootstrap_servers: str) -> None:
        self._pool = pool
        self._bootstrap_servers = bootstrap_servers
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

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
        """The job, already running. Raises TooManyJobs; an edited letter's, which is over in a moment, always runs."""
        async with self._pool.acquire() as connection, connection.transaction():
            if not edited and await jobs.running(connection, KIND) >= RUNNING_MAX:
                raise TooManyJobs
            job = await jobs.insert(
                connection,
                kind=KIND,
                actor=actor,
                reason=reason,
                selection=dict(selection),
                total=len(sendings),
            )
            detail = {"job": str(job.id), "letters": len(sendings), "ratePerS": rate_per_s, "edited": edited}
            await audit.write(
                connection, actor, "dead_letters.replay_started", f"job:{job.id}", reason=reason, detail=detail
            )
        self._run(_Replay(self._pool, self._bootstrap_servers, job, sendings, rate_per_s, stop_after, edited=edited))
        return job

    def _run(self, replay: "_Replay") -> None:
        task = self._tasks[replay.job.id] = asyncio.create_task(replay.run())
        task.add_done_callback(lambda _: self._tasks.pop(replay.job.id))

    async def adopt(self) -> None:
        """Takes up the jobs of processes that died, until cancelled."""
        while True:
            for job in await jobs.take_lost(self._pool, lost_s=LOST_S, but=list(self._tasks)):
                log.info("job.taken_up", job=str(job.id), done=job.done, total=job.total)
                await self._take_up(job)
            await asyncio.sleep(ADOPT_EVERY_S)

    async def _take_up(self, job: Job) -> None:
        if job.selection.get("edited"):
            told = {"error": "the process died; the letter tells whether the edited message was sent"}
            await jobs.finish(self._pool, job.id, "failed", done=job.done, failed=job.failed, report=told)
            return
        wanted = ReplayRequest.model_validate(job.selection)
        async with self._pool.acquire() as connection:
            rest, sent = await taken_up(connection, wanted.selection(), job.created_at, job.actor)
        replay = _Replay(
            self._pool, self._bootstrap_servers, job, rest, wanted.rate_per_s, wanted.stop_after, sent=sent
        )
        self._run(replay)

    async def start_edited(self, sendings: Sequence[Sending], *, actor: str, reason: str) -> Job:
        """The replay of one letter with another body, already running."""
        ids = [str(each.letter.id) for each in sendings]
        return await self.start_replay(
            sendings,
            selection={"ids": ids, "edited": True},
            actor=actor,
            reason=reason,
            rate_per_s=1,
            stop_after=1,
            edited=True,
        )

    async def stop(self) -> None:
        """Cancels all and waits; whoever runs next takes them up."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


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
        sent: Sequence[Sending] = (),
        edited: bool = False,
    ) -> None:
        """`sent`: what another process had sent of it."""
        self._pool = pool
        self._bootstrap_servers = bootstrap_servers
        self.job = job
        self._sendings = sendings
        self._rate_per_s = rate_per_s
        self._stop_after = stop_after
        self._edited = edited
        self._watched = [each for each in (*sent, *sendings) if each.event_id]
        self._done = job.total - len(sendings)
        self._came_back = job.failed
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
            await jobs.let_go(self._pool, self.job.id)
            raise
        except Exception as error:
            log.exception("job.failed", job=str(self.job.id))
            await self._end("failed", {"error": type(error).__name__})
        else:
            stopped = {"stopped": self._why_stopped} if self._why_stopped else {}
            await self._end("aborted" if report.aborted else "finished", {"sent": self._done, **stopped})
        finally:
            watching.cancel()

    async def _send(self) -> acts.Report:
        async with Sender(self._bootstrap_servers, self._rate_per_s) as sender:
            return await acts.replay(
                sender,
                self._sendings,
                self._pool.acquire,
                actor=self.job.actor,
                reason=self.job.reason,
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
        self._came_back = await dead_letters.count_come_back(
            self._pool,
            [each.event_id or "" for each in self._watched],
            [each.letter.id for each in self._watched],
            self.job.created_at,
        )
        if self._came_back >= self._stop_after and self._why_stopped is None:
            self._why_stopped = f"{self._came_back} failed again"
        if not await jobs.touch(self._pool, self.job.id, done=self._done, failed=self._came_back):
            self._why_stopped = self._why_stopped or "aborted"

    async def _end(self, state: str, report: dict[str, object]) -> None:
        await jobs.finish(self._pool, self.job.id, state, done=self._done, failed=self._came_back, report=report)
