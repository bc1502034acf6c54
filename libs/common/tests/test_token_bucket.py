"""Our own rate limit, in virtual time."""

from bitloot_common.token_bucket import TokenBucket


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def test_a_burst_then_one_after_the_other() -> None:
    clock = Clock()
    bucket = TokenBucket(4, burst=3, clock=clock, sleep=clock.sleep)
    times = []
    for _ in range(6):
        assert await bucket.take(10)
        times.append(clock.now - 1000)
    assert times == [0, 0, 0, 0.25, 0.5, 0.75]


async def test_never_more_than_the_rate_in_any_second_after_the_burst() -> None:
    clock = Clock()
    bucket = TokenBucket(3, clock=clock, sleep=clock.sleep)
    times = []
    for _ in range(20):
        await bucket.take(10)
        times.append(clock.now)
    assert all(sum(1 for other in times if at <= other < at + 0.999) <= 3 for at in times)


async def test_who_would_wait_too_long_is_told_at_once_and_takes_nothing() -> None:
    clock = Clock()
    bucket = TokenBucket(1, clock=clock, sleep=clock.sleep)
    assert await bucket.take(0)
    assert not await bucket.take(0.5)
    assert clock.now == 1000
    assert await bucket.take(1)


async def test_a_pause_holds_everybody() -> None:
    clock = Clock()
    bucket = TokenBucket(10, burst=5, clock=clock, sleep=clock.sleep)
    bucket.pause(5)
    assert not await bucket.take(4)
    assert await bucket.take(6)
    assert clock.now == 1005
