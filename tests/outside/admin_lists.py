"""Every list of admin with each of its filters and orders, for the test of its plan and the measuring of its time."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from bitloot_admin.models.audit import AuditFilter
from bitloot_admin.models.dead_letters import DeadLetterFilter
from bitloot_admin.models.deliveries import DeliveryFilter
from bitloot_admin.models.orders import OrderFilter
from bitloot_admin.models.payments import PaymentFilter
from bitloot_admin.models.reservations import ReservationFilter
from bitloot_admin.models.webhooks import WebhookFilter
from bitloot_admin.store import audit_log, dead_letters, deliveries, orders, payments, reservations, webhooks
from bitloot_admin.store.listing import Listing

NOW = datetime.now(UTC)
AN_ID = "01890000-0000-7000-8000-000000000000"

LISTS: dict[str, Listing] = {
    "orders": orders.listing(OrderFilter()),
    "orders, oldest first": orders.listing(OrderFilter(sort="created")),
    "orders by last move": orders.listing(OrderFilter(sort="-moved")),
    "orders of a common status": orders.listing(OrderFilter(status=["fulfilled"])),
    "orders of a rare status": orders.listing(OrderFilter(status=["paid"])),
    "orders of a rare status by move": orders.listing(OrderFilter(status=["refund_due"], sort="-moved")),
    "orders on the way": orders.listing(OrderFilter(status=["paid", "reserving", "given"], sort="moved")),
    "orders by e-mail": orders.listing(OrderFilter(email="ada.lovelace3@example.com")),
    "orders by search": orders.listing(OrderFilter(q="ada.lovelace3@example.com")),
    "orders by searched id": orders.listing(OrderFilter(q=AN_ID)),
    "orders with refund due": orders.listing(OrderFilter(refund_due=True)),
    "orders of ten days": orders.listing(
        OrderFilter(created_from=NOW - timedelta(days=90), created_to=NOW - timedelta(days=80))
    ),
    "payments": payments.listing(PaymentFilter()),
    "payments of a status": payments.listing(PaymentFilter(status="partially_paid")),
    "payments without order": payments.listing(PaymentFilter(orphaned=True)),
    "payments by search": payments.listing(PaymentFilter(q="1000000100")),
    "reservations": reservations.listing(ReservationFilter()),
    "reservations of a status": reservations.listing(ReservationFilter(status="cancelled")),
    "reservations by id": reservations.listing(ReservationFilter(reservation_id="res_1")),
    "reservations by search": reservations.listing(ReservationFilter(q=AN_ID)),
    "deliveries": deliveries.listing(DeliveryFilter()),
    "deliveries of a status": deliveries.listing(DeliveryFilter(status="pending")),
    "deliveries of an order": deliveries.listing(DeliveryFilter(q=AN_ID)),
    "webhooks": webhooks.listing(WebhookFilter()),
    "webhooks of a provider": webhooks.listing(WebhookFilter(provider="kinguin")),
    "webhooks of an event": webhooks.listing(WebhookFilter(provider="kinguin", event_type="delivered")),
    "webhooks of an event of any provider": webhooks.listing(WebhookFilter(event_type="finished")),
    "webhooks of a rare event": webhooks.listing(WebhookFilter(event_type="cancel")),
    "webhooks of an event that never was": webhooks.listing(WebhookFilter(event_type="nonsense")),
    "webhooks ignored": webhooks.listing(WebhookFilter(outcome="ignored")),
    "webhooks invalid": webhooks.listing(WebhookFilter(outcome="invalid")),
    "webhooks of an order": webhooks.listing(WebhookFilter(order_id=AN_ID)),
    "webhooks by search": webhooks.listing(WebhookFilter(q=AN_ID)),
    "webhooks of ten days": webhooks.listing(
        WebhookFilter(received_from=NOW - timedelta(days=90), received_to=NOW - timedelta(days=80))
    ),
    "webhooks, oldest first": webhooks.listing(WebhookFilter(sort="received")),
    "webhooks of a payment": webhooks.listing(WebhookFilter(payment_id="1000000100")),
    "webhooks of a reservation": webhooks.listing(WebhookFilter(reservation_id="res_1")),
    "orders that owe nothing": orders.listing(OrderFilter(refund_due=False)),
    "orders by last move, oldest first": orders.listing(OrderFilter(sort="moved")),
    "payments, oldest first": payments.listing(PaymentFilter(sort="created")),
    "payments of an order": payments.listing(PaymentFilter(q=AN_ID)),
    "payments of ten days": payments.listing(
        PaymentFilter(created_from=NOW - timedelta(days=90), created_to=NOW - timedelta(days=80))
    ),
    "reservations, oldest first": reservations.listing(ReservationFilter(sort="created")),
    "deliveries, oldest first": deliveries.listing(DeliveryFilter(sort="created")),
    "audit": audit_log.listing(AuditFilter()),
    "audit of an actor": audit_log.listing(AuditFilter(actor="ada@bitloot.example")),
    "audit, oldest first": audit_log.listing(AuditFilter(sort="at")),
    "audit of an action": audit_log.listing(AuditFilter(action="order.resend_requested")),
    "audit of a rare action": audit_log.listing(AuditFilter(action="person.added")),
    "audit by search": audit_log.listing(AuditFilter(q=AN_ID)),
    "audit of an actor's act": audit_log.listing(AuditFilter(actor="ada@bitloot.example", action="person.added")),
    "audit of ten days": audit_log.listing(
        AuditFilter(at_from=NOW - timedelta(days=90), at_to=NOW - timedelta(days=80))
    ),
    "audit of a target": audit_log.listing(AuditFilter(target=f"order:{AN_ID}")),
    "dead letters": dead_letters.listing(DeadLetterFilter()),
    "dead letters open": dead_letters.listing(DeadLetterFilter(state="open")),
    "dead letters, oldest first": dead_letters.listing(DeadLetterFilter(sort="dead")),
    "dead letters of a group": dead_letters.listing(DeadLetterFilter(group="group 7")),
    "dead letters of a group, open": dead_letters.listing(DeadLetterFilter(group="group 7", state="open")),
    "dead letters of a service": dead_letters.listing(DeadLetterFilter(service="delivery")),
    "dead letters of an order": dead_letters.listing(DeadLetterFilter(order_id=UUID(AN_ID))),
    "dead letters by search of an id": dead_letters.listing(DeadLetterFilter(q=AN_ID)),
    "dead letters by search of a group": dead_letters.listing(DeadLetterFilter(q="group 7")),
}
