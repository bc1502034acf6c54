"""`/healthz` (alive), `/readyz` (dependencies, one by one) and `/metrics` (Prometheus) for every service."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

CHECK_TIMEOUT_S = 2.0
PATHS: Final = frozenset({"/healthz", "/readyz", "/metrics"})

# Prometheus knows when it scraped: the difference is how wrong this machine's clock is.
_CLOCK = Gauge("bitloot_clock_seconds", "The process's clock at the scrape; Unix time.")
_CLOCK.set_function(time.time)

Check = Callable[[], Awaitable[object]]


class Degraded(Exception):
    """Raised by a check whose dependency is away while the service goes on without it."""


def is_probe(scope: MutableMapping[str, Any]) -> bool:
    """Whether the request is a machine's look at the health: not worth a trace every few seconds."""
    return scope.get("path") in PATHS


# of every service's FastAPI: a span per request, none for each step inside it
TELEMETRY: Final[TelemetryConfig] = {"exclude": is_probe, "operation_spans": False}


def health_routes(checks: Mapping[str, Check]) -> APIRouter:
    """The three routes. A check that raises makes the service not ready (503); `Degraded` only says so."""
    routes = APIRouter(tags=["health"])

    @routes.get("/healthz", summary="Alive")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @routes.get("/readyz", summary="Ready: each dependency", responses={503: {"description": "Not ready"}})
    async def readyz() -> Response:
        names = list(checks)
        results = dict(zip(names, await asyncio.gather(*(_run(checks[name]) for name in names)), strict=True))
        failed = any(result.startswith("failed") for result in results.values())
        degraded = any(result.startswith("degraded") for result in results.values())
        status = "not ready" if failed else "degraded" if degraded else "ready"
        return JSONResponse({"status": status, "checks": results}, status_code=503 if failed else 200)

    @routes.get("/metrics", summary="Prometheus metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return routes


async def _run(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await check()
    except Degraded as state:
        return f"degraded: {state}"
    except TimeoutError:
        return f"failed: no answer within {CHECK_TIMEOUT_S:g} s"
    except Exception as error:  # noqa: BLE001  (whatever is wrong, the answer says which dependency)
        return f"failed: {type(error).__name__}"
    return "ok"
