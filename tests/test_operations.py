"""docs/operations.md: every command that it tells an operator to type is one that there is."""

import re
from pathlib import Path
from typing import Any

import pytest
from bitloot_common.cli import app
from typer.main import get_command

ROOT = Path(__file__).parents[1]
COMMANDS = sorted(set(re.findall(r"`bitloot ([a-z][^`]*)`", (ROOT / "docs" / "operations.md").read_text())))


@pytest.mark.parametrize("line", COMMANDS)
def test_the_page_names_commands_that_exist(line: str) -> None:
    command: Any = get_command(app)
    words = line.split()
    while hasattr(command, "get_command") and words:
        command = command.get_command(None, words.pop(0))
        assert command is not None, line
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known, line
