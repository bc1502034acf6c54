"""What the process is started with. How the providers behave at run time is in `behaviour.py`."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from the environment; no secret has a default."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    http_host: str = "127.0.0.1"
    http_port: int = 4010
    nowpayments_api_key: SecretStr
    nowpayments_ipn_secret: SecretStr
    kinguin_client_id: str
    kinguin_client_secret: SecretStr
    kinguin_api_key: SecretStr
    kinguin_webhook_secret: SecretStr
    kinguin_webhook_url: str = Field(description="Where the webhooks of both Kinguin APIs go.")
    sandbox_data_dir: Path = Field(description="Everything the sandbox remembers, the codes it sold included.")
