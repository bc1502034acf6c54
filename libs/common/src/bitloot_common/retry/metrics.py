"""What the ladder and the breakers tell Prometheus. Topics and outcomes are labels; ids never are."""

from functools import lru_cache

from prometheus_client import Counter, Gauge, Histogram

from bitloot_common.from_zero import from_zero

_LATENESS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_DURATION_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_RECOVERY_S = (1, 2, 4, 8, 16, 32, 64, 120, 300, 600, 1800, 3600)

ATTEMPTS = Counter(
    "bitloot_attempts",
    "Attempts to handle a message, by the topic that it first came on, wherever it waited since: handled, ignored, "
    "retried, held (breaker), postponed or buried.",
    ["service", "topic", "outcome"],
)
OUTCOMES = ("handled", "ignored", "retried", "held", "postponed", "buried")
PROCESS_DURATION_S = Histogram(
    "bitloot_process_duration_seconds", "One attempt.", ["service", "topic"], buckets=_DURATION_S
)
LATENESS_S = Histogram(
    "bitloot_retry_lateness_seconds", "Start of a retry after its due time.", ["topic"], buckets=_LATENESS_S
)
RECOVERY_S = Histogram(
    "bitloot_recovery_seconds", "First failure to success of one message.", ["service", "topic"], buckets=_RECOVERY_S
)
LAG = Gauge(
    "bitloot_consumer_lag_messages",
    "Messages of a main or retry topic not yet committed, over this instance's partitions.",
    ["service", "topic"],
)
DLT_DEPTH = Gauge("bitloot_dlt_records", "Records in the dead-letter topic, replayed ones included.", ["service"])
PACED = Gauge(
    "bitloot_paced_messages",
    "First attempts of a topic that wait, as more of its messages fail than can be retried on time.",
    ["service", "topic"],
)
IN_FLIGHT = Gauge("bitloot_in_flight_messages", "Fetched and not yet settled.", ["service", "group"])
FORWARD_FAILURES = Counter(
    "bitloot_forward_failures", "Failed tries to put a message on a retry or dead-letter topic.", ["service"]
)
LANE_RESTARTS = Counter("bitloot_consumer_restarts", "Consumers that died and were made anew.", ["service", "group"])
UNREADABLE = Gauge(
    "bitloot_unreadable_partitions",
    "Partitions of a topic that stand still, as what comes next cannot be decoded at all.",
    ["service", "group", "topic"],
)
BREAKER_STATE = Gauge("bitloot_breaker_state", "0 closed, 1 half-open, 2 open.", ["dependency"])
BREAKER_STATES = {"closed": 0, "half_open": 1, "open": 2}


def expect_attempts(service: str, topic: str) -> None:
    """`topic` has a subscription: all that may become of its messages is at 0 from here on."""
    from_zero(ATTEMPTS, [service], [topic], OUTCOMES)


@lru_cache(maxsize=10_000)
def attempts(service: str, topic: str, outcome: str) -> Counter:
    """The child of ATTEMPTS: looking it up each time would cost more than counting."""
    return ATTEMPTS.labels(service, topic, outcome)


@lru_cache(maxsize=1_000)
def process_duration_s(service: str, topic: str) -> Histogram:
    """The child of PROCESS_DURATION_S."""
    return PROCESS_DURATION_S.labels(service, topic)


@lru_cache(maxsize=1_000)
def lateness_s(topic: str) -> Histogram:
    """The child of LATENESS_S."""
    return LATENESS_S.labels(topic)
