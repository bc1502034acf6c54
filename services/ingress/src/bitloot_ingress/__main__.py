"""Runs the ingress service."""

from bitloot_common import log, server, settings, telemetry

from bitloot_ingress.app import create_app
from bitloot_ingress.settings import Settings


def main() -> None:
    """Until SIGTERM or SIGINT."""
    found = settings.load(Settings)
    log.configure("ingress", found)
    telemetry.configure("ingress")
    server.serve(create_app(found), found)


if __name__ == "__main__":
    main()
