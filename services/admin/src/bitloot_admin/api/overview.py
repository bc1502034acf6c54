"""/admin/overview, /admin/topics, /admin/outages: how the whole is doing."""

from fastapi import Depends, Response

from bitloot_admin.access import LOOK, router
from bitloot_admin.api.tags import UNCHANGED, IfNoneMatch, tagged
from bitloot_admin.models.outages import Outages, Service, Topic, Topics
from bitloot_admin.models.overview import Overview
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import outages

routes = router("overview", prefix="/admin", dependencies=[Depends(LOOK)])


@routes.get("/overview", summary="The last 24 hours, and what waits now")
async def get_overview(parts: UsesParts) -> Overview:
    """At most two seconds old."""
    return await parts.overview.get()


@routes.get("/topics", summary="Topics with rate and lag", response_model=Topics, responses=UNCHANGED)
async def list_topics(parts: UsesParts, known: IfNoneMatch = None) -> Response:
    """As of the last sample of the broker."""
    items = [
        Topic(name=state.name, partitions=state.partitions, end=state.end, rate_s=state.rate_s, lag=state.lag)
        for state in parts.broker.topics.values()
    ]
    return tagged(Topics(items=items, error=parts.broker.error), known)


@routes.get("/outages", summary="Services, breakers and what was down")
async def list_outages(parts: UsesParts) -> Outages:
    """How each service is now, breakers included, and the newest hundred outages."""
    services = [
        Service(name=state.name, state=state.state, checks=state.checks, asked_at=state.asked_at)
        for state in parts.health.services.values()
    ]
    return Outages(services=services, items=await outages.latest(parts.pool))
