"""Runs a service's ASGI application: signals, graceful stop, no access log (paths may carry tokens)."""

from typing import Any

import uvicorn

from bitloot_common.settings import ServiceSettings


def serve(app: Any, settings: ServiceSettings, **options: Any) -> None:
    """Serves `app` until SIGTERM or SIGINT. Open requests get a few seconds, then the lifespan closes
    what the application opened (consumers drained, relay drained), last opened first."""
    uvicorn.run(
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
