"""The product catalogue: what can be ordered, at what price, and what it is at Kinguin."""

from decimal import Decimal
from pathlib import Path

import asyncpg
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

_UPSERT = """
insert into products
    (id, name, price, currency, kinguin_product_id, offer_id, price_ceiling, quantity_max, activation, active)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (id) do update set
    name = excluded.name, price = excluded.price, currency = excluded.currency,
    kinguin_product_id = excluded.kinguin_product_id, offer_id = excluded.offer_id,
    price_ceiling = excluded.price_ceiling, quantity_max = excluded.quantity_max,
    activation = excluded.activation, active = excluded.active
"""


class Product(BaseModel):
    """One product. Prices are per unit, in `currency`; `price_ceiling` is the most we pay Kinguin."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")
    name: str = Field(min_length=1, max_length=200)
    price: Decimal = Field(gt=0, decimal_places=2)
    currency: str = Field(pattern="^[A-Z]{3}$")
    kinguin_product_id: str
    offer_id: str | None = None
    price_ceiling: Decimal = Field(gt=0, decimal_places=2)
    quantity_max: int = Field(10, ge=1, le=100)
    activation: str | None = None
    active: bool = True


def read(path: Path) -> list[Product]:
    """The file's products. Raises OSError, yaml.YAMLError or pydantic.ValidationError."""
    return TypeAdapter(list[Product]).validate_python(yaml.safe_load(path.read_text())["products"])


async def apply(database_url: str, products: list[Product]) -> int:
    """Inserts or updates `products`; others stay. Returns how many were written."""
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        await connection.executemany(_UPSERT, [tuple(product.model_dump().values()) for product in products])
    finally:
        await connection.close()
    return len(products)
