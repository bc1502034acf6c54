"""The relay's pure rules: where the next read starts, where a key goes."""

import os
import random
from typing import Any
from uuid import UUID

from aiokafka.partitioner import murmur2 as aiokafkas
from bitloot_common.relay.agent import BOUND_MARGIN_MS, _bound
from bitloot_common.relay.murmur2 import murmur2
from bitloot_common.relay.rows import Position


def row(epoch_ms: int) -> dict[str, Any]:
    return {"id": UUID(int=epoch_ms << 80 | random.getrandbits(80))}


def gone(rows: list[Any]) -> list[Position]:
    return [Position(one["id"], "t", 0, 0) for one in rows]


def test_the_next_read_starts_a_little_below_the_last_row() -> None:
    rows: Any = [row(1_000_000), row(1_000_500)]
    assert _bound(rows, gone(rows)) == UUID(int=(1_000_500 - BOUND_MARGIN_MS) << 80)


def test_it_never_starts_above_a_row_that_was_left_behind() -> None:
    rows: Any = [row(1_000_000), row(2_000_000), row(3_000_000)]
    bound = _bound(rows, gone([rows[0], rows[2]]))
    assert bound == UUID(int=(2_000_000 - BOUND_MARGIN_MS) << 80)
    assert bound < rows[1]["id"]


def test_the_beginning_of_time_is_no_problem() -> None:
    rows: Any = [row(5)]
    assert _bound(rows, []) == UUID(int=0)


def test_keys_go_where_kafkas_clients_put_them() -> None:
    for length in [*range(70), 500]:
        for _ in range(20):
            data = os.urandom(length)
            assert murmur2(data) == aiokafkas(data)
