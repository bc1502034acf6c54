"""What a person sees while the stack starts: a line per step with its time, and never a silent minute.

On a terminal the steps under way are shown live below the finished ones. Elsewhere (CI, a file) a
heartbeat line says every few seconds what is being waited for.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

HEARTBEAT_S = 10.0


class Step:
    def __init__(self, name: str, doing: str) -> None:
        self.name = name
        self.doing = doing
        self.done = "ready"
        self.began = time.monotonic()

    def report(self, doing: str) -> None:
        self.doing = doing


class PatientConsole(Console):
    """A reader that has left (`make up | head`) is no reason to stop what is being started."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Terminal:
    def __init__(self, console: Console | None = None) -> None:
        self.console = console or PatientConsole(highlight=False, soft_wrap=True)
        self._began = time.monotonic()
        self._steps: list[Step] = []

    def say(self, text: str = "") -> None:
        self.console.print(text, markup=False)

    def line(self, name: str, text: str, style: str = "") -> None:
        elapsed = time.monotonic() - self._began
        self.console.print(f"{elapsed:6.1f} s  {name:<12} {text}", style=style, markup=False)

    def error(self, error: BaseException) -> None:
        self.console.print(f"\n✗ {error}", style="red", markup=False)

    def table(self, title: str, rows: list[tuple[str, str]]) -> None:
        width = max(len(name) for name, _ in rows)
        self.say(f"\n{title}")
        for name, value in rows:
            self.say(f"  {name:<{width}}  {value}")

    @contextmanager
    def step(self, name: str, doing: str) -> Iterator[Step]:
        """One line when it is done, with how long it took; nothing when it fails: the error will say."""
        step = Step(name, doing)
        self._steps.append(step)
        try:
            yield step
            self.line(name, f"{step.done:<24} {time.monotonic() - step.began:5.1f} s")
        finally:
            self._steps.remove(step)

    @asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """While inside, whoever watches sees what is under way."""
        showing = asyncio.create_task(self._live() if self.console.is_terminal else self._heartbeat())
        try:
            yield
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    async def _live(self) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            shown: dict[Step, int] = {}
            while True:
                for step in [s for s in shown if s not in self._steps]:
                    progress.remove_task(shown.pop(step))  # type: ignore[arg-type]
                for step in self._steps:
                    text = f"{step.name:<12} {step.doing}"
                    if step not in shown:
                        shown[step] = progress.add_task(text, total=None)
                    progress.update(shown[step], description=text)  # type: ignore[arg-type]
                await asyncio.sleep(0.1)

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            if self._steps:
                doing: dict[str, list[str]] = {}
                for step in self._steps:
                    doing.setdefault(step.doing, []).append(step.name)
                self.line("…", "; ".join(f"{', '.join(names)}: {what}" for what, names in doing.items()))
