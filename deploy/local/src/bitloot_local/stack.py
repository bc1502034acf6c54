"""Starts what is missing, waits until it can be used, and stops it again."""

import asyncio
import fcntl
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psutil

from bitloot_local import envfile, environment, processes
from bitloot_local.config import Config
from bitloot_local.errors import ProcessFailed, StackBusy, StackError
from bitloot_local.layout import REPOSITORY, Layout
from bitloot_local.ports import refuse_taken
from bitloot_local.processes import Running
from bitloot_local.program import Job, Lane, Program
from bitloot_local.terminal import Step, Terminal
from bitloot_local.topology import SERVERS, Topology

POLL_S = 0.05
ADOPTED_READY_S_MAX = 45.0  # a process found running that does not answer for so long is started anew


class Stack:
    def __init__(self, config: Config, topology: Topology, terminal: Terminal) -> None:
        self.config = config
        self.layout = config.layout
        self.topology = topology
        self.terminal = terminal
        self.running: dict[str, Running] = {}
        self._started: list[Running] = []

    async def up(self) -> None:
        """All of it, ready. What this call started it stops again, should it fail or be interrupted."""
        self.layout.create()
        with only_one(self.layout):
            try:
                async with self.terminal.alive(), self.crashes_reported():
                    await self._up()
            except BaseException:
                self.stop_started()
                raise

    async def _up(self) -> None:
        await self._clear_the_way()
        envfile.write(
            self.layout.env_file, environment.everything(self.config), "The local stack, for tests and tools."
        )
        ready = {program.name: asyncio.Event() for program in self.topology.servers}

        async def server(program: Program) -> None:
            await self.bring_up(program)
            ready[program.name].set()

        async def lane(lane: Lane) -> None:
            await ready[lane.needs].wait()
            for job in lane.jobs:
                await self._run(job)

        await _all([*map(server, self.topology.servers), *map(lane, self.topology.lanes)])
        await _all(map(self.bring_up, self.topology.services))

    async def _clear_the_way(self) -> None:
        """Adopts what already runs as it should, stops what runs otherwise, refuses ports of others."""
        found = processes.find(self.layout)
        wanted = {program.name: program for program in self.topology.programs}
        for name, running in found.items():
            program = wanted.get(name)
            if program and program.fingerprint != running.mark.fingerprint:
                with self.terminal.step(name, "settings changed: stopping") as step:
                    await asyncio.to_thread(processes.stop, running)
                    step.done = "stopped: settings changed"
            elif program:
                self.running[name] = running
                processes.write_pid(self.layout, running)
        for program in self.topology.programs:
            if program.name not in self.running:
                self._refuse_taken_ports(program)

    def _refuse_taken_ports(self, program: Program) -> None:
        for port, variable in program.ports:
            refuse_taken(port, variable)

    async def bring_up(self, program: Program) -> None:
        with self.terminal.step(program.name, "starting") as step:
            if program.name in self.running and await self._still_answers(program, step):
                step.done = "already up"
            else:
                await program.prepare(step.report)
                self._start(program)
                step.report("waiting until it is ready")
                await self._wait_ready(program, program.ready_s_max)
            await program.settle(step.report)

    async def _still_answers(self, program: Program, step: Step) -> bool:
        running = self.running[program.name]
        step.report("already running: asking whether it is ready")
        processes.send(running.process, signal.SIGCONT)  # it may have been stopped with SIGSTOP
        try:
            await self._wait_ready(program, ADOPTED_READY_S_MAX)
        except ProcessFailed:
            step.report("does not answer: starting it anew")
            del self.running[program.name]
            await asyncio.to_thread(processes.stop, running)
            return False
        return True

    def _start(self, program: Program) -> None:
        running = processes.spawn(program, self.layout, dict(self.config.machine))
        self.running[program.name] = running
        self._started.append(running)

    async def _wait_ready(self, program: Program, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        process = self.running[program.name].process
        while True:
            try:
                async with asyncio.timeout(max(1.0, deadline - time.monotonic())):
                    await program.ready()
                if processes.listens_on(process, [port for port, _ in program.ports]):
                    return
                reason = "its port answers, but is another process's"
            except Exception as error:  # noqa: BLE001 - whatever a server that is starting makes of a question
                reason = str(error) or type(error).__name__
            self._refuse_dead(program.name, process)
            if time.monotonic() > deadline:
                log = self.layout.log(program.name)
                raise ProcessFailed(program.name, f"was not ready within {timeout_s:.0f} s: {reason}", log)
            await asyncio.sleep(POLL_S)

    def _refuse_dead(self, name: str, process: psutil.Process) -> None:
        if not processes.alive(process):
            for program in self.topology.programs:  # a port may have been taken since we looked
                if program.name == name:
                    self._refuse_taken_ports(program)
            raise ProcessFailed(name, f"died{exit_of(process)}", self.layout.log(name))

    @asynccontextmanager
    async def crashes_reported(self) -> AsyncIterator[None]:
        """A process that dies while another is waited for ends the waiting at once."""

        async def watch() -> None:
            while True:
                self.check()
                await asyncio.sleep(0.2)

        try:
            async with asyncio.TaskGroup() as group:
                watcher = group.create_task(watch())
                yield
                watcher.cancel()
        except BaseExceptionGroup as failures:
            raise first(failures) from None

    def check(self) -> None:
        """Raises ProcessFailed, with the end of its log, for a process of ours that has died."""
        for name, running in list(self.running.items()):
            self._refuse_dead(name, running.process)

    async def _run(self, job: Job) -> None:
        with self.terminal.step(job.name, f"bitloot {' '.join(job.argv[1:3])}") as step:
            await run_job(job, self.config)
            step.done = "applied"

    def stop_started(self) -> None:
        if self._started:
            with interrupts_ignored():
                self.terminal.line("stopping", ", ".join(running.name for running in reversed(self._started)))
                stop_all(self._started)
                self._started.clear()


async def run_job(job: Job, config: Config) -> None:
    log = config.layout.log(job.name)
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *job.argv, env={**config.machine, **job.env}, cwd=REPOSITORY, stdout=file, stderr=file
        )
        try:
            async with asyncio.timeout(job.deadline_s):
                code = await process.wait()
        except TimeoutError:
            raise ProcessFailed(job.name, f"was not done within {job.deadline_s:.0f} s", log) from None
        finally:
            if process.returncode is None:
                process.kill()
    if code != 0:
        raise ProcessFailed(job.name, f"failed with exit code {code}", log)


