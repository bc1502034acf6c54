from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.list_dead_letters_sort import ListDeadLettersSort
from ...models.list_dead_letters_state_type_0 import ListDeadLettersStateType0
from ...models.page_dead_letter_summary import PageDeadLetterSummary
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = 50,
    offset: int | Unset = 0,
    cursor: None | str | Unset = UNSET,
    q: None | str | Unset = UNSET,
    state: ListDeadLettersStateType0 | None | Unset = UNSET,
    group: None | str | Unset = UNSET,
    service: None | str | Unset = UNSET,
    order_id: None | Unset | UUID = UNSET,
    sort: ListDeadLettersSort | Unset = ListDeadLettersSort.VALUE_0,
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

    json_state: str | Unset | None
    if isinstance(state, Unset):
        json_state = UNSET
    elif isinstance(state, ListDeadLettersStateType0):
        json_state = state.value
    else:
        json_state = state
    params["state"] = json_state

    json_group: str | Unset | None
    if isinstance(group, Unset):
        json_group = UNSET
    else:
        json_group = group
    params["group"] = json_group

    json_service: str | Unset | None
    if isinstance(service, Unset):
        json_service = UNSET
    else:
        json_service = service
    params["service"] = json_service

    json_order_id: str | Unset | None
    if isinstance(order_id, Unset):
        json_order_id = UNSET
    elif isinstance(order_id, UUID):
        json_order_id = str(order_id)
    else:
        json_order_id = order_id
    params["orderId"] = json_order_id

    json_sort: str | Unset = UNSET
    if not isinstance(sort, Unset):
        json_sort = sort.value

    params["sort"] = json_sort

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/admin/dead-letters",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PageDeadLetterSummary | Problem | None:
    if response.status_code == 200:
        response_200 = PageDeadLetterSummary.from_dict(response.json())

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
) -> Response[PageDeadLetterSummary | Problem]:
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
    state: ListDeadLettersStateType0 | None | Unset = UNSET,
    group: None | str | Unset = UNSET,
    service: None | str | Unset = UNSET,
    order_id: None | Unset | UUID = UNSET,
    sort: ListDeadLettersSort | Unset = ListDeadLettersSort.VALUE_0,
) -> Response[PageDeadLetterSummary | Problem]:
    """Dead letters

     A page of dead letters, newest first.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): order or event id, or a group
        state (ListDeadLettersStateType0 | None | Unset):
        group (None | str | Unset):
        service (None | str | Unset):
        order_id (None | Unset | UUID):
        sort (ListDeadLettersSort | Unset):  Default: ListDeadLettersSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageDeadLetterSummary | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        offset=offset,
        cursor=cursor,
        q=q,
        state=state,
        group=group,
        service=service,
        order_id=order_id,
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
    state: ListDeadLettersStateType0 | None | Unset = UNSET,
    group: None | str | Unset = UNSET,
    service: None | str | Unset = UNSET,
    order_id: None | Unset | UUID = UNSET,
    sort: ListDeadLettersSort | Unset = ListDeadLettersSort.VALUE_0,
) -> PageDeadLetterSummary | Problem | None:
    """Dead letters

     A page of dead letters, newest first.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): order or event id, or a group
        state (ListDeadLettersStateType0 | None | Unset):
        group (None | str | Unset):
        service (None | str | Unset):
        order_id (None | Unset | UUID):
        sort (ListDeadLettersSort | Unset):  Default: ListDeadLettersSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageDeadLetterSummary | Problem
    """

    return sync_detailed(
        client=client,
        limit=limit,
        offset=offset,
        cursor=cursor,
        q=q,
        state=state,
        group=group,
        service=service,
        order_id=order_id,
        sort=sort,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 50,
    offset: int | Unset = 0,
    cursor: None | str | Unset = UNSET,
    q: None | str | Unset = UNSET,
    state: ListDeadLettersStateType0 | None | Unset = UNSET,
    group: None | str | Unset = UNSET,
    service: None | str | Unset = UNSET,
    order_id: None | Unset | UUID = UNSET,
    sort: ListDeadLettersSort | Unset = ListDeadLettersSort.VALUE_0,
) -> Response[PageDeadLetterSummary | Problem]:
    """Dead letters

     A page of dead letters, newest first.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): order or event id, or a group
        state (ListDeadLettersStateType0 | None | Unset):
        group (None | str | Unset):
        service (None | str | Unset):
        order_id (None | Unset | UUID):
        sort (ListDeadLettersSort | Unset):  Default: ListDeadLettersSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageDeadLetterSummary | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        offset=offset,
        cursor=cursor,
        q=q,
        state=state,
        group=group,
        service=service,
        order_id=order_id,
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
    state: ListDeadLettersStateType0 | None | Unset = UNSET,
    group: None | str | Unset = UNSET,
    service: None | str | Unset = UNSET,
    order_id: None | Unset | UUID = UNSET,
    sort: ListDeadLettersSort | Unset = ListDeadLettersSort.VALUE_0,
) -> PageDeadLetterSummary | Problem | None:
    """Dead letters

     A page of dead letters, newest first.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): order or event id, or a group
        state (ListDeadLettersStateType0 | None | Unset):
        group (None | str | Unset):
        service (None | str | Unset):
        order_id (None | Unset | UUID):
        sort (ListDeadLettersSort | Unset):  Default: ListDeadLettersSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageDeadLetterSummary | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            offset=offset,
            cursor=cursor,
            q=q,
            state=state,
            group=group,
            service=service,
            order_id=order_id,
            sort=sort,
        )
    ).parsed
