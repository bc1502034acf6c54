"""The machine under the benchmark: who runs on which core, and how much of it others took meanwhile.

Two cores that others use as well decide more than the code under test: a session that works next to the service
makes it wait 50 to 100 ms at a time (Linux shares a core between sessions, not between processes).
"""

import contextlib
import resource
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

SERVICE_CORE, OTHER_CORE = 0, 1
SESSION_NICE = -10


def cores() -> int:
    return psutil.cpu_count() or 1


def pin(process: psutil.Process, core: int) -> None:
    """Keeps a process and its children on one core, where there are two and the system can."""
    if cores() < 2 or not hasattr(process, "cpu_affinity"):
        return
    for each in (process, *process.children(recursive=True)):
        each.cpu_affinity([core])


def prefer(processes: Iterable[psutil.Process]) -> None:
    """Their sessions go before the machine's others, where Linux shares by session and we may say so."""
    for process in processes:
        with contextlib.suppress(OSError):
            Path(f"/proc/{process.pid}/autogroup").write_text(str(SESSION_NICE))


def cpu_s(process: psutil.Process) -> float:
    """Processor seconds of a process and its children."""
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        times = each.cpu_times()
        total += times.user + times.system
    return total


@dataclass(frozen=True)
class Reading:
    """Processor seconds so far: of each watched process, of the load generators, of everything (steal too)."""

    at: float
    watched: dict[str, float]
    everything: float


class Meter:
    """What a run costs each process, and the share of the machine that went elsewhere."""

    def __init__(self, watched: dict[str, psutil.Process]) -> None:
        self._watched = watched
        self._before = self._read()

    def _read(self) -> Reading:
        watched = {name: cpu_s(process) for name, process in self._watched.items()}
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)  # of our children only wrk ends during a run
        times = psutil.cpu_times()
        busy = times.user + times.nice + times.system + times.irq + times.softirq + times.steal
        return Reading(time.monotonic(), {**watched, "wrk": ended.ru_utime + ended.ru_stime}, busy)

    def stop(self) -> tuple[dict[str, float], float]:
        """Processor seconds of each since the start, and the share of all cores that neither they nor idleness had."""
        now, before = self._read(), self._before
        spent = {name: now.watched[name] - before.watched[name] for name in now.watched}
        elsewhere = now.everything - before.everything - sum(spent.values())
        return spent, max(0.0, elsewhere / (now.at - before.at) / cores())
