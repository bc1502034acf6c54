"""`bitloot admin find` and `order`: "where is my key?" from a shell, over the API, with the generated client."""

from typing import Annotated

import typer
from bitloot_admin_client.api.orders import get_order, list_orders
from bitloot_admin_client.models import OrderDetail, OrderSummary
from bitloot_common.cli.output import print_json

from bitloot_admin.cli_api import Json, asked


def find(
    text: Annotated[str, typer.Argument(help="An e-mail or its beginning; an order, payment or reservation id.")],
    json: Json = False,
) -> None:
    """Finds orders. Needs ADMIN_URL and ADMIN_TOKEN."""
    found = asked(lambda client: list_orders.sync_detailed(client=client, q=text))
    if json:
        return print_json(found.to_dict())
    for order in found.items:
        typer.echo(_line(order))
    typer.echo(f"{found.total} orders", err=True)
    return None


def order(order_id: Annotated[str, typer.Argument(help="The order's id.")], json: Json = False) -> None:
    """Shows one order with its timeline. Needs ADMIN_URL and ADMIN_TOKEN."""
    found: OrderDetail = asked(lambda client: get_order.sync_detailed(order_id, client=client))  # type: ignore[arg-type]
    if json:
        return print_json(found.to_dict())
    typer.echo(f"{found.order_id}  {found.product_name} × {found.quantity}  {found.amount} {found.currency}")
    typer.echo(f"money {found.payment_status}, fulfilment {found.status} since {found.status_since:%Y-%m-%d %H:%M:%S}")
    for entry in found.timeline:
        since = f"+{entry.since_previous_ms} ms" if isinstance(entry.since_previous_ms, int) else ""
        typer.echo(f"  {entry.at:%H:%M:%S}  {since:>12}  {entry.service:<11}  {entry.event}  {entry.to_status or ''}")
    return None


def _line(order: OrderSummary) -> str:
    return (
        f"{order.created_at:%Y-%m-%d %H:%M}  {order.order_id}  {order.status:<16}  money {order.payment_status}  "
        f"{order.email}  {order.product_name}"
    )
