"""Services that have just started already expose every series whose growth an alert or an objective rests on.

Prometheus compares a series with itself: of one that begins at 1 it never sees the step.
"""

import re
from pathlib import Path

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from stack import SERVICES, Stack

RULES = (Path(__file__).parents[2] / "deploy" / "observability" / "prometheus" / "rules").glob("*.yml")
GROWTH = re.compile(r"(?:rate|increase)\((\w+_(?:total|count|bucket))(?:{([^}]*)})?\[")
MATCHER = re.compile(r"(\w+)(=~|!~|!=|=)\"([^\"]*)\"")

Series = tuple[str, dict[str, str]]


def grown() -> set[tuple[str, str]]:
    """Every metric, with its selector, whose rate or increase is asked for."""
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
    return {found for group in groups for rule in group["rules"] for found in GROWTH.findall(rule["expr"])}


def wanted() -> list[tuple[str, dict[str, str]]]:
    """The same, an alternative of a selector's at a time: each of them may be the rare one."""
    found = []
    for name, selector in sorted(grown()):
        matchers = MATCHER.findall(selector)
        assert all(operator in ("=", "=~") for _, operator, _ in matchers), selector
        alternatives: list[dict[str, str]] = [{}]
        for label, _, values in matchers:
            alternatives = [{**one, label: value} for one in alternatives for value in values.split("|")]
        found += [(name, one) for one in alternatives]
    return found


async def exposed(stack: Stack) -> list[Series]:
    async with httpx.AsyncClient(trust_env=False) as http:
        texts = [(await http.get(f"{stack.env[f'{name.upper()}_URL']}/metrics")).text for name in SERVICES]
    families = [family for text in texts for family in text_string_to_metric_families(text)]
    return [(one.name, one.labels) for family in families for one in family.samples]


# Statuses that every call tells as `unavailable`; they stand in the rule in case that changes.
NEVER = [("bitloot_kinguin_calls_total", {"outcome": outcome}) for outcome in ("5..", "429")]


@pytest.mark.timeout(180)
async def test_what_alerts_count_is_there_before_it_happens(stack: Stack) -> None:
    for name in SERVICES:
        stack.kill(name)
    for name in SERVICES:
        stack.start(name)
    series = await exposed(stack)

    def is_there(name: str, labels: dict[str, str]) -> bool:
        return any(name == one and labels.items() <= of.items() for one, of in series)

    assert len(wanted()) > 20
    assert [one for one in wanted() if one not in NEVER and not is_there(*one)] == []
    agents = {of["agent"] for name, of in series if name == "bitloot_agent_failures_total"}
    assert {"consumers", "reconciler", "backlog", "retention"} <= agents
    topics = {of["topic"] for name, of in series if name == "bitloot_attempts_total" and of["outcome"] == "buried"}
    assert topics >= {"payments.ipn", "kinguin.webhooks", "orders.paid", "deliveries.requested", "deliveries.stored"}
    mails = {of["purpose"] for name, of in series if name == "bitloot_mails_total" and of["outcome"] == "refused"}
    assert mails >= {"keys", "fresh_link", "cancelled"}
