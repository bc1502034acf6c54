"""Delivery's settings. Nothing secret has a default."""

from email.utils import parseaddr
from typing import Literal, Self
from urllib.parse import urlsplit

from bitloot_common.settings import ConsumerSettings, ServiceSettings
from bitloot_kinguin import KinguinSettings
from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bitloot_delivery.key_ring import KeyRing
from bitloot_delivery.links import LinkSigner
from bitloot_delivery.named_keys import NamedKeys

DAY_S = 86_400


class StorageSettings(BaseSettings):
    """The bucket. R2_ENDPOINT has no default: the first shop's was another company's."""

    model_config = SettingsConfigDict(extra="ignore")

    r2_endpoint: str = Field(pattern="^https?://", description="https://<account>.r2.cloudflarestorage.com")
    r2_public_endpoint: str = Field("", description="where browsers reach it, if that is another host")
    r2_access_key_id: str = Field(min_length=1, repr=False)
    r2_secret_access_key: str = Field(min_length=1, repr=False)
    r2_bucket: str = Field(min_length=3)
    r2_region: str = "auto"
    r2_addressing_style: Literal["path", "virtual"] = "path"
    r2_connect_timeout_s: float = Field(3.0, gt=0)
    r2_read_timeout_s: float = Field(10.0, gt=0)
    r2_timeout_s: float = Field(20.0, gt=0, description="a request whole, its body included")
    r2_connections_max: int = Field(32, ge=1)

    @property
    def public_endpoint(self) -> str:
        """The endpoint that signed URLs name."""
        return self.r2_public_endpoint or self.r2_endpoint

    @property
    def storage_origin(self) -> str:
        """The origin that the page's script fetches from: scheme, host and port."""
        parts = urlsplit(self.public_endpoint)
        host = f"{self.r2_bucket}.{parts.netloc}" if self.r2_addressing_style == "virtual" else parts.netloc
        return f"{parts.scheme}://{host}"


class KeyRingSettings(BaseSettings):
    """What wraps the data keys. Lose it and every code that was not viewed is lost: back it up."""

    model_config = SettingsConfigDict(extra="ignore")

    key_ring: str = Field(repr=False, description="kid:base64url of 32 bytes[,…]; the first wraps, all unwrap")

    @field_validator("key_ring")
    @classmethod
    def _readable_ring(cls, value: str) -> str:
        NamedKeys.parse(value)
        return value

    def ring(self) -> KeyRing:
        return KeyRing(NamedKeys.parse(self.key_ring))


class LinkSettings(BaseSettings):
    """The mailed link and its page."""

    model_config = SettingsConfigDict(extra="ignore")

    link_secrets: str = Field(repr=False, description="as KEY_RING; the first signs, all verify")
    link_ttl_s: int = Field(DAY_S, ge=60, le=30 * DAY_S)
    storage_url_ttl_s: int = Field(900, ge=1, le=7 * DAY_S)
    reveals_max: int = Field(20, ge=1, description="per link")
    fresh_links_per_hour_max: int = Field(3, ge=1, description="per order")
    fresh_link_pause_s: int = Field(60, ge=0, description="between two fresh links of one order")
    wrong_tokens_per_minute_max: int = Field(30, ge=1, description="per client address, then 429")
    # an origin without a path: the page's forms and files are at /d/… of it
    frontend_url: str = Field(pattern="^https?://[^/?#]+/?$", description="links are FRONTEND_URL/d/<token>")
    trusted_proxies: str = Field("", description="comma-separated networks whose X-Forwarded-For is believed")

    @field_validator("link_secrets")
    @classmethod
    def _readable_secrets(cls, value: str) -> str:
        NamedKeys.parse(value)
        return value

    def signer(self) -> LinkSigner:
        return LinkSigner(NamedKeys.parse(self.link_secrets))


class MailSettings(BaseSettings):
    """Who sends mail, how, and how it looks."""

    model_config = SettingsConfigDict(extra="ignore")

    mail_transport: Literal["smtp", "resend"] = "smtp"
    smtp_url: str = Field("", repr=False, description="smtp://, smtps:// or smtp+starttls://user:password@host:port")
    smtp_connections_max: int = Field(4, ge=1)
    resend_api_key: str = Field("", repr=False)
    resend_base_url: str = Field("https://api.resend.com", pattern="^https?://")
    resend_webhook_secret: str = Field("", repr=False, description="whsec_…: bounces and complaints are told to us")
    resend_mails_per_s_max: float = Field(2.0, gt=0, description="per process; Resend's own limit is the team's")
    mail_timeout_s: float = Field(15.0, gt=0, le=25, description="each answer of the mail server but the last")
    mail_answer_timeout_s: float = Field(
        600.0, gt=0, description="SMTP's last answer: giving up before the server is done makes a second mail"
    )
    mail_retry_s: float = Field(
        300.0,
        ge=1,
        le=3600,
        description="when a mail server says later (4xx: greylisting, a full mailbox): the next try",
    )
    mail_patience_s: float = Field(
        2 * DAY_S, ge=60, description="a mail that every try met such an answer since is given up: a dead letter"
    )
    email_from: str = Field(description='address, or "Name <address>"')
    shop_name: str = Field("BitLoot", min_length=1, max_length=60)
    shop_colour: str = Field("#3b4fd8", pattern="^#[0-9a-fA-F]{6}$")
    shop_contact: str = Field("", description="where a customer finds a person: an address or a URL")

    @field_validator("email_from")
    @classmethod
    def _has_address(cls, value: str) -> str:
        local, _, domain = parseaddr(value)[1].rpartition("@")
        if not local or not domain:
            raise ValueError("has no address")  # its domain is every Message-ID's
        return value

    @model_validator(mode="after")
    def _transport_complete(self) -> Self:
        if self.mail_transport == "smtp" and not self.smtp_url:
            raise ValueError("MAIL_TRANSPORT=smtp needs SMTP_URL")
        if self.mail_transport == "resend" and not self.resend_api_key:
            raise ValueError("MAIL_TRANSPORT=resend needs RESEND_API_KEY")
        return self


class RetentionSettings(BaseSettings):
    """How long sealed keys and readers' addresses are kept."""

    model_config = SettingsConfigDict(extra="ignore")

    keys_keep_days_after_view: int = Field(30, ge=1)
    keys_keep_days_after_delivery: int = Field(180, ge=1)
    readers_keep_days: int = Field(90, ge=1, description="address and user agent of who viewed")
    retention_interval_s: float = Field(3600.0, gt=0)


class NoteSettings(BaseSettings):
    """How often Kinguin is asked for a product's region and activation."""

    model_config = SettingsConfigDict(extra="ignore")

    product_notes_keep_s: float = Field(DAY_S, gt=0)
    product_notes_interval_s: float = Field(60.0, gt=0, description="how soon a new product is looked for")


class DeliverySettings(
    ServiceSettings,
    ConsumerSettings,
    StorageSettings,
    KeyRingSettings,
    LinkSettings,
    MailSettings,
    RetentionSettings,
    NoteSettings,
    KinguinSettings,
):
    """All of it."""

    @model_validator(mode="after")
    def _secrets_differ(self) -> Self:
        ring, links = NamedKeys.parse(self.key_ring), NamedKeys.parse(self.link_secrets)
        if set(ring.by_kid.values()) & set(links.by_kid.values()):
            raise ValueError("LINK_SECRETS repeats a key of KEY_RING: a leaked link secret must open nothing")
        return self
