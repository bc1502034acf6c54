"""An operator's day, in a real browser on the real system: "where is my key?", and one that failed for good.

BROWSER_SHOTS=<directory> keeps what the browser showed on the way.
"""

import asyncio
import os
import re
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import pytest
from admin_pages import NARROW, launch, page, sign_in, violations
from bitloot_admin_client import AuthenticatedClient
from bitloot_admin_client.api.audit_log import list_audit_log
from bitloot_admin_client.api.people_and_tokens import create_person
from bitloot_admin_client.models import DeadLetterSummary, NewPerson, PageAuditRow, Person, Role
from eventually import eventually
from playwright.sync_api import Browser, Page, expect, sync_playwright
from shop import Order, Shop
from stack import Stack

T = TypeVar("T")
PASSWORD = "an operator's good password"
SHOTS = os.environ.get("BROWSER_SHOTS")


class Beside:
    """The shop on a loop of its own: Playwright's synchronous API has taken this thread's."""

    def __init__(self, env: dict[str, str]) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.shop = self.do(self._made(env))

    async def _made(self, env: dict[str, str]) -> Shop:
        return Shop(env)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        self.do(self.shop.no_faults())
        self.do(self.shop.close())
        self._loop.call_soon_threadsafe(self._loop.stop)


@pytest.fixture(scope="module")
def env(stack: Stack) -> dict[str, str]:
    return dict(stack.env)


@pytest.fixture(scope="module")
def beside(env: dict[str, str]) -> Iterator[Beside]:
    made = Beside(env)
    yield made
    made.close()


@pytest.fixture(scope="module")
def operator(env: dict[str, str]) -> str:
    """Somebody who may sign in; their e-mail."""
    email = f"operator-{uuid4().hex[:8]}@bitloot.example"
    client = AuthenticatedClient(env["ADMIN_URL"], env["ADMIN_TOKEN"], timeout=httpx.Timeout(30))
    new = NewPerson(email=email, name="Olu", role=Role.OPERATOR, password=PASSWORD, reason="the tests")
    assert isinstance(create_person.sync(client=client, body=new), Person)
    return email


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = launch(playwright)
        yield opened
        opened.close()


def shot(opened: Page, name: str) -> None:
    if SHOTS:
        opened.screenshot(path=Path(SHOTS) / f"{name}.png")


def find(opened: Page, text: str) -> None:
    """Types into the box that takes any id or e-mail."""
    opened.keyboard.press("/")
    opened.get_by_role("searchbox", name="Find an order").fill(text)
    opened.keyboard.press("Enter")


def fulfilment(opened: Page) -> Any:
    return opened.get_by_label("Money and fulfilment").locator(
        "div", has=opened.get_by_role("heading", name="Fulfilment")
    )


def test_an_order_is_found_by_its_e_mail_and_watched_from_paid_to_fulfilled(
    browser: Browser, beside: Beside, env: dict[str, str], operator: str
) -> None:
    email = f"ada-{uuid4().hex[:8]}@example.com"
    order = beside.do(beside.shop.order(email))
    payment = beside.do(beside.shop.payment(order))
    beside.do(beside.shop.fault(provider="kinguin", operation="*", mode="error", status=503, rate=1.0))
    with page(browser, bypass_csp=True) as opened:
        sign_in(opened, env["ADMIN_URL"], operator, PASSWORD)
        find(opened, email)
        expect(opened).to_have_url(re.compile(order.id))
        expect(fulfilment(opened).locator(".chip").first).to_have_text(re.compile("created|awaiting payment"))
        expect(opened.locator("#live")).to_have_attribute("data-state", "on")
        opened.evaluate("window.sameDocument = true")

        beside.do(beside.shop.pay(payment))
        chip = fulfilment(opened).locator(".chip").first
        expect(chip).to_have_text(re.compile("^(paid|reserving)$"))
        expect(opened.locator(".timeline")).to_contain_text("finished")
        shot(opened, "operator-order-held")

        beside.do(beside.shop.no_faults())
        expect(chip).to_have_text("fulfilled")
        expect(opened.locator(".timeline")).to_contain_text("mail.sent")
        assert opened.evaluate("window.sameDocument") is True, "the page was loaded again"
        assert violations(opened) == []
        shot(opened, "operator-order-fulfilled")

        opened.locator(".timeline").get_by_role("link", name=re.compile("webhook")).first.click()
        expect(opened.locator("pre[data-view=pretty]").first).to_contain_text("payment_status")


