import os
import socket

import pytest
from bitloot_local.errors import PortTaken, StackError
from bitloot_local.ports import HOST, Ports, free, refuse_taken


def test_a_taken_port_is_named_with_its_owner_and_the_variable_that_moves_it() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken) as refusal:
            refuse_taken(port, "ADMIN_PORT")
    message = str(refusal.value)
    assert f"port {port} " in message
    assert "ADMIN_PORT=" in message
    assert f"process {os.getpid()}" in message


def test_a_free_port_is_not_refused() -> None:
    refuse_taken(free(1)[0], "ADMIN_PORT")


def test_ports_come_from_settings_and_else_are_the_contract() -> None:
    ports = Ports.chosen_by({"ADMIN_PORT": "5001", "S3_PORT": "", "PATH": "/bin"})
    assert (ports.admin, ports.s3, ports.ingress, ports.mailbox) == (5001, 9000, 4000, 8025)


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(StackError, match="KAFKA_PORT"):
        Ports.chosen_by({"KAFKA_PORT": text})


def test_free_ports_are_all_different() -> None:
    assert len(set(free(20))) == 20
