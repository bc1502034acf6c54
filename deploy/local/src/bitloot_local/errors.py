"""What can go wrong with the local stack. Each message is what the person at the terminal reads.

StackError
├── PortTaken          a port of ours belongs to somebody else
├── ToolMissing        a program that has to be installed by hand
├── DownloadFailed     a registry did not give what it should
├── ProcessFailed      a process died or was not ready in time; shows the end of its log
├── StackBusy          another `make up` or `make down` is at work
└── DemoFailed         the demo's order stopped somewhere
"""

from pathlib import Path

LOG_LINES_SHOWN = 15


class StackError(Exception):
    """Something a person must read; never a traceback."""


class PortTaken(StackError):
    def __init__(self, port: int, variable: str, owner: str | None) -> None:
        by = f" by {owner}" if owner else ""
        other = f"{variable}={port + 10000 if port < 55000 else port - 10000}"
        super().__init__(
            f"port {port} is taken{by}. Stop that process, or choose another port: {other} make up"
            f" (or a line {other} in .env)"
        )


class ToolMissing(StackError):
    pass


class DownloadFailed(StackError):
    pass


class StackBusy(StackError):
    pass


class DemoFailed(StackError):
    pass


class ProcessFailed(StackError):
    def __init__(self, name: str, what: str, log: Path) -> None:
        self.name = name
        super().__init__(f"{name} {what}\n{end_of(log)}")


def end_of(log: Path, lines: int = LOG_LINES_SHOWN) -> str:
    """The last lines of a log, under its path: enough to see why, and where to read on."""
    try:
        shown = log.read_text(errors="replace").rstrip().splitlines()[-lines:]
    except OSError:
        shown = []
    return "\n".join([f"  its log is {log}", *(f"  │ {line[:400]}" for line in shown or ["(empty)"])])