def bury(beside: Beside, env: dict[str, str], order: Order, payment: dict[str, Any]) -> DeadLetterSummary:
    """The order's IPN, genuine by its signature, has an amount with a decimal comma: no retry mends that."""
    raw, headers = beside.shop.signed_ipn(
        payment_id=int(payment["paymentId"]), payment_status="finished", order_id=order.id,
        price_amount=float(payment["priceAmount"]), price_currency=payment["priceCurrency"].lower(),
        pay_amount=float(payment["payAmount"]), actually_paid=float(payment["payAmount"]),
        pay_currency=payment["payCurrency"], outcome_amount="19,90", outcome_currency="eur",
    )  # fmt: skip
    answer = httpx.post(f"{env['INGRESS_URL']}/payments/ipn", content=raw, headers=headers, trust_env=False)
    assert answer.status_code == 200, answer.text

    async def letter() -> DeadLetterSummary | None:
        return next(iter(await beside.shop.dead_letters(order)), None)

    return beside.do(eventually(letter, "the IPN among the dead letters"))


def test_a_failed_order_is_explained_edited_replayed_and_fulfilled(
    browser: Browser, beside: Beside, env: dict[str, str], operator: str
) -> None:
    order = beside.do(beside.shop.order(f"grace-{uuid4().hex[:8]}@example.com"))
    payment = beside.do(beside.shop.payment(order))
    with page(browser, width=NARROW, scheme="dark", refusals=1, bypass_csp=True) as opened:
        sign_in(opened, env["ADMIN_URL"], operator, PASSWORD)
        opened.goto(f"{env['ADMIN_URL']}/orders/{order.id}")
        expect(opened.locator("#live")).to_have_attribute("data-state", "on")
        letter = bury(beside, env, order, payment)
        expect(opened.locator(".timeline")).to_contain_text("message.buried")  # without a reload
        opened.goto(f"{env['ADMIN_URL']}/dead-letters")
        expect(opened.locator(".groups")).to_contain_text("ValidationError")
        assert violations(opened) == []
        opened.goto(f"{env['ADMIN_URL']}/orders/{order.id}")
        fulfilment(opened).get_by_role("link", name=re.compile("ValidationError")).click()
        expect(opened).to_have_url(re.compile(str(letter.id)))
        expect(opened.locator("p.note.bad")).to_contain_text("outcome_amount")
        assert violations(opened) == []
        assert opened.evaluate("document.documentElement.scrollWidth") <= NARROW
        shot(opened, "operator-letter-narrow-dark")

        opened.get_by_role("link", name="Edit…").click()
        body = opened.get_by_label("Body")
        text = body.input_value()
        opened.get_by_role("button", name="Dry run").click()
        expect(opened.get_by_role("alert")).to_contain_text("outcome_amount")
        body.fill(text.replace('"19,90"', "19.90"))
        opened.get_by_role("button", name="Dry run").click()
        expect(opened.get_by_role("heading", name="It would send")).to_be_visible()
        assert violations(opened) == []
        shot(opened, "operator-edit-narrow-dark")
        opened.get_by_label("Why").fill("a comma in the provider's amount")
        opened.get_by_role("button", name="Replay edited").click()
        expect(opened.locator("#job .chip")).to_have_text("finished")
        assert violations(opened) == []
        shot(opened, "operator-job-narrow-dark")

        opened.goto(f"{env['ADMIN_URL']}/orders/{order.id}")
        expect(fulfilment(opened).locator(".chip").first).to_have_text("fulfilled")
        expect(fulfilment(opened).get_by_text("dead letter")).to_have_count(0)
        assert violations(opened) == []
        shot(opened, "operator-order-narrow-dark")
    [purchase] = beside.do(beside.shop.purchases(order.id))
    assert purchase["idempotencyKey"] == order.id
    audit = beside.do(list_audit_log.asyncio(client=beside.shop.admin, target=f"dead_letter:{letter.id}"))
    assert isinstance(audit, PageAuditRow)
    assert [(row.actor, row.action) for row in audit.items] == [
        (operator, "dead_letter.replayed"),
        (operator, "dead_letter.opened_for_edit"),
    ]


