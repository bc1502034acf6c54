"""/admin/audit-log."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import StreamingResponse

from bitloot_admin.access import Looker, router
from bitloot_admin.api.export import CSV, Format, stream_csv
from bitloot_admin.models.audit import AuditFilter, AuditRow
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import audit_log

routes = router("audit log", prefix="/admin/audit-log")


class AuditQuery(AuditFilter, PageRequest):
    """Filter, order, page and format."""

    format: Format = "json"


@routes.get("", summary="Audit log", response_model=Page[AuditRow], responses=CSV)
async def list_audit_log(
    parts: UsesParts, who: Looker, query: Annotated[AuditQuery, Query()]
) -> Page[AuditRow] | StreamingResponse:
    """Who did what to what, and why; newest first."""
    if query.format == "csv":
        return await stream_csv("audit-log", parts.pool, audit_log.listing(query), AuditRow, query, actor=who.actor)
    return await audit_log.list_audit(parts.pool, query, query)
