"""The search box: straight to the page when there is one hit, else the orders that match."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from bitloot_admin.access import LOOK, router
from bitloot_admin.parts import UsesParts
from bitloot_admin.use_cases.find_anything import find_anything

routes = router(include_in_schema=False)


@routes.get("/search", dependencies=[Depends(LOOK)])
async def search(parts: UsesParts, request: Request, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    hits = await find_anything(parts.pool, q)
    if request.headers.get("accept", "").startswith("application/json"):
        return JSONResponse({"items": [hit.model_dump(mode="json", by_alias=True) for hit in hits]})
    location = hits[0].href if len(hits) == 1 else "/orders?" + urlencode({"q": q.strip()})
    return RedirectResponse(location, status_code=303)
