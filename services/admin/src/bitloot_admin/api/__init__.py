"""The JSON API under /admin: decode, call one use case or one read, encode."""

from fastapi.routing import APIRoute

from bitloot_admin.api import (
    audit,
    dead_letters,
    deliveries,
    orders,
    overview,
    payments,
    people,
    reservations,
    session,
    webhooks,
)

ROUTERS = (
    overview.routes,
    orders.routes,
    payments.routes,
    reservations.routes,
    deliveries.routes,
    webhooks.routes,
    dead_letters.routes,
    audit.routes,
    session.routes,
    people.routes,
)
ROUTES = [route for part in ROUTERS for route in part.routes if isinstance(route, APIRoute)]
