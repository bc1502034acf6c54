"""Runs a service's ASGI application: signals, graceful stop, no access log (paths may carry tokens)."""

import contextlib
import gc
import resource
import socket
import sys
from typing import Any, Final

import uvicorn

from bitloot_common.settings import ServiceSettings

# A young collection every 50,000 allocations instead of every 700: messages make garbage by the thousand,
# and next to none of it is in cycles. Rarer whole collections: a service's heap hardly changes once it runs.
GC_THRESHOLDS: Final = (50_000, 20, 50)


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        calm_collector()


def calm_collector() -> None:
    """What is loaded by now stays for good: Python's garbage collector need not walk over it again and again
    (a quarter of the delivery service's time under load, before)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def forbid_core_dumps() -> None:
    """A crash must not write this process's memory to a disk: it holds credentials, and delivery's holds codes.

    One byte and not none: Linux minds no limit where dumps go to a program (`core_pattern` with a pipe) but this one.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    limit = 1 if hard == resource.RLIM_INFINITY else min(1, hard)
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))


def serve(app: Any, settings: ServiceSettings, **options: Any) -> None:
    """Serves `app` until SIGTERM or SIGINT. Open requests get a few seconds, then the lifespan closes
    what the application opened (consumers drained, relay drained), last opened first.

    Leaves the process with status 3 when the application cannot start, as uvicorn does.
    """
    forbid_core_dumps()
    server = _Server(
        uvicorn.Config(
            app,
            host=settings.http_host,
            port=settings.http_port,
            loop="uvloop",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=30,
            **options,
        )
    )
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(3)
