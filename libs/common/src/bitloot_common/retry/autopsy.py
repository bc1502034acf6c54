"""What an exception leaves behind in headers: class, scrubbed message, short stack trace, fingerprint.

Never local values, never the exception's arguments beyond its message, never the input that failed
validation: a message may hold what nobody should read.
"""

import hashlib
import sysconfig
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from types import CodeType

from pydantic import ValidationError

from bitloot_common.error_class import class_name

MESSAGE_CHARS_MAX = 1_000
STACK_CHARS_MAX = 4_000
STACK_FRAMES_MAX = 20

Frames = tuple[tuple[CodeType, int], ...]

_STDLIB = sysconfig.get_paths()["stdlib"]
_ENGINE = str(PurePath(__file__).parent)


@dataclass(frozen=True, slots=True)
class Autopsy:
    """One failure, fit to be shown."""

    error_class: str
    cause_class: str | None
    message: str
    stack: str
    fingerprint: str


def examine(error: BaseException, scrub: Callable[[str], str]) -> Autopsy:
    """Describes `error`; `scrub` takes secrets out of its message."""
    frames = tuple((frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__))
    return Autopsy(
        error_class=class_name(error),
        cause_class=class_name(error.__cause__) if error.__cause__ else None,
        message=scrub(_message(error))[:MESSAGE_CHARS_MAX],
        stack=_stack(frames),
        fingerprint=_fingerprint(class_name(error), _place(error, frames)),
    )


def _message(error: BaseException) -> str:
    if isinstance(error, ValidationError):
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        told = "; ".join(f"{p['type']} at {'.'.join(str(part) for part in p['loc']) or 'value'}" for p in problems)
        return f"{error.title}: {told}"
    try:
        return str(error).encode("utf-8", "replace").decode()  # no lone surrogates: no header takes them
    except Exception:  # noqa: BLE001  (a failure that cannot be told must still be moved on)
        return "(its message cannot be told)"


@lru_cache(maxsize=1_024)
def _fingerprint(error_class: str, place: str) -> str:
    """Groups failures: the exception's class and its place, without line numbers or message text."""
    return hashlib.sha256(f"{error_class}|{place}".encode()).hexdigest()[:16]


def _place(error: BaseException, frames: Frames) -> str:
    """The first own frame, innermost first. A validation error has none: there the model is the place."""
    return error.title if isinstance(error, ValidationError) else _first_own(frames)


@lru_cache(maxsize=1_024)
def _first_own(frames: Frames) -> str:
    codes = [code for code, _ in frames]
    code = next((code for code in reversed(codes) if _own(code)), codes[-1] if codes else None)
    return f"{_short(code.co_filename)}:{code.co_qualname}" if code else ""


def _own(code: CodeType) -> bool:
    path = code.co_filename
    return "site-packages" not in path and not path.startswith((_STDLIB, _ENGINE, "<"))


def _short(path: str) -> str:
    """The last three parts: which file, not where on which machine."""
    return "/".join(PurePath(path).parts[-3:]).removeprefix("//")


@lru_cache(maxsize=1_024)
def _stack(frames: Frames) -> str:
    """Innermost last, as Python prints it; the engine's own frames left out. Names of code, so no secrets."""
    shown = [(code, line) for code, line in frames if not code.co_filename.startswith(_ENGINE)]
    told = [f"{_short(c.co_filename)}:{line} in {c.co_qualname}" for c, line in shown[-STACK_FRAMES_MAX:]]
    return "\n".join(told)[-STACK_CHARS_MAX:]
