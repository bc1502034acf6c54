"""Runs the ingress service."""

from bitloot_common import lean, log, server, settings, telemetry  # noqa: F401  (lean: for its effect)

from bitloot_ingress.app import bounds, create_app
from bitloot_ingress.protocol import bounded
from bitloot_ingress.settings import Settings


def main() -> None:
    """Until SIGTERM or SIGINT."""
    found = settings.load(Settings)
    log.configure("ingress", found)
    telemetry.configure("ingress")
    front = create_app(found)
    server.serve(front, found, http=bounded(bounds(found), front), ws="none", lifespan="on")


if __name__ == "__main__":
    main()
