"""How Kinguin is reached. Names are the first shop's where the meaning is the same."""

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class KinguinSettings(BaseSettings):
    """The provider's side of a service's settings; every limit has its unit in its name."""

    model_config = SettingsConfigDict(extra="ignore")

    kinguin_api: Literal["reservations", "esa"] = Field(description="no default: `esa` buys for real")
    kinguin_base_url: str = Field(pattern="^https?://", description="without a slash at its end")
    kinguin_token_url: str | None = Field(None, description="reservations; default {KINGUIN_BASE_URL}/auth/token")
    kinguin_client_id: str | None = Field(None, description="reservations")
    kinguin_client_secret: str | None = Field(None, repr=False, description="reservations")
    kinguin_api_key: str | None = Field(None, repr=False, description="esa")

    kinguin_connect_timeout_s: float = Field(3.0, gt=0)
    kinguin_timeout_s: float = Field(8.0, gt=0, description="one answer, read whole; every call but the purchase")
    kinguin_reserve_timeout_s: float = Field(15.0, gt=0, description="the call that buys")
    kinguin_connections_max: int = Field(64, ge=1)
    kinguin_keepalive_s: float = Field(4.0, gt=0, description="below the provider's: a closed one costs a doubt")
    kinguin_concurrent_max: int = Field(64, ge=1, description="bulkhead: calls in flight from one process")
    kinguin_rate_per_s: float = Field(200.0, gt=0, description="token bucket, per process")
    kinguin_burst: int = Field(100, ge=1)
    kinguin_wait_s_max: float = Field(5.0, gt=0, description="longest wait for the bulkhead and the bucket")
    kinguin_token_early_s: float = Field(60.0, ge=0, description="a token is renewed so long before it expires")
    kinguin_search_nones: int = Field(2, ge=1, description="esa: how often the search must say none …")
    kinguin_search_over_s: float = Field(60.0, ge=0, description="… over so long, before a purchase is repeated")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        wanted = ["kinguin_api_key"] if self.kinguin_api == "esa" else ["kinguin_client_id", "kinguin_client_secret"]
        missing = [name.upper() for name in wanted if not getattr(self, name)]
        if missing:
            raise ValueError(f"KINGUIN_API={self.kinguin_api} needs {' and '.join(missing)}")
        if self.kinguin_api == "esa" and self.kinguin_search_over_s < self.kinguin_reserve_timeout_s:
            # a purchase that still is on its way when the search says none would be made twice
            raise ValueError("KINGUIN_SEARCH_OVER_S must not be below KINGUIN_RESERVE_TIMEOUT_S")
        return self

    @property
    def token_url(self) -> str:
        return self.kinguin_token_url or f"{self.kinguin_base_url}/auth/token"
