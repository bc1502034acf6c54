"""python -m bitloot_admin"""

from bitloot_common import lean, log, server, telemetry  # noqa: F401  (lean: for its effect)
from bitloot_common.settings import load

from bitloot_admin.app import create_app
from bitloot_admin.settings import Settings


def main() -> None:
    settings = load(Settings)
    log.configure("admin", settings)
    telemetry.configure("admin")
    server.serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
