"""The four Grafana dashboards, as rows of panels: a title, a unit, and the PromQL with its legends."""

from typing import Final

import slo
from grafana import Dashboard, Panel

RETRY: Final = '".+[.]retry[.].+"'


def _p(quantile: float, metric: str, by: str) -> str:
    return f"histogram_quantile({quantile}, sum by ({by}, le) (rate({metric}_bucket[$__rate_interval])))"


def _rate(metric: str, by: str) -> str:
    return f"sum by ({by}) (rate({metric}[$__rate_interval]))"


PIPELINE: Final = Dashboard(
    "BitLoot: pipeline",
    {
        "Now": [
            Panel(
                "Oldest paid order on its way",
                "s",
                {"": "max(bitloot_orders_oldest_waiting_seconds)"},
                "stat",
                red_above=900,
            ),
            Panel(
                "Broken promises",
                "short",
                {"": "sum(max by (name) (bitloot_invariant_violations))"},
                "stat",
                red_above=1,
            ),
            Panel(
                "Open dead letters",
                "short",
                {"": "sum(max by (service, group) (bitloot_dlt_messages))"},
                "stat",
                red_above=1,
            ),
            Panel(
                "Services up",
                "short",
                {"{{job}}": 'sum by (job) (up{job=~"ingress|fulfillment|delivery|admin"})'},
                "stat",
            ),
        ],
        "Webhooks": [
            Panel(
                "Webhooks by outcome",
                "reqps",
                {"{{provider}} {{outcome}}": _rate("bitloot_webhooks_received_total", "provider, outcome")},
            ),
            Panel(
                "Answered within",
                "s",
                {
                    "p50 {{provider}}": _p(0.5, "bitloot_webhook_seconds", "provider"),
                    "p99 {{provider}}": _p(0.99, "bitloot_webhook_seconds", "provider"),
                },
            ),
            Panel(
                "Commits",
                "s",
                {
                    "p99 of one": _p(0.99, "bitloot_webhook_commit_seconds", "job"),
                    "webhooks per commit": "sum(rate(bitloot_webhook_batch_size_sum[$__rate_interval]))"
                    " / sum(rate(bitloot_webhook_batch_size_count[$__rate_interval]))",
                    "failed per second": _rate("bitloot_webhook_commit_failures_total", "job"),
                },
            ),
        ],
        "Orders": [
            Panel(
                "Paid to mailed",
                "s",
                {
                    "p50": _p(0.5, "bitloot_order_duration_seconds", "job"),
                    "p99": _p(0.99, "bitloot_order_duration_seconds", "job"),
                },
            ),
            Panel(
                "p99 of each stage",
                "s",
                {"{{from}} to {{to}}": _p(0.99, "bitloot_order_stage_duration_seconds", "from, to")},
            ),
            Panel("Orders waiting", "short", {"{{status}}": "max by (status) (bitloot_orders_waiting)"}),
            Panel("Orders that owe money back", "short", {"orders": "max(bitloot_refunds_due)"}),
        ],
        "Delivery": [
            Panel("Mails", "reqps", {"{{purpose}} {{outcome}}": _rate("bitloot_mails_total", "purpose, outcome")}),
            Panel(
                "Mail server, oldest mail not sent",
                "s",
                {
                    "p99 of its answer": _p(0.99, "bitloot_mail_duration_seconds", "job"),
                    "oldest not sent": "max(bitloot_mails_oldest_pending_age_seconds)",
                },
            ),
            Panel(
                "Codes sealed, links revealed",
                "reqps",
                {
                    "sealed": _rate("bitloot_keys_sealed_total", "job"),
                    "reveal: {{outcome}}": _rate("bitloot_reveals_total", "outcome"),
                },
            ),
        ],
    },
)

