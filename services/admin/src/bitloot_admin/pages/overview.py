"""The overview and the outages."""

from fastapi import Depends, Request, Response

from bitloot_admin.access import LOOK, router
from bitloot_admin.pages.charts import hours_chart
from bitloot_admin.pages.pipeline import draw
from bitloot_admin.pages.render import render
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import outages

routes = router(include_in_schema=False)


@routes.get("/", dependencies=[Depends(LOOK)])
async def overview_page(parts: UsesParts, request: Request) -> Response:
    now = await parts.overview.get()
    return await render(
        request,
        "overview.html",
        now=now,
        orders_chart=hours_chart(now.hours, "orders"),
        money_chart=hours_chart(now.hours, "revenue", now.currency),
        picture=draw(parts.broker, parts.health, now),
        services=list(parts.health.services.values()),
    )


@routes.get("/outages", dependencies=[Depends(LOOK)])
async def outages_page(parts: UsesParts, request: Request) -> Response:
    found = await outages.latest(parts.pool)
    topics = list(parts.broker.topics.values())
    return await render(
        request,
        "outages.html",
        found=found,
        services=list(parts.health.services.values()),
        topics=topics,
        error=parts.broker.error,
    )
