"""python -m bitloot_sandbox"""

import sys

import uvicorn
from pydantic import ValidationError

from bitloot_sandbox.app import create_app
from bitloot_sandbox.settings import Settings


def main() -> int:
    try:
        settings = Settings()
    except ValidationError as error:
        names = ", ".join(str(e["loc"][0]).upper() for e in error.errors())
        sys.stderr.write(f"bitloot-sandbox: missing or wrong in the environment: {names}\n")
        return 2
    uvicorn.run(
        create_app(settings),
        host=settings.http_host,
        port=settings.http_port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        timeout_keep_alive=75,  # as the gateways in front of the real ones
        proxy_headers=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
