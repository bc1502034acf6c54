"""`.local/env` can be read by a shell and by us alike."""

import subprocess
from pathlib import Path

from bitloot_local import envfile

VALUES = {"EMAIL_FROM": "BitLoot <keys@bitloot.example>", "QUOTED": "a $HOME & more", "URL": "http://127.0.0.1:4000"}


def test_a_shell_that_sources_the_file_has_the_values(tmp_path: Path) -> None:
    file = tmp_path / "env"
    envfile.write(file, VALUES, "a test")
    said = subprocess.run(
        ["bash", "-c", f'set -eu; . {file}; printf "%s\\n" "$EMAIL_FROM" "$QUOTED" "$URL"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.splitlines() == list(VALUES.values())


def test_we_read_what_we_wrote(tmp_path: Path) -> None:
    file = tmp_path / "env"
    envfile.write(file, VALUES, "a test")
    assert envfile.read(file) == VALUES
