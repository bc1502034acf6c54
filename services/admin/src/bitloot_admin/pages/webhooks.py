"""The pages of webhooks: the list, one webhook (a page, or a dialog over the list), its replay."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, Request, Response

from bitloot_admin.access import LOOK, Operator, Revealer, router
from bitloot_admin.api.webhooks import attachment
from bitloot_admin.models.webhooks import WebhookFilter
from bitloot_admin.pages.flash import back_to
from bitloot_admin.pages.lists import read_query
from bitloot_admin.pages.render import render
from bitloot_admin.paging import PageRequest
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import webhooks
from bitloot_admin.use_cases.replay_webhook import replay_webhook
from bitloot_admin.use_cases.show_webhook import reveal_webhook, show_webhook

routes = router(include_in_schema=False)


class WebhooksPageQuery(WebhookFilter, PageRequest):
    """Filter, order, page, and the webhook whose dialog is open."""

    open: UUID | None = None


@routes.get("/webhooks", dependencies=[Depends(LOOK)])
async def webhooks_page(parts: UsesParts, request: Request) -> Response:
    wanted, errors = read_query(request, WebhooksPageQuery)
    found = await webhooks.list_webhooks(parts.pool, wanted, wanted)
    template = parts.settings.trace_url_template
    opened = await show_webhook(parts.pool, wanted.open, trace_url_template=template) if wanted.open else None
    return await render(request, "webhooks.html", found=found, wanted=wanted, errors=errors, opened=opened, level="h2")


@routes.get("/webhooks/{webhook_id}", dependencies=[Depends(LOOK)])
async def webhook_page(parts: UsesParts, request: Request, webhook_id: UUID) -> Response:
    opened = await show_webhook(parts.pool, webhook_id, trace_url_template=parts.settings.trace_url_template)
    body_only = request.headers.get("x-modal") == "true"
    level = "h2" if body_only else "h1"
    return await render(request, "webhook_body.html" if body_only else "webhook.html", opened=opened, level=level)


@routes.get("/webhooks/{webhook_id}/raw")
async def webhook_raw(parts: UsesParts, who: Revealer, webhook_id: UUID) -> Response:
    return attachment(webhook_id, await reveal_webhook(parts.pool, webhook_id, who.actor))


@routes.post("/webhooks/{webhook_id}/replay")
async def replay(
    parts: UsesParts, who: Operator, webhook_id: UUID, reason: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    done = await replay_webhook(parts.pool, parts.outbox, webhook_id, actor=who.actor, reason=reason)
    return back_to(f"/webhooks/{webhook_id}", f"The webhook is on {done.topic} again, as event {done.event_id}.")
