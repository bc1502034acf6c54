"""Fulfillment's own metrics. Base units; no ids as labels. What alerts rest on is at 0 from the start."""

from typing import Final

from bitloot_common.from_zero import from_zero
from prometheus_client import Counter, Histogram

from bitloot_fulfillment.money import RANK
from bitloot_fulfillment.order_machine import Fact, Status

_STAGES: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)

STAGE_DURATION_S = Histogram(
    "bitloot_order_stage_duration_seconds", "How long an order was in a state.", ["from", "to"], buckets=_STAGES
)
ORDER_DURATION_S = Histogram(
    "bitloot_order_duration_seconds", "From the order paid to its link mailed.", buckets=_STAGES
)
RECONCILED = Counter(
    "bitloot_reconciled_total", "Changes that no webhook told of: found by asking the provider.", ["what"]
)
TAKEN_UP = Counter(
    "bitloot_orders_taken_up_total", "Orders that stood still on our own side, set going by the reconciler.", ["what"]
)
ASKED = Counter("bitloot_reconciler_questions_total", "Questions that the reconciler put.", ["what", "outcome"])
ALERTS = Counter("bitloot_order_alerts_total", "Orders that a person has to look at.", ["fact"])

STRAY_PAYMENT: Final = "stray_payment"
"""The one fact that is told of no order: money that fits none."""

from_zero(RECONCILED, [*(f"payment_{status}" for status in RANK), *(f"purchase_{status}" for status in Status)])
from_zero(ASKED, ["payment"], ["news", "nothing", "unknown", "closed", "outage", "failed"])
from_zero(ASKED, ["purchase"], ["news", "nothing", "over", "outage", "failed"])
from_zero(ASKED, ["paid_order"], ["news", "outage", "failed"])
from_zero(ALERTS, [*Fact, STRAY_PAYMENT])
