"""The containers' health check: `healthcheck.py [path]` exits 0 when the service answers 200.

Without site-packages and urllib (`python -IS`), because it runs every few seconds in every container: a tenth
of the processor time.
"""

import os
import socket
import sys

TIMEOUT_S = 3.0


def main() -> int:
    path = sys.argv[1] if len(sys.argv) > 1 else "/healthz"
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", int(os.environ["HTTP_PORT"])), TIMEOUT_S) as connection:
            connection.sendall(request.encode())
            status = connection.recv(64).split(b" ")[1:2]
    except OSError:
        return 1
    return 0 if status == [b"200"] else 1


sys.exit(main())
