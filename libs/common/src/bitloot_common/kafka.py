"""How Kafka is reached: one address and one way to say who we are, for every client of the process.

The way is read from the environment here and not passed from hand to hand: it is the same for all, and a client that
forgot it would be refused by the broker.
"""

import ssl
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class KafkaSecurity(BaseSettings):
    """Plain on one machine; TLS, SASL or both elsewhere."""

    model_config = SettingsConfigDict(extra="ignore")

    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_ca_file: str = Field("", description="the broker's CA as PEM; default: the system's")
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_sasl_username: str = ""
    kafka_sasl_password: str = Field("", repr=False)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self._says_who and not (self.kafka_sasl_username and self.kafka_sasl_password):
            needs = "KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"
            raise ValueError(f"KAFKA_SECURITY_PROTOCOL={self.kafka_security_protocol} needs {needs}")
        return self

    @property
    def _says_who(self) -> bool:
        return self.kafka_security_protocol.startswith("SASL")

    @property
    def _encrypts(self) -> bool:
        return self.kafka_security_protocol.endswith("SSL")

    def aiokafka(self) -> dict[str, Any]:
        """As aiokafka names it. Raises OSError when the CA's file cannot be read."""
        if self.kafka_security_protocol == "PLAINTEXT":
            return {}
        found: dict[str, Any] = {"security_protocol": self.kafka_security_protocol}
        if self._encrypts:
            found["ssl_context"] = ssl.create_default_context(cafile=self.kafka_ca_file or None)
        if self._says_who:
            found["sasl_mechanism"] = self.kafka_sasl_mechanism
            found["sasl_plain_username"] = self.kafka_sasl_username
            found["sasl_plain_password"] = self.kafka_sasl_password
        return found

    def librdkafka(self) -> dict[str, str]:
        """As librdkafka (confluent-kafka) names it."""
        found: dict[str, str] = {"security.protocol": self.kafka_security_protocol}
        if self._encrypts and self.kafka_ca_file:
            found["ssl.ca.location"] = self.kafka_ca_file
        if self._says_who:
            found["sasl.mechanism"] = self.kafka_sasl_mechanism
            found["sasl.username"] = self.kafka_sasl_username
            found["sasl.password"] = self.kafka_sasl_password
        return found


def client(bootstrap_servers: str) -> dict[str, Any]:
    """The first arguments of any aiokafka client."""
    return {"bootstrap_servers": bootstrap_servers, **KafkaSecurity().aiokafka()}
