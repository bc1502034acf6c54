"""Lists: filters, search by any id, offset and cursor agree, CSV."""

import csv
import io
import json
from itertools import chain

import pytest

from .conftest import ORDERS, Admin

LISTS = ["orders", "payments", "reservations", "deliveries", "webhook-logs", "dead-letters", "audit-log"]


@pytest.mark.parametrize("path", LISTS)
def test_cursors_and_offsets_show_the_same_rows_in_the_same_order(admin: Admin, path: str) -> None:
    client = admin.bearer()
    by_offset = client.get(f"/admin/{path}", params={"limit": 200}).json()["items"]
    by_cursor: list[dict[str, object]] = []
    cursor = None
    while len(by_cursor) < 200:
        page = client.get(f"/admin/{path}", params={"limit": 7} | ({"cursor": cursor} if cursor else {})).json()
        by_cursor += page["items"]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    shown = min(len(by_offset), len(by_cursor))
    assert shown > 0
    assert by_cursor[:shown] == by_offset[:shown]


@pytest.mark.parametrize("sort", ["-created", "created", "-moved", "moved"])
def test_the_way_back_is_the_way_there(admin: Admin, sort: str) -> None:
    client = admin.bearer()
    first = client.get("/admin/orders", params={"limit": 10, "sort": sort}).json()
    second = client.get("/admin/orders", params={"limit": 10, "sort": sort, "cursor": first["nextCursor"]}).json()
    back = client.get("/admin/orders", params={"limit": 10, "sort": sort, "cursor": second["prevCursor"]}).json()
    assert first["prevCursor"] is None
    assert back["items"] == first["items"]
    assert set(chain(first, second)) >= {"items", "total", "limit", "offset", "nextCursor"}
    assert first["total"] == ORDERS


def test_an_order_is_found_by_everything_that_belongs_to_it(admin: Admin) -> None:
    client = admin.bearer()
    order = client.get("/admin/orders?status=fulfilled&limit=1").json()["items"][0]
    whole = client.get(f"/admin/orders/{order['orderId']}").json()
    terms = [
        order["orderId"],
        order["email"],
        order["email"].upper(),
        whole["payments"][0]["paymentId"],
        whole["reservations"][0]["reservationId"],
    ]
    for term in terms:
        found = client.get("/admin/orders", params={"q": term}).json()["items"]
        assert order["orderId"] in [each["orderId"] for each in found], term
        hits = client.get("/search", params={"q": term}, headers={"accept": "application/json"}).json()["items"]
        assert f"/orders/{order['orderId']}" in [hit["href"] for hit in hits], term
    assert client.get("/admin/orders", params={"q": "nobody@nowhere"}).json()["total"] == 0


def test_money_and_fulfilment_are_told_apart(admin: Admin) -> None:
    owed = admin.bearer().get("/admin/orders?status=refund_due&limit=1").json()["items"][0]
    assert (owed["status"], owed["paymentStatus"], owed["refundDue"]) == ("refund_due", "finished", owed["amount"])


def test_the_first_shops_names_are_understood(admin: Admin) -> None:
    client = admin.bearer()
    one = client.get("/admin/reservations?limit=1").json()["items"][0]
    by_alias = client.get("/admin/reservations", params={"kinguinReservationId": one["reservationId"]}).json()
    assert [each["id"] for each in by_alias["items"]] == [one["id"]]
    ipns = client.get("/admin/webhook-logs?webhookType=nowpayments_ipn&limit=200").json()["items"]
    assert {each["provider"] for each in ipns} == {"nowpayments"}
    payment_id = ipns[0]["paymentId"]
    of_payment = client.get("/admin/webhook-logs", params={"paymentId": payment_id}).json()["items"]
    assert {each["paymentId"] for each in of_payment} == {payment_id}


