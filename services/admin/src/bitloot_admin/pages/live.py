"""/live: server-sent events for open pages."""

from fastapi import Depends
from fastapi.responses import StreamingResponse

from bitloot_admin.access import LOOK, router
from bitloot_admin.live import stream
from bitloot_admin.parts import UsesParts

routes = router(include_in_schema=False)


@routes.get("/live", dependencies=[Depends(LOOK)])
async def live(parts: UsesParts) -> StreamingResponse:
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(stream(parts.hub), media_type="text/event-stream", headers=headers)
