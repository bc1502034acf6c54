"""/live: server-sent events for open pages."""

from fastapi import Depends, Request
from fastapi.responses import StreamingResponse

from bitloot_admin.access import LOOK, may_still, router
from bitloot_admin.live import stream
from bitloot_admin.parts import UsesParts
from bitloot_admin.rights import Right

routes = router(include_in_schema=False)


@routes.get("/live", dependencies=[Depends(LOOK)])
async def live(parts: UsesParts, request: Request) -> StreamingResponse:
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(
        stream(parts.hub, lambda: may_still(request, Right.LOOK)), media_type="text/event-stream", headers=headers
    )
