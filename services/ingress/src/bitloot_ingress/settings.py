"""What ingress reads from the environment. A limit's name carries its unit."""

from bitloot_common.settings import ServiceSettings
from pydantic import Field, field_validator


class Settings(ServiceSettings):
    """Secrets have no default; `…_PREVIOUS` is accepted beside the current one while a secret is rotated."""

    nowpayments_base: str = Field(description="https://api.nowpayments.io/v1")
    nowpayments_api_key: str = Field(repr=False, min_length=1)
    nowpayments_ipn_secret: str = Field(repr=False, min_length=1)
    nowpayments_ipn_secret_previous: str = Field("", repr=False)
    nowpayments_payments_per_s_max: float = Field(3, gt=0, description="the provider's limit of POST /payment")
    nowpayments_requests_per_s_max: float = Field(7, gt=0, description="its limit of everything else")
    nowpayments_fixed_rate: bool = False

    kinguin_webhook_secret: str = Field(repr=False, min_length=1)
    kinguin_webhook_secret_previous: str = Field("", repr=False)
    kinguin_esa_webhook_secret: str = Field("", repr=False, description="default: KINGUIN_WEBHOOK_SECRET")
    kinguin_esa_webhook_secret_previous: str = Field("", repr=False)

    webhook_base_url: str = Field(description="where the providers reach this service")
    default_pay_currency: str = Field("btc", pattern="^[a-z0-9]{2,20}$")
    order_token_secret: str = Field(repr=False, min_length=16, description="orders' session tokens derive from it")

    webhook_body_bytes_max: int = Field(65_536, ge=1_024, le=900_000)
    webhooks_pending_max: int = Field(4_000, ge=1)
    webhook_flushers: int = Field(2, ge=1, le=8, description="one suffices where an fsync takes 0.1 ms")
    webhook_bodies_keep_days: int = Field(90, ge=1, description="then body, headers and sender's address are removed")
    webhook_trace_ratio: float = Field(1.0, ge=0, le=1, description="share of webhooks with an exported span")
    refusals_per_source_per_minute_max: int = Field(60, ge=1, description="bad signatures; never a good one")

    api_body_bytes_max: int = Field(16_384, ge=1_024)
    api_requests_per_source_per_minute_max: int = Field(120, ge=1)
    api_deadline_s: float = Field(2.5, gt=0)
    payment_deadline_s: float = Field(15.0, gt=0, description="POST /payments/create waits for NOWPayments")
    payments_per_order_max: int = Field(20, ge=1)

    http_header_bytes_max: int = Field(16_384, ge=1_024)
    http_header_timeout_s: float = Field(5.0, gt=0)
    http_body_timeout_s: float = Field(5.0, gt=0)
    http_connections_max: int = Field(2_000, ge=1)
    http_connections_per_peer_max: int = Field(500, ge=1, description="not of trusted proxies and unlimited sources")
    http_requests_max: int = Field(1_000, ge=1, description="requests at work at once; beyond it 503")

    trusted_proxies: str = Field("", description="networks whose X-Forwarded-For is believed, comma-separated")
    unlimited_sources: str = Field("127.0.0.0/8,::1/128", description="networks without a limit per source")
    nowpayments_sources: str = Field("", description="networks that may send IPNs; empty: all")
    kinguin_sources: str = Field("", description="networks that may send Kinguin webhooks; empty: all")

    @field_validator("nowpayments_ipn_secret", "nowpayments_ipn_secret_previous")
    @classmethod
    def trimmed(cls, value: str) -> str:
        """As the provider's SDK uses it."""
        return value.strip()

    @field_validator("nowpayments_base", "webhook_base_url")
    @classmethod
    def without_slash(cls, value: str) -> str:
        """Paths are appended."""
        return value.rstrip("/")
