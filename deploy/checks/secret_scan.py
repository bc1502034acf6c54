"""Looks for secrets that must not be in the tree: `python deploy/checks/secret_scan.py` in `make check`.

The patterns are those of detect-secrets, of the kinds that are recognised by their form (keys of clouds, tokens
of services, private keys); its guesses by entropy and by names would flag every test's credentials. They are run
over whole files, not line by line: a twentieth of the time.
"""

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from re import Pattern

DETECTORS = (
    "artifactory aws azure_storage_key cloudant discord github_token gitlab_token jwt mailchimp npm "
    "openai private_key pypi_token sendgrid slack square_oauth stripe telegram_token twilio"
).split()

# what looks like one and is none, by a piece of its line
ALLOWED = ("eyJhbGciOiJIUzI1NiJ9.",)  # a test's token, whose only secret is that it has none
SKIPPED = ("uv.lock",)
FILE_BYTES_MAX = 4 * 1024 * 1024


def _patterns() -> Iterator[tuple[str, Pattern[str]]]:
    for name in DETECTORS:
        module = import_module(f"detect_secrets.plugins.{name}")
        for member in vars(module).values():
            if isinstance(member, type) and member.__module__ == module.__name__:
                for pattern in getattr(member, "denylist", ()):
                    yield member.__name__, pattern


PATTERNS = list(_patterns())


def secrets_in(text: str) -> Iterator[tuple[str, int]]:
    """What is found: the detector's name and the line, never the text itself."""
    for name, pattern in PATTERNS:
        for match in pattern.finditer(text):
            line_start = text.rfind("\n", 0, match.start()) + 1
            line = text[line_start : text.find("\n", match.end()) % (len(text) + 1)]
            if not any(allowed in line for allowed in ALLOWED):
                yield name, text.count("\n", 0, match.start()) + 1


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True)  # noqa: S607
    found = 0
    for name in listed.stdout.split("\0"):
        path = Path(name)
        if not name or path.name in SKIPPED or not path.is_file() or path.stat().st_size > FILE_BYTES_MAX:
            continue
        for detector, line in secrets_in(path.read_text(errors="replace")):
            found += 1
            sys.stdout.write(f"{name}:{line}: looks like a secret ({detector})\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
