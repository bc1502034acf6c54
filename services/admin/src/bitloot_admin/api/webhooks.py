"""/admin/webhook-logs: what the providers told us, and telling it to ourselves again."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from fastapi.responses import StreamingResponse

from bitloot_admin.access import LOOK, Looker, Operator, Revealer, router
from bitloot_admin.api.export import CSV, Format, stream_csv
from bitloot_admin.api.tags import UNCHANGED, IfNoneMatch, tagged
from bitloot_admin.models.webhooks import ReplayAccepted, WebhookDetail, WebhookFilter, WebhookSummary
from bitloot_admin.paging import Page, PageRequest
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import webhooks
from bitloot_admin.use_cases.command_order import Why
from bitloot_admin.use_cases.replay_webhook import replay_webhook
from bitloot_admin.use_cases.show_webhook import reveal_webhook, show_webhook

routes = router("webhook logs", prefix="/admin/webhook-logs")


class WebhooksQuery(WebhookFilter, PageRequest):
    """Filter, order, page and format."""

    format: Format = "json"


@routes.get("", summary="Webhook logs", response_model=Page[WebhookSummary], responses=CSV)
async def list_webhook_logs(
    parts: UsesParts, who: Looker, query: Annotated[WebhooksQuery, Query()]
) -> Page[WebhookSummary] | StreamingResponse:
    """A page of webhook logs."""
    if query.format == "csv":
        return await stream_csv(
            "webhook-logs", parts.pool, webhooks.listing(query), WebhookSummary, query, actor=who.actor
        )
    return await webhooks.list_webhooks(parts.pool, query, query)


@routes.get(
    "/{webhook_id}",
    summary="One webhook with its payload",
    response_model=WebhookDetail,
    responses=UNCHANGED,
    dependencies=[Depends(LOOK)],
)
async def get_webhook_log(parts: UsesParts, webhook_id: UUID, known: IfNoneMatch = None) -> Response:
    """The webhook, its headers redacted and its payload masked where it looks like a secret."""
    template = parts.settings.trace_url_template
    return tagged(await show_webhook(parts.pool, webhook_id, trace_url_template=template), known)


@routes.get(
    "/{webhook_id}/raw",
    summary="The body, byte for byte; audited",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
        410: {},
    },
)
async def get_webhook_body(parts: UsesParts, who: Revealer, webhook_id: UUID) -> Response:
    """The stored bytes as they are. That you looked is written to the audit log."""
    return attachment(webhook_id, await reveal_webhook(parts.pool, webhook_id, who.actor))


def attachment(webhook_id: UUID, body: bytes) -> Response:
    """The bytes as a download: never shown as a page of ours, whatever they are."""
    name = f'attachment; filename="webhook-{webhook_id}.json"'
    headers = {"content-disposition": name, "x-content-type-options": "nosniff"}
    return Response(body, media_type="application/octet-stream", headers=headers)


@routes.post(
    "/{webhook_id}/replay", status_code=202, summary="Put the webhook back on its topic", responses={409: {}, 410: {}}
)
async def replay_webhook_log(
    parts: UsesParts, who: Operator, webhook_id: UUID, why: Why | None = None
) -> ReplayAccepted:
    """Processes the webhook again as a new event. What it already caused it does not cause twice."""
    reason = why.reason if why else ""
    return await replay_webhook(parts.pool, parts.outbox, webhook_id, actor=who.actor, reason=reason)
