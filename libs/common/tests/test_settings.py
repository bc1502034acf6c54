"""A wrong setting stops the process in one line that names it and not its value."""

import socket

import pytest
from bitloot_common.settings import EX_CONFIG, ConsumerSettings, ServiceSettings, load


def test_a_missing_name_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://x")
    monkeypatch.setenv("HTTP_PORT", "1")
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    with pytest.raises(SystemExit) as stopped:
        load(ServiceSettings)
    assert stopped.value.code == EX_CONFIG
    assert capsys.readouterr().err == "configuration: KAFKA_BOOTSTRAP_SERVERS is missing\n"


def test_a_wrong_value_is_named_but_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://x")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "localhost:1")
    monkeypatch.setenv("HTTP_PORT", "sesame")
    with pytest.raises(SystemExit):
        load(ServiceSettings)
    line = capsys.readouterr().err
    assert line.startswith("configuration: HTTP_PORT is wrong:")
    assert "sesame" not in line


@pytest.mark.parametrize(
    ("given", "seat"), [("", None), ("delivery", "delivery"), ("pod-{hostname}", f"pod-{socket.gethostname()}")]
)
def test_a_consumer_keeps_its_seat_under_its_own_name(given: str, seat: str | None) -> None:
    assert ConsumerSettings(kafka_group_instance_id=given).group_instance_id == seat
