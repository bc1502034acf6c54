"""What delivery reads of an order. It writes nothing here: the order's status is fulfillment's."""

from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from bitloot_common.db import Connection

from bitloot_delivery.errors import OrderUnknown

_FIND = """
select o.id, o.email, o.locale, o.product_name, o.quantity, o.amount, o.currency, o.status, o.refund_due,
       coalesce(p.activation, n.activation) as activation, n.region,
       coalesce(n.countries_excluded, '{}') as countries_excluded
from orders o
left join products p on p.id = o.product_id
left join product_notes n on n.kinguin_product_id = o.kinguin_product_id
where o.id = $1
"""


@dataclass(frozen=True, slots=True)
class Order:
    """The order as mails and pages need it. `email` is None once the customer's data was erased.

    `activation` is the shop's own text, else Kinguin's; `region` and `countries_excluded` are Kinguin's.
    """

    id: UUID
    email: str | None = field(repr=False)
    locale: str
    product_name: str
    quantity: int
    amount: Decimal
    currency: str
    status: str
    refund_due: Decimal | None
    activation: str | None
    region: str | None
    countries_excluded: list[str]


async def find_order(connection: Connection, order_id: UUID) -> Order:
    """Raises OrderUnknown."""
    record = await connection.fetchrow(_FIND, order_id)
    if record is None:
        raise OrderUnknown(order_id)
    return Order(**record)
