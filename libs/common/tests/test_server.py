"""How a service's process behaves when it crashes: really crashed, in a directory of its own."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

CRASHES = """
import os, types
{first}
async def app(scope, receive, send):
    os.abort()
"""
SERVED = "from bitloot_common.server import serve"
SERVE = 'serve(app, types.SimpleNamespace(http_host="127.0.0.1", http_port=0), lifespan="on")'


def crashed(directory: Path, script: str) -> int:
    """The wait status of a process that ran `script` with core dumps of any size allowed."""

    def allow() -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    process = subprocess.Popen([sys.executable, "-c", script], cwd=directory, preexec_fn=allow)
    return os.waitpid(process.pid, 0)[1]


def test_a_crashed_service_leaves_no_memory_behind(tmp_path: Path) -> None:
    if not os.WCOREDUMP(crashed(tmp_path, "import os; os.abort()")):
        pytest.skip("this machine writes no core dumps at all")
    assert not os.WCOREDUMP(crashed(tmp_path, CRASHES.format(first=SERVED) + SERVE))
