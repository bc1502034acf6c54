"""python -m bitloot_local.mailbox: one process, SMTP_PORT and MAILBOX_PORT, mails kept in MAILBOX_FILE."""

import asyncio
import os
from pathlib import Path

import uvicorn

from bitloot_local.mailbox.http import application
from bitloot_local.mailbox.smtp import Receiver, server_factory
from bitloot_local.mailbox.store import Store
from bitloot_local.ports import HOST


async def serve(smtp_port: int, http_port: int, file: Path) -> None:
    store = Store(file)
    receiver = Receiver(store)
    smtp = await asyncio.get_running_loop().create_server(server_factory(receiver), HOST, smtp_port)
    config = uvicorn.Config(
        application(store, receiver),
        HOST,
        http_port,
        log_level="warning",
        timeout_keep_alive=75,  # longer than its clients' (5 s): whoever closes first must not race a request
    )
    async with smtp:
        await uvicorn.Server(config).serve()  # returns on SIGTERM


if __name__ == "__main__":
    asyncio.run(serve(int(os.environ["SMTP_PORT"]), int(os.environ["MAILBOX_PORT"]), Path(os.environ["MAILBOX_FILE"])))
