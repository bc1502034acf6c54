"""What admin is told by its environment."""

from bitloot_common.settings import ServiceSettings
from pydantic import Field, SecretStr


class Settings(ServiceSettings):
    """Admin's settings. Without ADMIN_TOKEN only people and API tokens get in: make the first admin with
    `bitloot admin create`. Sessions need no secret: they are random tokens, stored hashed."""

    admin_token: SecretStr | None = Field(
        None, min_length=16, description="a bootstrap bearer token with the role admin"
    )
    admin_public_url: str = Field("", description="as people reach it; https makes the session cookie Secure")
    session_idle_minutes_max: int = Field(120, ge=1)
    session_hours_max: int = Field(12, ge=1)
    sign_in_failures_max: int = Field(5, ge=1, description="then the account is locked")
    sign_in_lock_minutes: int = Field(15, ge=1)

    ingress_url: str = Field("", description="its /readyz is shown on the overview; likewise the two below")
    fulfillment_url: str = ""
    delivery_url: str = ""
    trace_url_template: str = Field("", description="a trace UI's page, with {traceId} where the id goes")
    broker_sample_s: float = Field(5.0, gt=0, description="how often lag and rates are sampled")

    oidc_issuer: str = Field("", description="https://…; empty: no single sign-on")
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_role_claim: str = Field("", description="the claim that names the role; empty: people must exist here")

    @property
    def service_urls(self) -> dict[str, str]:
        """The services whose readiness is watched, those whose URL is known."""
        urls = {"ingress": self.ingress_url, "fulfillment": self.fulfillment_url, "delivery": self.delivery_url}
        return {name: url for name, url in urls.items() if url}
