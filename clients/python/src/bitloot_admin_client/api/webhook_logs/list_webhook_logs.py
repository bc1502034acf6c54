import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.list_webhook_logs_outcome_type_0 import ListWebhookLogsOutcomeType0
from ...models.list_webhook_logs_sort import ListWebhookLogsSort
from ...models.list_webhook_logs_webhook_type_type_0 import ListWebhookLogsWebhookTypeType0
from ...models.page_webhook_summary import PageWebhookSummary
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = 50,
    offset: int | Unset = 0,
    cursor: None | str | Unset = UNSET,
    q: None | str | Unset = UNSET,
    provider: None | str | Unset = UNSET,
    webhook_type: ListWebhookLogsWebhookTypeType0 | None | Unset = UNSET,
    event_type: None | str | Unset = UNSET,
    outcome: ListWebhookLogsOutcomeType0 | None | Unset = UNSET,
    order_id: None | str | Unset = UNSET,
    payment_id: None | str | Unset = UNSET,
    reservation_id: None | str | Unset = UNSET,
    received_from: datetime.datetime | None | Unset = UNSET,
    received_to: datetime.datetime | None | Unset = UNSET,
    sort: ListWebhookLogsSort | Unset = ListWebhookLogsSort.VALUE_0,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["limit"] = limit

    params["offset"] = offset

    json_cursor: str | Unset | None
    if isinstance(cursor, Unset):
        json_cursor = UNSET
    else:
        json_cursor = cursor
    params["cursor"] = json_cursor

    json_q: str | Unset | None
    if isinstance(q, Unset):
        json_q = UNSET
    else:
        json_q = q
    params["q"] = json_q

    json_provider: str | Unset | None
    if isinstance(provider, Unset):
        json_provider = UNSET
    else:
        json_provider = provider
    params["provider"] = json_provider

    json_webhook_type: str | Unset | None
    if isinstance(webhook_type, Unset):
        json_webhook_type = UNSET
    elif isinstance(webhook_type, ListWebhookLogsWebhookTypeType0):
        json_webhook_type = webhook_type.value
    else:
        json_webhook_type = webhook_type
    params["webhookType"] = json_webhook_type

    json_event_type: str | Unset | None
    if isinstance(event_type, Unset):
        json_event_type = UNSET
    else:
        json_event_type = event_type
    params["eventType"] = json_event_type

    json_outcome: str | Unset | None
    if isinstance(outcome, Unset):
        json_outcome = UNSET
    elif isinstance(outcome, ListWebhookLogsOutcomeType0):
        json_outcome = outcome.value
    else:
        json_outcome = outcome
    params["outcome"] = json_outcome

    json_order_id: str | Unset | None
    if isinstance(order_id, Unset):
        json_order_id = UNSET
    else:
        json_order_id = order_id
    params["orderId"] = json_order_id

    json_payment_id: str | Unset | None
    if isinstance(payment_id, Unset):
        json_payment_id = UNSET
    else:
        json_payment_id = payment_id
    params["paymentId"] = json_payment_id

    json_reservation_id: str | Unset | None
    if isinstance(reservation_id, Unset):
        json_reservation_id = UNSET
    else:
        json_reservation_id = reservation_id
    params["reservationId"] = json_reservation_id

    json_received_from: str | Unset | None
    if isinstance(received_from, Unset):
        json_received_from = UNSET
    elif isinstance(received_from, datetime.datetime):
        json_received_from = received_from.isoformat()
    else:
        json_received_from = received_from
    params["receivedFrom"] = json_received_from

    json_received_to: str | Unset | None
    if isinstance(received_to, Unset):
        json_received_to = UNSET
    elif isinstance(received_to, datetime.datetime):
        json_received_to = received_to.isoformat()
    else:
        json_received_to = received_to
    params["receivedTo"] = json_received_to

    json_sort: str | Unset = UNSET
    if not isinstance(sort, Unset):
        json_sort = sort.value

    params["sort"] = json_sort

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/admin/webhook-logs",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PageWebhookSummary | Problem | None:
    if response.status_code == 200:
        response_200 = PageWebhookSummary.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[PageWebhookSummary | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 50,
    offset: int | Unset = 0,
    cursor: None | str | Unset = UNSET,
    q: None | str | Unset = UNSET,
    provider: None | str | Unset = UNSET,
    webhook_type: ListWebhookLogsWebhookTypeType0 | None | Unset = UNSET,
    event_type: None | str | Unset = UNSET,
    outcome: ListWebhookLogsOutcomeType0 | None | Unset = UNSET,
    order_id: None | str | Unset = UNSET,
    payment_id: None | str | Unset = UNSET,
    reservation_id: None | str | Unset = UNSET,
    received_from: datetime.datetime | None | Unset = UNSET,
    received_to: datetime.datetime | None | Unset = UNSET,
    sort: ListWebhookLogsSort | Unset = ListWebhookLogsSort.VALUE_0,
) -> Response[PageWebhookSummary | Problem]:
    """Webhook logs

     A page of webhook logs.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): order, payment, reservation or webhook id
        provider (None | str | Unset):
        webhook_type (ListWebhookLogsWebhookTypeType0 | None | Unset):
        event_type (None | str | Unset):
        outcome (ListWebhookLogsOutcomeType0 | None | Unset):
        order_id (None | str | Unset):
        payment_id (None | str | Unset):
        reservation_id (None | str | Unset):
        received_from (datetime.datetime | None | Unset):
        received_to (datetime.datetime | None | Unset):
        sort (ListWebhookLogsSort | Unset):  Default: ListWebhookLogsSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageWebhookSummary | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        offset=offset,
        cursor=cursor,
        q=q,
        provider=provider,
        webhook_type=webhook_type,
        event_type=event_type,
        outcome=outcome,
        order_id=order_id,
        payment_id=payment_id,
        reservation_id=reservation_id,
        received_from=received_from,
        received_to=received_to,
        sort=sort,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 50,
    offset: int | Unset = 0,
    cursor: None | str | Unset = UNSET,
    q: None | str | Unset = UNSET,
    provider: None | str | Unset = UNSET,
    webhook_type: ListWebhookLogsWebhookTypeType0 | None | Unset = UNSET,
    event_type: None | str | Unset = UNSET,
    outcome: ListWebhookLogsOutcomeType0 | None | Unset = UNSET,
    order_id: None | str | Unset = UNSET,
    payment_id: None | str | Unset = UNSET,
    reservation_id: None | str | Unset = UNSET,
    received_from: datetime.datetime | None | Unset = UNSET,
    received_to: datetime.datetime | None | Unset = UNSET,
    sort: ListWebhookLogsSort | Unset = ListWebhookLogsSort.VALUE_0,
) -> PageWebhookSummary | Problem | None:
    """Webhook logs

     A page of webhook logs.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): order, payment, reservation or webhook id
        provider (None | str | Unset):
        webhook_type (ListWebhookLogsWebhookTypeType0 | None | Unset):
        event_type (None | str | Unset):
        outcome (ListWebhookLogsOutcomeType0 | None | Unset):
        order_id (None | str | Unset):
        payment_id (None | str | Unset):
        reservation_id (None | str | Unset):
        received_from (datetime.datetime | None | Unset):
        received_to (datetime.datetime | None | Unset):
        sort (ListWebhookLogsSort | Unset):  Default: ListWebhookLogsSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageWebhookSummary | Problem
    """

    return sync_detailed(
        client=client,
        limit=limit,
        offset=offset,
        cursor=cursor,
        q=q,
        provider=provider,
        webhook_type=webhook_type,
        event_type=event_type,
        outcome=outcome,
        order_id=order_id,
        payment_id=payment_id,
        reservation_id=reservation_id,
        received_from=received_from,
        received_to=received_to,
        sort=sort,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 50,
    offset: int | Unset = 0,
    cursor: None | str | Unset = UNSET,
    q: None | str | Unset = UNSET,
    provider: None | str | Unset = UNSET,
    webhook_type: ListWebhookLogsWebhookTypeType0 | None | Unset = UNSET,
    event_type: None | str | Unset = UNSET,
    outcome: ListWebhookLogsOutcomeType0 | None | Unset = UNSET,
    order_id: None | str | Unset = UNSET,
    payment_id: None | str | Unset = UNSET,
    reservation_id: None | str | Unset = UNSET,
    received_from: datetime.datetime | None | Unset = UNSET,
    received_to: datetime.datetime | None | Unset = UNSET,
    sort: ListWebhookLogsSort | Unset = ListWebhookLogsSort.VALUE_0,
) -> Response[PageWebhookSummary | Problem]:
    """Webhook logs

     A page of webhook logs.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): order, payment, reservation or webhook id
        provider (None | str | Unset):
        webhook_type (ListWebhookLogsWebhookTypeType0 | None | Unset):
        event_type (None | str | Unset):
        outcome (ListWebhookLogsOutcomeType0 | None | Unset):
        order_id (None | str | Unset):
        payment_id (None | str | Unset):
        reservation_id (None | str | Unset):
        received_from (datetime.datetime | None | Unset):
        received_to (datetime.datetime | None | Unset):
        sort (ListWebhookLogsSort | Unset):  Default: ListWebhookLogsSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageWebhookSummary | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        offset=offset,
        cursor=cursor,
        q=q,
        provider=provider,
        webhook_type=webhook_type,
        event_type=event_type,
        outcome=outcome,
        order_id=order_id,
        payment_id=payment_id,
        reservation_id=reservation_id,
        received_from=received_from,
        received_to=received_to,
        sort=sort,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 50,
    offset: int | Unset = 0,
    cursor: None | str | Unset = UNSET,
    q: None | str | Unset = UNSET,
    provider: None | str | Unset = UNSET,
    webhook_type: ListWebhookLogsWebhookTypeType0 | None | Unset = UNSET,
    event_type: None | str | Unset = UNSET,
    outcome: ListWebhookLogsOutcomeType0 | None | Unset = UNSET,
    order_id: None | str | Unset = UNSET,
    payment_id: None | str | Unset = UNSET,
    reservation_id: None | str | Unset = UNSET,
    received_from: datetime.datetime | None | Unset = UNSET,
    received_to: datetime.datetime | None | Unset = UNSET,
    sort: ListWebhookLogsSort | Unset = ListWebhookLogsSort.VALUE_0,
) -> PageWebhookSummary | Problem | None:
    """Webhook logs

     A page of webhook logs.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): order, payment, reservation or webhook id
        provider (None | str | Unset):
        webhook_type (ListWebhookLogsWebhookTypeType0 | None | Unset):
        event_type (None | str | Unset):
        outcome (ListWebhookLogsOutcomeType0 | None | Unset):
        order_id (None | str | Unset):
        payment_id (None | str | Unset):
        reservation_id (None | str | Unset):
        received_from (datetime.datetime | None | Unset):
        received_to (datetime.datetime | None | Unset):
        sort (ListWebhookLogsSort | Unset):  Default: ListWebhookLogsSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageWebhookSummary | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            offset=offset,
            cursor=cursor,
            q=q,
            provider=provider,
            webhook_type=webhook_type,
            event_type=event_type,
            outcome=outcome,
            order_id=order_id,
            payment_id=payment_id,
            reservation_id=reservation_id,
            received_from=received_from,
            received_to=received_to,
            sort=sort,
        )
    ).parsed
