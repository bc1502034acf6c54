"""A stack of a test's own: on free ports, under a directory of its own, killed and restarted at will."""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console

from bitloot_local import credentials, environment, ports, processes, topology
from bitloot_local.config import Config, KinguinApi
from bitloot_local.layout import Layout
from bitloot_local.program import Program, Report
from bitloot_local.servers import postgres
from bitloot_local.stack import Stack, down
from bitloot_local.terminal import Terminal
from bitloot_local.topology import Topology

T = TypeVar("T")
Parts = Callable[[Config, Report], Coroutine[Any, Any, Topology]]


def settings(root: Path, kinguin_api: KinguinApi = "reservations") -> Config:
    layout = Layout(root=root)
    layout.create()
    return Config(
        layout=layout,
        ports=ports.Ports.free(),
        secrets=credentials.load_or_make(layout),
        kinguin_api=kinguin_api,
    )


class System:
    """Starts nothing until `up` (all of it) or `start` (one process) is called."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.env: dict[str, str] = environment.everything(config)
        self.urls: dict[str, str] = environment.urls(config)
        self._programs: dict[str, Program] = {}
        self._stack = Stack(config, Topology(()), quiet_terminal(config.layout))
        self._lock = threading.Lock()

    def up(self, parts: Parts = topology.whole) -> None:
        """All of it, or what of it is missing; returns when it is ready."""
        self._stack.topology = in_thread(parts(self.config, no_report))
        self._stack.running.clear()
        self._programs |= {program.name: program for program in self._stack.topology.programs}
        in_thread(self._stack.up())

    def start_server(self, name: str) -> None:
        """One of kafka, postgres, s3, smtp, if it is not up already."""
        with self._lock:
            if name not in self._programs:
                (program,) = in_thread(topology.servers(self.config, (name,), no_report))
                self.start_program(program)

    def start_program(self, program: Program) -> None:
        """A server that a test has made; returns when it is ready."""
        self._programs[program.name] = program
        self.start(program.name)

    def start(self, name: str, env: Mapping[str, str] | None = None) -> None:
        """Starts it again, with `env` on top of its own this once, and returns when it is ready."""
        program = self._programs[name]
        if env:
            program = replace(program, env={**program.env, **env})
        self._stack.running.pop(name, None)
        in_thread(self._stack.bring_up(program))

    def kill(self, name: str) -> None:
        """`kill -9`; returns when it is dead."""
        self.stop(name, signal.SIGKILL)

    def stop(self, name: str, number: signal.Signals | None = None) -> None:
        """Asks it to stop in its own way, or by this signal; returns when it is dead."""
        running = self._stack.running.pop(name)
        if number is None:
            processes.stop(running)
            return
        running.process.send_signal(number)
        if not processes.wait_until_dead([running.process], processes.STOP_S_MAX):
            raise TimeoutError(f"{name} outlived {number.name} by {processes.STOP_S_MAX} s")

    def restart(self, name: str, env: Mapping[str, str] | None = None) -> None:
        self.stop(name)
        self.start(name, env)

    def pause(self, name: str) -> None:
        """SIGSTOP: it is there, holds its connections and answers nothing."""
        self._stack.running[name].process.suspend()

    def resume(self, name: str) -> None:
        self._stack.running[name].process.resume()

    def alive(self, name: str) -> bool:
        running = self._stack.running.get(name)
        return running is not None and processes.alive(running.process)

    def pid(self, name: str) -> int:
        return self._stack.running[name].pid

    def log(self, name: str) -> str:
        return self.config.layout.log(name).read_text(errors="replace")

    @property
    def directory(self) -> Path:
        """Everything it keeps on disk."""
        return self.config.layout.root

    def flush(self) -> None:
        """PostgreSQL's checkpoint: what it has in memory is on disk when this returns."""
        superuser = self.config.database_url("postgres", "POSTGRES_PASSWORD", "postgres")
        in_thread(postgres.execute(superuser, "CHECKPOINT"))

    def data_dir(self, name: str) -> Path:
        return self.config.layout.data(name)

    def down(self) -> None:
        down(self.config.layout, quiet_terminal(self.config.layout))
        self._stack.running.clear()


def in_thread(work: Coroutine[Any, Any, T]) -> T:
    """A loop of its own, whatever loop the test may be running."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()


def no_report(_doing: str) -> None:
    """Nobody watches."""


def quiet_terminal(layout: Layout) -> Terminal:
    """What `make up` would show goes to a file."""
    return Terminal(Console(file=layout.log("stack").open("a"), width=120))
