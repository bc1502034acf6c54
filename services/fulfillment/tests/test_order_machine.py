"""Each decision of the state machine, and its picture."""

from pathlib import Path

import pytest
from bitloot_common.retry import Permanent
from bitloot_fulfillment.machine_diagram import diagram
from bitloot_fulfillment.order_machine import (
    DECISIONS,
    ENDED,
    HANDED_OVER,
    Alert,
    Emission,
    Fact,
    IllegalTransition,
    Move,
    Status,
    Stay,
    decide,
    emitted,
)

DOCUMENT = Path(__file__).parents[3] / "docs/state-machine.md"


def moves(status: Status, fact: Fact) -> Status | None:
    """Where the fact takes an order; None when it stays."""
    decision = decide(status, fact)
    return decision.to if isinstance(decision, Move) else None


def test_the_document_shows_the_machine_as_it_is() -> None:
    assert DOCUMENT.read_text() == diagram()


def test_the_happy_path() -> None:
    status = Status.CREATED
    facts = [Fact.PAYMENT_OPENED, Fact.PAYMENT_COMPLETE, Fact.PURCHASE_STARTED, Fact.RESERVED, Fact.GIVEN]
    seen = []
    for fact in [*facts, Fact.DELIVERED, Fact.CODES_STORED, Fact.LINK_MAILED]:
        status = moves(status, fact) or status
        seen.append(status)
    assert seen == ["awaiting_payment", "paid", "reserving", "reserved", "given", "delivered", "stored", "fulfilled"]


@pytest.mark.parametrize("fact", Fact)
@pytest.mark.parametrize("status", Status)
def test_a_fact_learnt_twice_counts_once(status: Status, fact: Fact) -> None:
    decision = DECISIONS[fact].get(status)
    told_once = (Fact.FURTHER_CODES, Fact.PURCHASE_STARTED, Fact.OFFER_REPLACED, Fact.PART_STORED)
    if not isinstance(decision, Move) or fact in told_once:
        return  # learnt once by how they are found out: under the order's lock, a part by its inbox
    again = decide(decision.to, fact)
    assert isinstance(again, (Stay, Alert)), f"{fact} twice from {status}"


@pytest.mark.parametrize("fact", [Fact.DELIVERED, Fact.GIVEN, Fact.RESERVED])
@pytest.mark.parametrize("status", ENDED)
def test_delivered_after_cancel_calls_a_person(status: Status, fact: Fact) -> None:
    assert isinstance(decide(status, fact), Alert)


def test_finished_after_expired_pays() -> None:
    assert moves(Status.EXPIRED, Fact.PAYMENT_COMPLETE) is Status.PAID
    assert emitted(Status.EXPIRED, Fact.PAYMENT_COMPLETE) == (Emission.ORDER_PAID,)


def test_finished_after_cancelled_is_a_refund_due() -> None:
    assert moves(Status.CANCELLED, Fact.PAYMENT_COMPLETE) is Status.REFUND_DUE
    assert emitted(Status.CANCELLED, Fact.PAYMENT_COMPLETE) == (Emission.NOTICE_REFUND_DUE,)


def test_give_before_reserve_goes_on() -> None:
    assert moves(Status.RESERVING, Fact.GIVEN) is Status.GIVEN
    assert moves(Status.GIVEN, Fact.RESERVED) is None


def test_delivered_before_reserve_and_give_goes_on() -> None:
    assert moves(Status.RESERVING, Fact.DELIVERED) is Status.DELIVERED
    assert emitted(Status.RESERVING, Fact.DELIVERED) == (Emission.DELIVERY_REQUESTED,)
    assert moves(Status.DELIVERED, Fact.GIVEN) is None


def test_partially_paid_then_topped_up() -> None:
    assert moves(Status.AWAITING_PAYMENT, Fact.PAYMENT_PARTIAL) is Status.UNDERPAID
    assert emitted(Status.AWAITING_PAYMENT, Fact.PAYMENT_PARTIAL) == (Emission.NOTICE_UNDERPAID,)
    assert moves(Status.UNDERPAID, Fact.PAYMENT_COMPLETE) is Status.PAID