def test_webhooks_are_filtered_in_the_url_and_read_over_the_list(
    browser: Browser, beside: Beside, env: dict[str, str], operator: str
) -> None:
    order = beside.do(beside.shop.order(f"edsger-{uuid4().hex[:8]}@example.com"))
    beside.do(beside.shop.pay(beside.do(beside.shop.payment(order))))
    beside.do(beside.shop.reaches(order, "fulfilled"))
    with page(browser, scheme="dark", bypass_csp=True) as opened:
        sign_in(opened, env["ADMIN_URL"], operator, PASSWORD)
        opened.goto(f"{env['ADMIN_URL']}/webhooks")
        opened.locator("input[name=q]").last.fill(order.id)
        opened.locator("select[name=provider]").select_option("nowpayments")
        opened.get_by_label("Event").fill("finished")
        expect(opened).to_have_url(re.compile(f"q={order.id}.*provider=nowpayments.*eventType=finished"))
        rows = opened.locator("[data-row]")
        expect(rows).to_have_count(1)
        rows.first.click()
        dialog = opened.get_by_role("dialog")
        expect(dialog.locator("pre[data-view=pretty]").first).to_contain_text(order.id)
        assert violations(opened) == []
        shot(opened, "operator-webhook-dark")
        opened.reload()
        expect(opened.get_by_role("dialog")).to_be_visible()
        opened.keyboard.press("Escape")
        opened.get_by_role("link", name=order.id[-8:]).click()
        expect(opened).to_have_url(re.compile(f"/orders/{order.id}"))
        opened.go_back()
        expect(rows).to_have_count(1)
        expect(opened.locator("select[name=provider]")).to_have_value("nowpayments")


def test_a_live_list_changes_rows_where_they_stand_and_counts_what_is_new(
    browser: Browser, beside: Beside, env: dict[str, str], operator: str
) -> None:
    first = beside.do(beside.shop.order(f"barbara-{uuid4().hex[:8]}@example.com"))
    payment = beside.do(beside.shop.payment(first))
    with page(browser, bypass_csp=True) as opened:
        sign_in(opened, env["ADMIN_URL"], operator, PASSWORD)
        opened.goto(f"{env['ADMIN_URL']}/orders")
        expect(opened.locator("#live")).to_have_attribute("data-state", "on")
        top = opened.locator("tr[data-order]").first
        expect(top).to_have_attribute("data-order", first.id)

        place = top.bounding_box()
        second = beside.do(beside.shop.order(f"leslie-{uuid4().hex[:8]}@example.com"))
        expect(opened.locator(".fresh")).to_contain_text(re.compile(r"\d+ orders? moved or came since"))
        assert top.bounding_box() == place, "nothing moves under the cursor"
        beside.do(beside.shop.pay(payment))
        expect(top.locator("td[data-label=Fulfilment] .chip")).to_have_text("fulfilled")
        expect(top).to_have_attribute("data-order", first.id)
        assert violations(opened) == []
        shot(opened, "operator-list-live")
        opened.keyboard.press("r")
        expect(top).to_have_attribute("data-order", second.id)
