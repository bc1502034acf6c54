"""Feeds a topic from a process of its own, so that what is measured is the service and not who feeds it.

    python -m bench.ladder_feed BOOTSTRAP TOPIC COUNT [RATE]

librdkafka, as it takes a twentieth of a core for 2,000 messages a second.
"""

import json
import sys
import time
from uuid import uuid4

from confluent_kafka import Producer

KEYS = 1_000


def feed(bootstrap_servers: str, topic: str, count: int, rate_per_s: float | None = None) -> None:
    """`count` orders on `topic`, as fast as the broker takes them or at a rate. Raises when one is refused."""
    producer = Producer(
        {"bootstrap.servers": bootstrap_servers, "linger.ms": 2, "acks": "all", "enable.idempotence": True}
    )
    start = time.monotonic()
    for n in range(count):
        if rate_per_s and n % 20 == 0:
            time.sleep(max(0.0, start + n / rate_per_s - time.monotonic()))
        value = {"n": n, "order_id": str(uuid4()), "reservation_id": f"r{n}", "quantity": 1}
        headers = [("ce_id", str(uuid4()).encode()), ("ce_specversion", b"1.0"), ("ce_source", b"/bench")]
        producer.produce(topic, json.dumps(value).encode(), key=str(n % KEYS).encode(), headers=headers)
        producer.poll(0)
    if left := producer.flush(60):
        raise RuntimeError(f"{left} messages for {topic} were not taken")


if __name__ == "__main__":
    bootstrap_servers, topic, count, *rate = sys.argv[1:]
    feed(bootstrap_servers, topic, int(count), float(rate[0]) if rate else None)
