"""Open pages hear of an order the moment that something happens to it."""

import json
import threading

from bitloot_admin.live import BACKLOG_MAX, Hub

from .conftest import PASSWORD, Admin, eventually


def test_a_page_hears_what_happens_to_an_order(admin: Admin) -> None:
    client = admin.bearer()
    order_id = client.get("/admin/orders?limit=1").json()["items"][0]["orderId"]
    heard: list[dict[str, str]] = []
    opened = threading.Event()

    def watch() -> None:
        with admin.bearer() as watcher, watcher.stream("GET", "/live") as stream:
            for line in stream.iter_lines():
                opened.set()
                told = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if told.get("orderId") == order_id:  # other tests' orders have news too
                    heard.append(told)
                    return

    thread = threading.Thread(target=watch)
    thread.start()
    opened.wait(30)

    def asked_and_heard() -> bool:
        """The feed starts at the topic's end whenever it is ready: ask until it was."""
        client.post(f"/admin/orders/{order_id}/retry-fulfillment")
        thread.join(1)
        return bool(heard)

    eventually(asked_and_heard, deadline_s=60)
    assert heard[0]["event"] == "order.retry_requested"


def test_who_is_disabled_hears_no_more(admin: Admin) -> None:
    """Their open page ends at its next beat, not when its ten minutes are over."""
    new = {"email": "listening@bitloot.example", "name": "Listening", "password": PASSWORD}
    person = admin.bearer().post("/admin/people", json=new).json()["id"]
    ended, opened = threading.Event(), threading.Event()

    def watch() -> None:
        with admin.signed_in("listening@bitloot.example").stream("GET", "/live") as stream:
            for _ in stream.iter_lines():
                opened.set()
        ended.set()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    assert opened.wait(30)
    admin.bearer().patch(f"/admin/people/{person}", json={"disabled": True})
    assert ended.wait(60)
    thread.join()


def test_a_page_that_cannot_keep_up_is_told_of_the_gap_and_holds_nobody_up() -> None:
    hub = Hub()
    with hub.watching() as slow:
        for number in range(BACKLOG_MAX + 1):
            hub.publish({"n": number})
        assert slow.get_nowait() is None
        assert slow.empty()
    hub.publish({"n": "nobody watches any more"})
    assert slow.empty()
