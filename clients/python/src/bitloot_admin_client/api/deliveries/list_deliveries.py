import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.list_deliveries_sort import ListDeliveriesSort
from ...models.page_delivery import PageDelivery
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = 50,
    offset: int | Unset = 0,
    cursor: None | str | Unset = UNSET,
    q: None | str | Unset = UNSET,
    order_id: None | Unset | UUID = UNSET,
    status: None | str | Unset = UNSET,
    created_from: datetime.datetime | None | Unset = UNSET,
    created_to: datetime.datetime | None | Unset = UNSET,
    sort: ListDeliveriesSort | Unset = ListDeliveriesSort.VALUE_0,
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

    json_order_id: str | Unset | None
    if isinstance(order_id, Unset):
        json_order_id = UNSET
    elif isinstance(order_id, UUID):
        json_order_id = str(order_id)
    else:
        json_order_id = order_id
    params["orderId"] = json_order_id

    json_status: str | Unset | None
    if isinstance(status, Unset):
        json_status = UNSET
    else:
        json_status = status
    params["status"] = json_status

    json_created_from: str | Unset | None
    if isinstance(created_from, Unset):
        json_created_from = UNSET
    elif isinstance(created_from, datetime.datetime):
        json_created_from = created_from.isoformat()
    else:
        json_created_from = created_from
    params["createdFrom"] = json_created_from

    json_created_to: str | Unset | None
    if isinstance(created_to, Unset):
        json_created_to = UNSET
    elif isinstance(created_to, datetime.datetime):
        json_created_to = created_to.isoformat()
    else:
        json_created_to = created_to
    params["createdTo"] = json_created_to

    json_sort: str | Unset = UNSET
    if not isinstance(sort, Unset):
        json_sort = sort.value

    params["sort"] = json_sort

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/admin/deliveries",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> PageDelivery | Problem | None:
    if response.status_code == 200:
        response_200 = PageDelivery.from_dict(response.json())

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
) -> Response[PageDelivery | Problem]:
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
    order_id: None | Unset | UUID = UNSET,
    status: None | str | Unset = UNSET,
    created_from: datetime.datetime | None | Unset = UNSET,
    created_to: datetime.datetime | None | Unset = UNSET,
    sort: ListDeliveriesSort | Unset = ListDeliveriesSort.VALUE_0,
) -> Response[PageDelivery | Problem]:
    """Deliveries

     A page of mails. Re-send and revoke are actions of the order.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): order id
        order_id (None | Unset | UUID):
        status (None | str | Unset):
        created_from (datetime.datetime | None | Unset):
        created_to (datetime.datetime | None | Unset):
        sort (ListDeliveriesSort | Unset):  Default: ListDeliveriesSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageDelivery | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        offset=offset,
        cursor=cursor,
        q=q,
        order_id=order_id,
        status=status,
        created_from=created_from,
        created_to=created_to,
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
    order_id: None | Unset | UUID = UNSET,
    status: None | str | Unset = UNSET,
    created_from: datetime.datetime | None | Unset = UNSET,
    created_to: datetime.datetime | None | Unset = UNSET,
    sort: ListDeliveriesSort | Unset = ListDeliveriesSort.VALUE_0,
) -> PageDelivery | Problem | None:
    """Deliveries

     A page of mails. Re-send and revoke are actions of the order.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): order id
        order_id (None | Unset | UUID):
        status (None | str | Unset):
        created_from (datetime.datetime | None | Unset):
        created_to (datetime.datetime | None | Unset):
        sort (ListDeliveriesSort | Unset):  Default: ListDeliveriesSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageDelivery | Problem
    """

    return sync_detailed(
        client=client,
        limit=limit,
        offset=offset,
        cursor=cursor,
        q=q,
        order_id=order_id,
        status=status,
        created_from=created_from,
        created_to=created_to,
        sort=sort,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 50,
    offset: int | Unset = 0,
    cursor: None | str | Unset = UNSET,
    q: None | str | Unset = UNSET,
    order_id: None | Unset | UUID = UNSET,
    status: None | str | Unset = UNSET,
    created_from: datetime.datetime | None | Unset = UNSET,
    created_to: datetime.datetime | None | Unset = UNSET,
    sort: ListDeliveriesSort | Unset = ListDeliveriesSort.VALUE_0,
) -> Response[PageDelivery | Problem]:
    """Deliveries

     A page of mails. Re-send and revoke are actions of the order.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): order id
        order_id (None | Unset | UUID):
        status (None | str | Unset):
        created_from (datetime.datetime | None | Unset):
        created_to (datetime.datetime | None | Unset):
        sort (ListDeliveriesSort | Unset):  Default: ListDeliveriesSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageDelivery | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        offset=offset,
        cursor=cursor,
        q=q,
        order_id=order_id,
        status=status,
        created_from=created_from,
        created_to=created_to,
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
    order_id: None | Unset | UUID = UNSET,
    status: None | str | Unset = UNSET,
    created_from: datetime.datetime | None | Unset = UNSET,
    created_to: datetime.datetime | None | Unset = UNSET,
    sort: ListDeliveriesSort | Unset = ListDeliveriesSort.VALUE_0,
) -> PageDelivery | Problem | None:
    """Deliveries

     A page of mails. Re-send and revoke are actions of the order.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): order id
        order_id (None | Unset | UUID):
        status (None | str | Unset):
        created_from (datetime.datetime | None | Unset):
        created_to (datetime.datetime | None | Unset):
        sort (ListDeliveriesSort | Unset):  Default: ListDeliveriesSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageDelivery | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            offset=offset,
            cursor=cursor,
            q=q,
            order_id=order_id,
            status=status,
            created_from=created_from,
            created_to=created_to,
            sort=sort,
        )
    ).parsed