def test_csv_holds_every_row_and_runs_no_formula(admin: Admin) -> None:
    admin.sql("update orders set email = '=cmd()@example.com' where id = (select min(id::text)::uuid from orders)")
    answer = admin.bearer().get("/admin/orders?format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(rows) == ORDERS
    assert "'=cmd()@example.com" in {row["email"] for row in rows}


def test_a_list_is_exported_whole_as_text_that_machines_read_and_audited(admin: Admin) -> None:
    """More than a page of the export; what is no text in it is JSON."""
    client = admin.signed_in("viewer@bitloot.example")
    answer = client.get("/admin/webhook-logs?format=csv&limit=1")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == admin.sql("select count(*) from webhook_logs")[0][0] > 1000
    audit = list(csv.DictReader(io.StringIO(client.get("/admin/audit-log?format=csv&action=list.exported").text)))
    newest = next(row for row in audit if row["target"] == "list:webhook-logs")
    assert newest["actor"] == "viewer@bitloot.example"
    assert json.loads(newest["detail"]) == {"filters": {}}
    told = client.get("/admin/audit-log", params={"target": "list:audit-log"}).json()["items"][0]
    assert told["detail"] == {"filters": {"action": "list.exported"}}


def test_a_payment_that_belongs_to_no_order_is_found_in_the_one_search_box(admin: Admin) -> None:
    admin.sql("update payments set order_id = null where id = (select id from payments order by id limit 1)")
    [row] = admin.sql("select payment_id from payments where order_id is null")
    client = admin.signed_in("viewer@bitloot.example")
    found = client.get("/search", params={"q": row["payment_id"]}, headers={"accept": "text/html"})
    assert found.status_code == 303, "one hit: there at once"
    page = client.get(found.headers["location"], headers={"accept": "text/html"})
    assert row["payment_id"] in page.text


@pytest.mark.parametrize("cursor", ["nonsense", "WzAsImEiXQ", "WzAsIngiLCJ5Il0", "W10"])
def test_a_cursor_of_another_list_is_refused(admin: Admin, cursor: str) -> None:
    answer = admin.bearer().get("/admin/orders", params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_beyond_the_offsets_there_are_cursors(admin: Admin) -> None:
    assert admin.bearer().get("/admin/orders?offset=10001").status_code == 422


def test_a_page_with_a_nonsense_filter_says_so_and_shows_the_rest(admin: Admin) -> None:
    answer = admin.bearer().get("/webhooks?outcome=perhaps&limit=x", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert "“outcome” was left out" in answer.text
    assert "data-row data-modal>" in answer.text


def test_the_timeline_joins_what_all_services_did(admin: Admin) -> None:
    client = admin.bearer()
    order_id = client.get("/admin/orders?status=fulfilled&limit=1").json()["items"][0]["orderId"]
    timeline = client.get(f"/admin/orders/{order_id}").json()["timeline"]
    assert {entry["service"] for entry in timeline} == {"ingress", "fulfillment", "delivery"}
    assert {entry["kind"] for entry in timeline} >= {"state", "webhook", "money", "mail"}
    assert [entry["at"] for entry in timeline] == sorted(entry["at"] for entry in timeline)
    assert timeline[0]["sincePreviousMs"] is None
    assert sum(entry["sincePreviousMs"] for entry in timeline[1:]) == pytest.approx(timeline[-1]["sinceStartMs"], abs=9)


def test_an_orders_page_shows_what_caused_each_step(admin: Admin) -> None:
    client = admin.bearer()
    order_id = client.get("/admin/orders?status=fulfilled&limit=1").json()["items"][0]["orderId"]
    page = client.get(f"/orders/{order_id}", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "payments.ipn/" in page.text
    assert ">the webhook</a>" in page.text


def test_who_saw_the_codes_stays_in_sight_however_often_somebody_tries_in_vain(admin: Admin) -> None:
    client = admin.bearer()
    order_id = client.get("/admin/orders?status=fulfilled&limit=1").json()["items"][0]["orderId"]
    view = (
        "insert into link_views (id, order_id, link_id, at, address, user_agent, outcome) "
        "select gen_random_uuid(), $1, gen_random_uuid(), now() + make_interval(secs => n), $2, $3, $4 "
        "from generate_series(1, $5) n"
    )
    admin.sql(view, order_id, "203.0.113.77", "A Browser/1.0 <b>", "revealed", 1)
    admin.sql(view, order_id, "198.51.100.66", "a script", "spent", 600)
    views = client.get(f"/admin/orders/{order_id}").json()["linkViews"]
    assert len(views) == 500
    assert "203.0.113.77" in {each["address"] for each in views}
    assert [each["at"] for each in views] == sorted(each["at"] for each in views)
    admin.sql("delete from link_views where order_id = $1 and outcome = 'spent'", order_id)
    page = client.get(f"/orders/{order_id}", headers={"accept": "text/html"}).text
    assert "Who looked" in page
    assert "203.0.113.77" in page
    assert "A Browser/1.0 &lt;b&gt;" in page
