"""The web UI: pages rendered here, made live by htmx and a little JavaScript. It works without either."""

from bitloot_admin.pages import dead_letters, ledgers, live, orders, overview, people, search, session, views, webhooks

ROUTERS = (
    overview.routes,
    orders.routes,
    ledgers.routes,
    webhooks.routes,
    dead_letters.routes,
    people.routes,
    search.routes,
    live.routes,
    views.routes,
    session.routes,
)
