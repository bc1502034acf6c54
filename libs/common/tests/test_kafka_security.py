"""The environment says how every Kafka client says who it is."""

import pytest
from bitloot_common.kafka import KafkaSecurity, client
from pydantic import ValidationError


def test_without_a_word_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_SECURITY_PROTOCOL", raising=False)
    assert client("kafka:9092") == {"bootstrap_servers": "kafka:9092"}
    assert KafkaSecurity().librdkafka() == {"security.protocol": "PLAINTEXT"}


def test_user_and_tls_reach_both_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SECURITY_PROTOCOL", "SASL_SSL"), ("SASL_USERNAME", "ingress"), ("SASL_PASSWORD", "p")):
        monkeypatch.setenv(f"KAFKA_{name}", value)
    ours = client("kafka:9093")
    assert ours.pop("ssl_context").check_hostname
    assert ours == {
        "bootstrap_servers": "kafka:9093",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "ingress",
        "sasl_plain_password": "p",
    }
    assert KafkaSecurity().librdkafka()["sasl.password"] == "p"
    assert "'p'" not in repr(KafkaSecurity())


def test_half_an_identity_stops_the_service() -> None:
    with pytest.raises(ValidationError, match="needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"):
        KafkaSecurity(kafka_security_protocol="SASL_SSL", kafka_sasl_username="ingress")