def down(layout: Layout, terminal: Terminal) -> list[str]:
    """Stops whatever of this stack runs, known or not. Returns the names."""
    layout.create()
    with only_one(layout), interrupts_ignored():
        found = list(processes.find(layout).values())
        if found:
            terminal.line("stopping", ", ".join(running.name for running in reversed(found)))
        for name in stop_all(found):
            terminal.line(name, "did not stop in time and was killed", style="yellow")
        processes.forget_pid_files(layout)
    return [running.name for running in found]


def stop_all(found: list[Running]) -> list[str]:
    """Services first, then what they stand on; each wave at once. Returns who had to be killed."""
    killed = []
    services = [running for running in found if running.name not in SERVERS]
    servers = [running for running in found if running.name in SERVERS]
    for wave in (services, servers):
        with ThreadPoolExecutor(max_workers=max(1, len(wave))) as pool:
            results = pool.map(processes.stop, wave)
            killed += [running.name for running, went in zip(wave, results, strict=True) if not went]
    processes.wait_until_gone([running.process for running in found])
    for running in found:  # a pid file without a process means a crash from here on
        Layout(Path(running.mark.root)).pid_file(running.name).unlink(missing_ok=True)
    return killed


@contextmanager
def only_one(layout: Layout) -> Iterator[None]:
    """One `up` or `down` at a time; the lock ends with its process, however that ends."""
    with layout.lock_file.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise StackBusy(f"another make up or down is at work here (process {file.read().strip()})") from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Stopping is not interrupted half way. (Only the main thread has signals; tests use another.)"""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def exit_of(process: psutil.Process) -> str:
    try:
        code = process.wait(timeout=0)
    except (psutil.Error, OSError):
        return ""
    return "" if code is None else f" (exit code {code})" if code >= 0 else f" ({signal.Signals(-code).name})"


async def _all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for each in work:
            group.create_task(each)


def first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one a person should read: the first of ours."""
    ours, others = failures.split(StackError)
    found: BaseException = ours or others or failures
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
