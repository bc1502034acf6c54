"""What ingress is measured against: a bare FastAPI endpoint, and the design one writes first.

python -m bench.ingress_targets bare|naive PORT      (the naive one reads DATABASE_URL, … from the environment)
"""

import hashlib
import hmac
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import uvicorn
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, HTTPException, Request

TABLE = """
create table if not exists naive_webhooks (
    id bigint generated always as identity primary key,
    external_id text not null unique,
    headers jsonb not null,
    body bytea not null,
    received_at timestamptz not null default now()
)
"""
INSERT = """
insert into naive_webhooks (external_id, headers, body) values ($1, $2, $3)
on conflict do nothing returning id
"""


def bare() -> FastAPI:
    """Only reads the body and answers."""
    app = FastAPI()

    @app.post("/payments/ipn")
    async def ipn(request: Request) -> dict[str, bool]:
        await request.body()
        return {"ok": True}

    return app


def naive() -> FastAPI:
    """Verify, one INSERT and commit per request through a pool, then `send_and_wait`."""
    state: dict[str, Any] = {}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        state["pool"] = pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=10, max_size=20)
        await pool.execute(TABLE)
        state["producer"] = producer = AIOKafkaProducer(
            bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"], acks="all", enable_idempotence=True
        )
        await producer.start()
        yield
        await producer.stop()
        await pool.close()

    app = FastAPI(lifespan=lifespan)
    secret = os.environ["NOWPAYMENTS_IPN_SECRET"].encode()

    @app.post("/payments/ipn")
    async def ipn(request: Request) -> dict[str, bool]:
        raw = await request.body()
        expected = hmac.new(secret, raw, hashlib.sha512).hexdigest()
        if not hmac.compare_digest(expected, request.headers.get("x-nowpayments-sig", "")):
            raise HTTPException(401)
        body = json.loads(raw)
        external_id = f"{body['payment_id']}:{body['payment_status']}"
        inserted = await state["pool"].fetchval(INSERT, external_id, json.dumps(dict(request.headers)), raw)
        if inserted is not None:
            await state["producer"].send_and_wait("payments.ipn", raw, key=body["order_id"].encode())
        return {"ok": True}

    return app


if __name__ == "__main__":
    target = {"bare": bare, "naive": naive}[sys.argv[1]]
    uvicorn.run(target(), host="127.0.0.1", port=int(sys.argv[2]), loop="uvloop", access_log=False, log_level="warning")
