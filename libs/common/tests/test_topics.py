"""The declared topics are exactly the ones that the code names."""

from pathlib import Path

from bitloot_common import topics
from bitloot_common.events import topics as names

DECLARATION = Path(__file__).parents[3] / "deploy" / "topics.yaml"


def test_every_named_topic_is_declared_and_no_other() -> None:
    ladders = {
        topic
        for service in ("fulfillment", "delivery")
        for topic in (
            *(names.retry_topic(service, delay) for delay in names.LADDER_DELAYS_S),
            names.dead_letter_topic(service),
        )
    }
    assert {topic.name for topic in topics.read(DECLARATION)} == {*names.MAIN, *ladders}


def test_a_deployment_overrides_the_defaults_only() -> None:
    by_name = {topic.name: topic for topic in topics.read(DECLARATION, partitions=12, replicas=3)}
    assert (by_name["payments.ipn"].partitions, by_name["payments.ipn"].replicas) == (12, 3)
    assert (by_name["delivery.dlt"].partitions, by_name["delivery.dlt"].replicas) == (1, 3)