def test_underpaid_and_never_topped_up_goes_back() -> None:
    assert moves(Status.UNDERPAID, Fact.PAYMENT_CLOSED) is None
    assert moves(Status.UNDERPAID, Fact.UNDERPAYMENT_CLOSED) is Status.REFUND_DUE


@pytest.mark.parametrize("status", [Status.PAID, Status.RESERVING, Status.GIVEN, *HANDED_OVER])
def test_paid_twice_buys_once(status: Status) -> None:
    assert isinstance(decide(status, Fact.PAYMENT_COMPLETE), Stay)
    assert isinstance(decide(status, Fact.PAYMENT_PARTIAL), Stay)


@pytest.mark.parametrize("status", [Status.PAID, *HANDED_OVER])
def test_an_expired_second_payment_takes_nothing_away(status: Status) -> None:
    assert isinstance(decide(status, Fact.PAYMENT_CLOSED), Stay)


def test_a_new_payment_reopens_an_expired_order() -> None:
    assert moves(Status.EXPIRED, Fact.PAYMENT_OPENED) is Status.AWAITING_PAYMENT


@pytest.mark.parametrize("status", HANDED_OVER)
def test_refunds_and_reversals_after_delivery_call_a_person(status: Status) -> None:
    assert isinstance(decide(status, Fact.MONEY_RETURNED), Alert)
    assert isinstance(decide(status, Fact.PURCHASE_REVERSED), Alert)
    assert isinstance(decide(status, Fact.OFFERS_EXHAUSTED), Alert)
    assert isinstance(decide(status, Fact.PAYMENT_DISPUTED), Alert)


def test_a_refund_before_the_purchase_cancels() -> None:
    assert moves(Status.PAID, Fact.MONEY_RETURNED) is Status.CANCELLED
    assert moves(Status.REFUND_DUE, Fact.MONEY_RETURNED) is Status.CANCELLED


@pytest.mark.parametrize("status", [Status.RESERVING, Status.RESERVED, Status.GIVEN])
def test_out_of_stock_tries_another_offer_else_owes(status: Status) -> None:
    assert moves(status, Fact.OFFER_REPLACED) is Status.RESERVING
    assert emitted(status, Fact.OFFER_REPLACED) == (Emission.ORDER_PAID,)
    assert moves(status, Fact.OFFERS_EXHAUSTED) is Status.REFUND_DUE
    assert emitted(status, Fact.OFFERS_EXHAUSTED) == (Emission.NOTICE_REFUND_DUE,)


def test_mailed_before_stored_is_fulfilled() -> None:
    assert moves(Status.DELIVERED, Fact.LINK_MAILED) is Status.FULFILLED
    assert moves(Status.FULFILLED, Fact.CODES_STORED) is None


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.PAID])
def test_only_a_paid_order_starts_a_purchase(status: Status) -> None:
    with pytest.raises(IllegalTransition) as raised:
        decide(status, Fact.PURCHASE_STARTED)
    assert isinstance(raised.value, Permanent)
    assert status in str(raised.value)


@pytest.mark.parametrize("fact", [Fact.RESERVED, Fact.GIVEN, Fact.DELIVERED, Fact.CODES_STORED, Fact.LINK_MAILED])
@pytest.mark.parametrize("status", [Status.CREATED, Status.AWAITING_PAYMENT, Status.UNDERPAID, Status.EXPIRED])
def test_nothing_is_bought_or_mailed_for_an_unpaid_order(status: Status, fact: Fact) -> None:
    with pytest.raises(IllegalTransition):
        decide(status, fact)


def test_every_fact_is_decided_for_every_state_or_illegal_on_purpose() -> None:
    undecided = {(fact, status) for fact in Fact for status in Status if status not in DECISIONS[fact]}
    before_purchase = {Status.CREATED, Status.AWAITING_PAYMENT, Status.UNDERPAID, Status.EXPIRED, Status.PAID}
    for fact, status in undecided:
        if fact is Fact.PURCHASE_STARTED:
            assert status is not Status.PAID
        elif fact in (Fact.CODES_STORED, Fact.PART_STORED, Fact.REST_FAILED, Fact.LINK_MAILED, Fact.FURTHER_CODES):
            assert status not in (Status.DELIVERED, *ENDED), "codes and mails exist only after a delivery"
        else:
            assert status in before_purchase, f"{fact} in {status}"
