"""What a process exposes before anything has happened: alerts see the first event only of a series that was at 0."""

import subprocess
import sys

import pytest
from bitloot_fulfillment.order_machine import Fact
from prometheus_client.parser import text_string_to_metric_families

EXPOSE = "import bitloot_fulfillment.app, prometheus_client as p; print(p.generate_latest().decode())"


@pytest.fixture(scope="module")
def samples() -> dict[tuple[str, tuple[str, ...]], float]:
    """By name and label values (by label name), of a process that has done nothing."""
    text = subprocess.run([sys.executable, "-c", EXPOSE], check=True, capture_output=True, text=True).stdout
    found = [one for family in text_string_to_metric_families(text) for one in family.samples]
    return {(one.name, tuple(one.labels.values())): one.value for one in found}


def test_every_fact_that_a_person_may_have_to_look_at_is_at_zero(samples: dict[object, float]) -> None:
    facts = [*Fact, "stray_payment"]
    assert [samples["bitloot_order_alerts_total", (fact,)] for fact in facts] == [0.0] * len(facts)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("bitloot_reconciled_total", ("payment_finished",)),
        ("bitloot_reconciled_total", ("purchase_delivered",)),
        ("bitloot_reconciler_questions_total", ("failed", "payment")),
        ("bitloot_reconciler_questions_total", ("outage", "purchase")),
    ],
)
def test_what_the_reconciler_counts_is_at_zero(
    samples: dict[object, float], name: str, labels: tuple[str, ...]
) -> None:
    assert samples[name, labels] == 0.0


def test_a_balance_that_nobody_has_asked_for_is_not_zero(samples: dict[tuple[str, object], float]) -> None:
    assert [name for name, _ in samples if name == "bitloot_kinguin_balance_eur"] == []
