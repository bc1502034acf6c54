"""The plain lists: payments, reservations, deliveries, the audit log."""

from fastapi import Depends, Request, Response

from bitloot_admin.access import LOOK, router
from bitloot_admin.api.audit import AuditQuery
from bitloot_admin.api.deliveries import DeliveriesQuery
from bitloot_admin.api.payments import PaymentsQuery
from bitloot_admin.api.reservations import ReservationsQuery
from bitloot_admin.pages.lists import read_query
from bitloot_admin.pages.render import render
from bitloot_admin.parts import UsesParts
from bitloot_admin.store import audit_log, deliveries, payments, reservations
from bitloot_admin.words import MAIL, PAYMENT, RESERVATION, Word

routes = router(include_in_schema=False)

ACTIONS = (
    "account.locked",
    "dead_letter.discarded",
    "dead_letter.opened_for_edit",
    "dead_letter.replayed",
    "dead_letter.restored",
    "dead_letters.replay_started",
    "group.noted",
    "job.aborted",
    "order.resend_requested",
    "order.retry_requested",
    "order.revocation_requested",
    "person.added",
    "person.changed",
    "session.closed",
    "session.opened",
    "session.refused",
    "token.issued",
    "token.revoked",
    "webhook.replayed",
    "webhook.revealed",
)


def _options(words: dict[str, Word]) -> list[tuple[str, str]]:
    return [(state, word.label) for state, word in words.items()]


@routes.get("/payments", dependencies=[Depends(LOOK)])
async def payments_page(parts: UsesParts, request: Request) -> Response:
    wanted, errors = read_query(request, PaymentsQuery)
    found = await payments.list_payments(parts.pool, wanted, wanted)
    return await render(request, "payments.html", found=found, wanted=wanted, errors=errors, statuses=_options(PAYMENT))


@routes.get("/reservations", dependencies=[Depends(LOOK)])
async def reservations_page(parts: UsesParts, request: Request) -> Response:
    wanted, errors = read_query(request, ReservationsQuery)
    found = await reservations.list_reservations(parts.pool, wanted, wanted)
    return await render(
        request, "reservations.html", found=found, wanted=wanted, errors=errors, statuses=_options(RESERVATION)
    )


@routes.get("/deliveries", dependencies=[Depends(LOOK)])
async def deliveries_page(parts: UsesParts, request: Request) -> Response:
    wanted, errors = read_query(request, DeliveriesQuery)
    found = await deliveries.list_deliveries(parts.pool, wanted, wanted)
    return await render(request, "deliveries.html", found=found, wanted=wanted, errors=errors, statuses=_options(MAIL))


@routes.get("/audit", dependencies=[Depends(LOOK)])
async def audit_page(parts: UsesParts, request: Request) -> Response:
    wanted, errors = read_query(request, AuditQuery)
    found = await audit_log.list_audit(parts.pool, wanted, wanted)
    return await render(request, "audit.html", found=found, wanted=wanted, errors=errors, actions=ACTIONS)
