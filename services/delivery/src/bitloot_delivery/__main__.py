"""`python -m bitloot_delivery`: the delivery service."""

from bitloot_common import lean, log, telemetry  # noqa: F401  (lean: for its effect)
from bitloot_common.server import serve
from bitloot_common.settings import load

from bitloot_delivery.app import SERVICE, create_app
from bitloot_delivery.settings import DeliverySettings


def main() -> None:
    settings = load(DeliverySettings)
    log.configure(SERVICE, settings)
    telemetry.configure(SERVICE)
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