CONSUMERS: Final = Dashboard(
    "BitLoot: consumers",
    {
        "Main topics": [
            Panel(
                "Lag",
                "short",
                {"{{service}} {{topic}}": f"sum by (service, topic) (bitloot_consumer_lag_messages{{topic!~{RETRY}}})"},
            ),
            Panel(
                "Attempts by outcome",
                "ops",
                {"{{service}} {{outcome}}": _rate("bitloot_attempts_total", "service, outcome")},
            ),
            Panel("p99 of one attempt", "s", {"{{topic}}": _p(0.99, "bitloot_process_duration_seconds", "topic")}),
            Panel(
                "In flight, and waiting to begin",
                "short",
                {
                    "{{group}}": "sum by (group) (bitloot_in_flight_messages)",
                    "{{topic}} paced": "sum by (topic) (bitloot_paced_messages) > 0",
                },
            ),
        ],
        "Ladder": [
            Panel(
                "Waiting on each step",
                "short",
                {"{{topic}}": f"sum by (topic) (bitloot_consumer_lag_messages{{topic=~{RETRY}}})"},
            ),
            Panel("p99 lateness", "s", {"{{topic}}": _p(0.99, "bitloot_retry_lateness_seconds", "topic")}),
            Panel(
                "First failure to success", "s", {"p99 {{service}}": _p(0.99, "bitloot_recovery_seconds", "service")}
            ),
        ],
        "Dead letters": [
            Panel(
                "Open, by group", "short", {"{{service}} {{group}}": "max by (service, group) (bitloot_dlt_messages)"}
            ),
            Panel("Oldest", "s", {"{{service}}": "max by (service) (bitloot_dlt_oldest_age_seconds)"}),
            Panel(
                "On the topic and indexed",
                "short",
                {
                    "{{service}} on the topic": "max by (service) (bitloot_dlt_records)",
                    "{{service}} indexed in 1 h": "sum by (service) (increase(bitloot_dead_letters_indexed_total[1h]))",
                },
            ),
        ],
        "Outbox, health": [
            Panel(
                "Oldest message not on Kafka",
                "s",
                {"{{service}}": "max by (service) (bitloot_outbox_oldest_age_seconds)"},
            ),
            Panel(
                "Published",
                "ops",
                {
                    "{{service}}": _rate("bitloot_outbox_published_total", "service"),
                    "{{service}} failed cycles": _rate("bitloot_outbox_failures_total", "service"),
                    "{{service}} instances adopted": _rate("bitloot_outbox_adopted_total", "service"),
                },
            ),
            Panel(
                "p99 from commit to Kafka", "s", {"{{service}}": _p(0.99, "bitloot_outbox_delay_seconds", "service")}
            ),
            Panel(
                "Restarts and failures",
                "short",
                {
                    "agent {{agent}}": "sum by (agent) (increase(bitloot_agent_failures_total[10m]))",
                    "consumer {{group}}": "sum by (group) (increase(bitloot_consumer_restarts_total[10m]))",
                    "forwarding {{service}}": "sum by (service) (increase(bitloot_forward_failures_total[10m]))",
                },
            ),
        ],
    },
)

PROVIDERS: Final = Dashboard(
    "BitLoot: providers",
    {
        "Breakers": [
            Panel(
                "0 closed, 1 half-open, 2 open",
                "short",
                {"{{job}} {{dependency}}": "max by (job, dependency) (bitloot_breaker_state)"},
            ),
            Panel(
                "Left to buy with",
                "currencyEUR",
                {"balance": "min(bitloot_kinguin_balance_eur)", "told below": "max(bitloot_kinguin_balance_alert_eur)"},
            ),
        ],
        "Kinguin": [
            Panel(
                "Calls by outcome",
                "reqps",
                {"{{operation}} {{outcome}}": _rate("bitloot_kinguin_calls_total", "operation, outcome")},
            ),
            Panel(
                "p99 of a call", "s", {"{{operation}}": _p(0.99, "bitloot_kinguin_call_duration_seconds", "operation")}
            ),
        ],
        "What no webhook told": [
            Panel(
                "Found by asking",
                "ops",
                {
                    "{{what}}": _rate("bitloot_reconciled_total", "what"),
                    "ours: {{what}}": _rate("bitloot_orders_taken_up_total", "what"),
                },
            ),
            Panel(
                "Questions",
                "ops",
                {"{{what}} {{outcome}}": _rate("bitloot_reconciler_questions_total", "what, outcome")},
            ),
            Panel(
                "Orders that need a person, per day",
                "short",
                {"{{fact}}": "sum by (fact) (increase(bitloot_order_alerts_total[1d]))"},
            ),
        ],
    },
)


def _objectives() -> Dashboard:
    rows: dict[str, list[Panel]] = {
        "Burn rate: 1 uses up the month's budget in a month": [
            Panel(
                f"Over {window}, alert above {factor:g}",
                "short",
                {"{{slo}}": f"bitloot:slo_errors:ratio_rate{window} / on (slo) (1 - bitloot:slo_target:ratio)"},
                red_above=factor,
            )
            for _, factor, window, _ in slo.BURNS
        ]
    }
    for each in slo.SLOS:
        good = {
            "good over 3 d": f'1 - bitloot:slo_errors:ratio_rate3d{{slo="{each.name}"}}',
            "target": f'bitloot:slo_target:ratio{{slo="{each.name}"}}',
        }
        bad = {window: f'bitloot:slo_errors:ratio_rate{window}{{slo="{each.name}"}}' for window in ("5m", "1h", "6h")}
        rows[f"{each.name}: {each.says}"] = [
            Panel("Good", "percentunit", good, "stat"),
            Panel("Bad", "percentunit", bad),
        ]
    return Dashboard("BitLoot: SLO", rows)


def all_of_them() -> dict[str, Dashboard]:
    """The dashboards by the name of their file."""
    return {"pipeline": PIPELINE, "consumers": CONSUMERS, "providers": PROVIDERS, "slo": _objectives()}
