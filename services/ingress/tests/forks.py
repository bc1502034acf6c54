"""Ingress, imported once and forked at each start: a killed one is replaced without two seconds of imports.

Run as a program; reads {"env", "log"} lines and answers each with the new process's id. Nothing runs in this
process but the loop below, so a fork is what `python -m bitloot_ingress` is after its imports.
"""

import json
import os
import signal
import sys
import traceback
from typing import Any, NoReturn

from bitloot_ingress import __main__ as ingress


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead leave no zombies
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            become(**json.loads(line))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def become(env: dict[str, Any], log: str) -> NoReturn:
    """Ingress, with this environment, writing to this file."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.clear()
    os.environ.update(env)
    code = 1
    try:
        ingress.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
