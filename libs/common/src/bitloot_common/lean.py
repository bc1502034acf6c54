"""Import this first in a service's `__main__`: what would be loaded and never used stays out of the process.

structlog and httpx load rich and pygments where they find them, for coloured tracebacks and for httpx's command
line; both do without when the import fails. The `bitloot` command line's typer brings rich into every image.
A tenth of a second of start-up and 4 MiB of each service.
"""

import sys

for name in ("rich", "pygments"):
    # None: importing it raises ModuleNotFoundError
    sys.modules[name] = None  # type: ignore[assignment]
