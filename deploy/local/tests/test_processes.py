"""Who is ours: found without pid files, never mistaken for a stranger, stopped in its own way."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from bitloot_local import processes
from bitloot_local.config import Config
from bitloot_local.errors import PortTaken, ProcessFailed, StackBusy
from bitloot_local.layout import Layout
from bitloot_local.ports import HOST, free
from bitloot_local.processes import find_below
from bitloot_local.program import Program
from bitloot_local.pytest_plugin import stop_below, sweep_leftovers
from bitloot_local.stack import Stack, down, only_one
from bitloot_local.system import System, in_thread, quiet_terminal, settings
from bitloot_local.topology import Topology

Wait = Callable[[Callable[[], bool]], None]
LISTEN = "import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + LISTEN


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    yield settings(tmp_path / "stack")
    stop_below(tmp_path)


def program(name: str = "smtp", code: str = LISTEN) -> Program:
    port = free(1)[0]

    async def connects() -> None:
        _, writer = await asyncio.open_connection(HOST, port)
        writer.close()

    return Program(name, (sys.executable, "-c", code.format(port=port)), connects, ports=((port, "SMTP_PORT"),))


def stack_of(config: Config, *programs: Program) -> Stack:
    return Stack(config, Topology(programs), quiet_terminal(config.layout))


def up(config: Config, *programs: Program) -> Stack:
    stack = stack_of(config, *programs)
    in_thread(stack.up())
    return stack


def pid_of(layout: Layout, name: str = "smtp") -> int:
    return int(layout.pid_file(name).read_text())


def test_up_twice_keeps_the_process(config: Config) -> None:
    one = program()
    up(config, one)
    first = pid_of(config.layout)
    up(config, one)
    assert pid_of(config.layout) == first
    assert down(config.layout, quiet_terminal(config.layout)) == ["smtp"]
    assert not psutil.pid_exists(first)


def test_a_process_whose_pid_file_is_lost_is_adopted_and_stopped(config: Config) -> None:
    one = program()
    up(config, one)
    pid = pid_of(config.layout)
    config.layout.pid_file("smtp").unlink()
    up(config, one)
    assert pid_of(config.layout) == pid
    config.layout.pid_file("smtp").unlink()
    down(config.layout, quiet_terminal(config.layout))
    assert not psutil.pid_exists(pid)


def test_a_recycled_pid_is_a_stranger_and_lives(config: Config) -> None:
    with subprocess.Popen(["sleep", "600"]) as stranger:
        try:
            config.layout.pid_file("smtp").write_text(f"{stranger.pid}\n")
            assert processes.find(config.layout) == {}
            up(config, program())
            assert pid_of(config.layout) != stranger.pid
            config.layout.pid_file("smtp").write_text(f"{stranger.pid}\n")
            down(config.layout, quiet_terminal(config.layout))
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_another_stacks_process_of_the_same_name_is_left_alone(config: Config, tmp_path: Path) -> None:
    other = settings(tmp_path / "other")
    up(other, program())
    down(config.layout, quiet_terminal(config.layout))
    assert set(processes.find(other.layout)) == {"smtp"}


def test_changed_settings_restart_the_process(config: Config) -> None:
    one = program()
    up(config, one)
    first = pid_of(config.layout)
    up(config, replace(one, env={"KINGUIN_API": "esa"}))
    assert pid_of(config.layout) != first
    assert not psutil.pid_exists(first)


def test_a_paused_process_is_resumed(config: Config) -> None:
    one = program()
    up(config, one)
    pid = pid_of(config.layout)
    os.kill(pid, signal.SIGSTOP)
    up(config, one)
    assert pid_of(config.layout) == pid
    assert psutil.Process(pid).status() != psutil.STATUS_STOPPED


def test_one_that_ignores_the_signal_is_killed(config: Config) -> None:
    stack = up(config, program(code=STUBBORN))
    running = stack.running["smtp"]
    assert processes.stop(running, timeout_s=0.3) is False
    assert not processes.alive(running.process)


def test_death_while_starting_is_told_at_once_with_its_log(config: Config) -> None:
    dying = replace(program(), argv=(sys.executable, "-c", "print('no such table'); raise SystemExit(3)"))
    began = time.monotonic()
    with pytest.raises(ProcessFailed) as failure:
        up(config, dying)
    assert time.monotonic() - began < 20  # ready_s_max is 120
    assert "exit code 3" in str(failure.value)
    assert "no such table" in str(failure.value)
    assert str(config.layout.log("smtp")) in str(failure.value)


def test_a_crash_while_another_is_waited_for_ends_the_waiting(config: Config) -> None:
    mortal = program("s3")
    mortal = replace(mortal, argv=(*mortal.argv[:2], mortal.argv[2].replace("600", "1")))
    hanging = replace(program("kafka"), argv=(sys.executable, "-c", "import time; time.sleep(600)"))
    began = time.monotonic()
    with pytest.raises(ProcessFailed, match="s3 died"):
        up(config, mortal, hanging)
    assert time.monotonic() - began < 20
    assert processes.find(config.layout) == {}


def test_an_interrupted_up_stops_what_it_started_and_nothing_else(config: Config, wait: Wait) -> None:
    before = program("smtp")
    up(config, before)
    hanging = replace(program("s3"), argv=(sys.executable, "-c", "import time; time.sleep(600)"))

    async def interrupted() -> None:
        task = asyncio.create_task(stack_of(config, before, hanging).up())
        await asyncio.to_thread(wait, config.layout.pid_file("s3").exists)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    in_thread(interrupted())
    assert set(processes.find(config.layout)) == {"smtp"}


def test_a_port_of_somebody_else_stops_up_before_anything_starts(config: Config, tmp_path: Path) -> None:
    theirs = program()
    up(settings(tmp_path / "other"), theirs)
    with pytest.raises(PortTaken, match="SMTP_PORT"):
        up(config, program("s3"), theirs)
    assert processes.find(config.layout) == {}


def test_a_port_taken_while_starting_is_named_too(config: Config, tmp_path: Path) -> None:
    theirs = program()
    late = replace(theirs, prepare=lambda _report: taking(theirs, tmp_path))
    with pytest.raises(PortTaken, match="SMTP_PORT"):
        up(config, late)


async def taking(theirs: Program, tmp_path: Path) -> None:
    await stack_of(settings(tmp_path / "other"), theirs).up()


def test_two_at_once_are_refused(config: Config) -> None:
    with only_one(config.layout), pytest.raises(StackBusy, match=str(os.getpid())):
        up(config, program())


def test_a_killed_test_sessions_leftovers_are_swept_and_a_living_ones_are_not(stack_root: Path) -> None:
    dead, living = stack_root.with_name("dead-session"), stack_root / "living"
    up(settings(dead / "servers"), program())
    up(settings(living), program())
    sweep_leftovers()
    assert not dead.exists()
    assert find_below(dead) == []
    assert len(find_below(living)) == 1
    stop_below(living)


def test_credentials_survive_and_are_their_owners_only(config: Config) -> None:
    again = settings(config.layout.root)
    assert again.secrets == config.secrets
    up(config)
    for file in (config.layout.secrets_file, config.layout.env_file):
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_test_system_knows_its_own(config: Config, wait: Wait) -> None:
    system = System(config)
    system.start_server("smtp")
    pid = system.pid("smtp")
    assert system.alive("smtp")
    os.kill(pid, signal.SIGKILL)
    wait(lambda: not system.alive("smtp"))
    system.start("smtp")
    assert system.alive("smtp")
    assert system.pid("smtp") != pid
