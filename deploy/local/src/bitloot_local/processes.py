"""Which process is ours, started how, and how it is stopped.

Every process carries a mark in its environment: stack directory, name, fingerprint, and the signal that
stops it. A pid alone proves nothing (it may have been recycled for a stranger) and a pid file may be lost
with a killed `make up`; the mark is there as long as the process is. Processes are started in a session
of their own, so that they outlive `make up` and a Ctrl-C at the terminal is not theirs.
"""

import pwd
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from bitloot_local.layout import Layout
from bitloot_local.program import Program

MARK = "BITLOOT_PROCESS"
_children_of_this_process: list[subprocess.Popen[bytes]] = []  # else Popen warns that they outlive it
REAPED_S_MAX = 5.0  # a container's init may take seconds to collect the dead; until then /proc shows them


LOG_BYTES_MAX = 20 * 1024 * 1024
STOP_S_MAX = 25.0  # a service gives itself 20


@dataclass(frozen=True)
class Mark:
    root: str
    name: str
    fingerprint: str
    stop_signal: signal.Signals

    def __str__(self) -> str:
        return f"{self.root}|{self.name}|{self.fingerprint}|{self.stop_signal.name}"

    @classmethod
    def parse(cls, text: str) -> "Mark | None":
        match text.split("|"):
            case [root, name, fingerprint, stop_signal]:
                return cls(root, name, fingerprint, signal.Signals[stop_signal])
        return None


@dataclass(frozen=True)
class Running:
    mark: Mark
    process: psutil.Process

    @property
    def name(self) -> str:
        return self.mark.name

    @property
    def pid(self) -> int:
        return int(self.process.pid)


def spawn(program: Program, layout: Layout, machine: dict[str, str]) -> Running:
    """Starts it with its log as its output and writes its pid file."""
    for path, text in program.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # a configuration may hold credentials
        path.write_text(text)
    mark = Mark(str(layout.root.resolve()), program.name, program.fingerprint, program.stop_signal)
    env = {**machine, **program.env, MARK: str(mark)}
    data = layout.data(program.name)
    data.mkdir(parents=True, exist_ok=True)
    _turn_over(layout.log(program.name))
    with layout.log(program.name).open("ab") as log:
        child = subprocess.Popen(
            program.argv,
            env=env,
            cwd=data,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=program.user,
            group=pwd.getpwuid(program.user).pw_gid if program.user is not None else None,
            extra_groups=[] if program.user is not None else None,
        )
    _children_of_this_process.append(child)
    running = Running(mark, psutil.Process(child.pid))
    write_pid(layout, running)
    return running


def _turn_over(log: Path) -> None:
    """A log that has grown large is put aside; the one before it is forgotten."""
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".log.1"))


def write_pid(layout: Layout, running: Running) -> None:
    path = layout.pid_file(running.name)
    draft = path.with_suffix(".tmp")
    draft.write_text(f"{running.pid}\n")
    draft.replace(path)


def find(layout: Layout) -> dict[str, Running]:
    """Our living processes by name, whether or not a pid file tells of them."""
    root = str(layout.root.resolve())
    return {running.name: running for running in _running() if running.mark.root == root}


def find_below(directory: Path) -> list[Running]:
    """The living processes of every stack whose directory is in this one."""
    return [running for running in _running() if Path(running.mark.root).is_relative_to(directory.resolve())]


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def listens_on(process: psutil.Process, ports: Iterable[int]) -> bool:
    """Are these ports its own, or its children's? Else whoever answers there is not who was started."""
    try:
        sockets = [each for member in (process, *_children(process)) for each in member.net_connections("tcp")]
    except psutil.AccessDenied:
        return True
    except psutil.NoSuchProcess:
        return False
    own = {each.laddr.port for each in sockets if each.laddr and each.status == psutil.CONN_LISTEN}
    return own.issuperset(ports)


def stop(running: Running, timeout_s: float = STOP_S_MAX) -> bool:
    """Asks, waits, then kills; its children too. True if it went by itself."""
    family = [running.process, *_children(running.process)]
    send(running.process, running.mark.stop_signal)
    went = wait_until_dead([running.process], timeout_s)
    for member in family:
        if alive(member):
            send(member, signal.SIGKILL)
    wait_until_dead(family, REAPED_S_MAX)
    return went


def wait_until_dead(processes: Iterable[psutil.Process], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    everyone = list(processes)
    while any(map(alive, everyone)) and time.monotonic() < deadline:
        time.sleep(0.02)
    _reap(everyone)
    return not any(map(alive, everyone))


def wait_until_gone(waiting: list[psutil.Process], timeout_s: float = REAPED_S_MAX) -> None:
    """Until the dead have left /proc as well, so that who looks there finds nothing."""
    deadline = time.monotonic() + timeout_s
    while waiting and time.monotonic() < deadline:
        _reap(waiting)
        waiting = [process for process in waiting if process.is_running()]
        time.sleep(0.02)


def forget_pid_files(layout: Layout) -> None:
    for path in layout.pids.glob("*.pid"):
        path.unlink(missing_ok=True)


def _running() -> Iterator[Running]:
    for process in psutil.process_iter():
        mark = _mark_of(process)
        if mark and alive(process) and _mark_of(_parent(process)) != mark:  # not the child of one of ours
            yield Running(mark, process)


def _mark_of(process: psutil.Process | None) -> Mark | None:
    try:
        text = process.environ().get(MARK) if process else None
    except (psutil.Error, OSError):
        return None
    return Mark.parse(text) if text else None


def _parent(process: psutil.Process) -> psutil.Process | None:
    try:
        return process.parent()
    except psutil.Error:
        return None


def send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []


def _reap(processes: Iterable[psutil.Process]) -> None:
    """Where we are the parent, collecting the dead is our duty."""
    for process in processes:
        try:
            process.wait(timeout=0)
        except (psutil.Error, OSError):
            continue
