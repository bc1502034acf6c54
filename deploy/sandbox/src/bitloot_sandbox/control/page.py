"""The page for a person, and the probes."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from bitloot_sandbox.world import World

PAGE = Path(__file__).with_name("page.html").read_text()


def page_router(world: World) -> APIRouter:
    router = APIRouter(tags=["Probes"])

    @router.get("/", include_in_schema=False)
    async def page() -> HTMLResponse:
        return HTMLResponse(PAGE)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz() -> dict[str, str]:
        world.store.last_payment_id()
        return {"status": "ok"}

    return router
