"""What is checked in although it follows from something else is what it would be if it were made now."""

import generated


def test_every_generated_file_is_current() -> None:
    assert generated.stale() == [], "run: .venv/bin/python deploy/generate"
