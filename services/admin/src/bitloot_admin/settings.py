"""What admin is told by its environment."""

from datetime import timedelta

from bitloot_common.settings import ServiceSettings
from pydantic import Field, SecretStr, model_validator

from bitloot_admin.resend_limit import ResendLimit
from bitloot_admin.rights import Role


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
    sign_ins_per_source_per_minute_max: int = Field(20, ge=1)

    oidc_issuer: str = Field("", description="an OpenID provider's issuer URL; people may then sign in through it")
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="this client's, at the provider")
    oidc_name: str = Field("single sign-on", description="what the button says: Sign in with …")
    oidc_default_role: Role | None = Field(
        None, description="somebody with a verified e-mail whom nobody has added gets in with it; unset: nobody does"
    )

    ingress_url: str = Field("", description="its /readyz is shown on the overview; likewise the two below")
    fulfillment_url: str = ""
    delivery_url: str = ""
    trace_url_template: str = Field("", description="a trace UI's page, with {traceId} where the id goes")
    resends_per_hour_max: int = Field(6, ge=1, description="per order, by all operators together")
    resend_pause_s: int = Field(60, ge=0, description="between two resends of one order")
    broker_sample_s: float = Field(5.0, gt=0, description="how often lag and rates are sampled")

    @model_validator(mode="before")
    @classmethod
    def _unset_role(cls, given: dict[str, object]) -> dict[str, object]:
        """An empty OIDC_DEFAULT_ROLE is none."""
        return {name: value for name, value in given.items() if (name.lower(), value) != ("oidc_default_role", "")}

    @model_validator(mode="after")
    def _whole_provider(self) -> "Settings":
        needed = {
            "OIDC_CLIENT_ID": self.oidc_client_id,
            "OIDC_CLIENT_SECRET": self.oidc_client_secret.get_secret_value(),
            "ADMIN_PUBLIC_URL": self.admin_public_url,
        }
        missing = [name for name, value in needed.items() if not value]
        if self.oidc_issuer and missing:
            raise ValueError(f"OIDC_ISSUER needs {', '.join(missing)} too")
        return self

    def resend_limit(self) -> ResendLimit:
        return ResendLimit(self.resends_per_hour_max, timedelta(seconds=self.resend_pause_s))

    @property
    def service_urls(self) -> dict[str, str]:
        """The services whose readiness is watched, those whose URL is known."""
        urls = {"ingress": self.ingress_url, "fulfillment": self.fulfillment_url, "delivery": self.delivery_url}
        return {name: url for name, url in urls.items() if url}
