"""The link routes' answers in JSON."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class LinkStatus(_Answer):
    """Whether the wait is over."""

    state: str
    codes_stored: int
    quantity: int


class OpenerItem(_Answer):
    """One sealed object: a compact JWE (`dir`, A256GCM) at `url`, opened by `key` (base64url, 256 bits)."""

    part: int
    codes: int
    url: str = Field(repr=False)
    key: str = Field(repr=False)


class RevealAnswer(_Answer):
    """A counted reveal. `url` and `key` repeat the only item's, where there is only one."""

    reveal_id: UUID = Field(description="posted as form field `reveal`, our side opens the codes of this very reveal")
    order_id: UUID
    product: str
    quantity: int
    viewed_at: datetime
    last_viewed_at: datetime
    views: int
    reveals_left: int
    expires_in: int = Field(description="seconds for which the URLs work")
    items: list[OpenerItem]
    url: str | None = Field(None, repr=False)
    key: str | None = Field(None, repr=False)
