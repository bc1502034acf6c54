"""Runs the fulfillment service."""

from bitloot_common import lean, log, server, settings, telemetry  # noqa: F401  (lean: for its effect)

from bitloot_fulfillment.app import create_app
from bitloot_fulfillment.settings import Settings


def main() -> None:
    """Until SIGTERM or SIGINT."""
    found = settings.load(Settings)
    log.configure("fulfillment", found)
    telemetry.configure("fulfillment")
    server.serve(create_app(found), found)


if __name__ == "__main__":
    main()
