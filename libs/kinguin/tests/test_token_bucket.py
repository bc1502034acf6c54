"""The token bucket, by its own clock."""

from bitloot_kinguin.token_bucket import TokenBucket


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_the_rate() -> None:
    clock = Clock()
    bucket = TokenBucket(10, burst=3, clock=clock)
    assert [round(bucket.reserve(), 3) for _ in range(5)] == [0, 0, 0, 0.1, 0.2]
    clock.now += 1
    assert bucket.reserve() == 0


def test_it_never_holds_more_than_a_burst() -> None:
    clock = Clock()
    bucket = TokenBucket(10, burst=2, clock=clock)
    clock.now += 60
    assert [round(bucket.reserve(), 3) for _ in range(3)] == [0, 0, 0.1]


def test_retry_after_holds_everybody() -> None:
    clock = Clock()
    bucket = TokenBucket(10, burst=5, clock=clock)
    bucket.hold(7)
    assert bucket.reserve() == 7
    clock.now += 7
    assert bucket.reserve() == 0


async def test_who_would_wait_too_long_is_told_at_once_and_takes_no_token() -> None:
    clock = Clock()
    bucket = TokenBucket(1, burst=1, clock=clock)
    assert await bucket.take(0)
    assert not await bucket.take(0.5)
    clock.now += 1
    assert await bucket.take(0)
