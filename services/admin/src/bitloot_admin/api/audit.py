"""/admin/audit-log."""

from typing import Annotated

from fastapi import Depends, Query

from bitloot_admin.access import LOOK, router
from bitloot_admin.models.audit import AuditFilter, AuditRow
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import audit_log

routes = router("audit log", prefix="/admin/audit-log")


class AuditQuery(AuditFilter, PageRequest):
    """Filter, order and page."""


@routes.get("", summary="Audit log", dependencies=[Depends(LOOK)])
async def list_audit(parts: UsesParts, query: Annotated[AuditQuery, Query()]) -> Page[AuditRow]:
    """Who did what to what, and why; newest first."""
    return await audit_log.list_audit(parts.pool, query, query)
