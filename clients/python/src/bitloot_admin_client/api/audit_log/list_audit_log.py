import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.list_audit_log_sort import ListAuditLogSort
from ...models.page_audit_row import PageAuditRow
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = 50,
    offset: int | Unset = 0,
    cursor: None | str | Unset = UNSET,
    q: None | str | Unset = UNSET,
    actor: None | str | Unset = UNSET,
    action: None | str | Unset = UNSET,
    target: None | str | Unset = UNSET,
    at_from: datetime.datetime | None | Unset = UNSET,
    at_to: datetime.datetime | None | Unset = UNSET,
    sort: ListAuditLogSort | Unset = ListAuditLogSort.VALUE_0,
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

    json_actor: str | Unset | None
    if isinstance(actor, Unset):
        json_actor = UNSET
    else:
        json_actor = actor
    params["actor"] = json_actor

    json_action: str | Unset | None
    if isinstance(action, Unset):
        json_action = UNSET
    else:
        json_action = action
    params["action"] = json_action

    json_target: str | Unset | None
    if isinstance(target, Unset):
        json_target = UNSET
    else:
        json_target = target
    params["target"] = json_target

    json_at_from: str | Unset | None
    if isinstance(at_from, Unset):
        json_at_from = UNSET
    elif isinstance(at_from, datetime.datetime):
        json_at_from = at_from.isoformat()
    else:
        json_at_from = at_from
    params["atFrom"] = json_at_from

    json_at_to: str | Unset | None
    if isinstance(at_to, Unset):
        json_at_to = UNSET
    elif isinstance(at_to, datetime.datetime):
        json_at_to = at_to.isoformat()
    else:
        json_at_to = at_to
    params["atTo"] = json_at_to

    json_sort: str | Unset = UNSET
    if not isinstance(sort, Unset):
        json_sort = sort.value

    params["sort"] = json_sort

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/admin/audit-log",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> PageAuditRow | Problem | None:
    if response.status_code == 200:
        response_200 = PageAuditRow.from_dict(response.json())

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
) -> Response[PageAuditRow | Problem]:
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
    actor: None | str | Unset = UNSET,
    action: None | str | Unset = UNSET,
    target: None | str | Unset = UNSET,
    at_from: datetime.datetime | None | Unset = UNSET,
    at_to: datetime.datetime | None | Unset = UNSET,
    sort: ListAuditLogSort | Unset = ListAuditLogSort.VALUE_0,
) -> Response[PageAuditRow | Problem]:
    """Audit log

     Who did what to what, and why; newest first.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): an actor, or a target
        actor (None | str | Unset):
        action (None | str | Unset):
        target (None | str | Unset):
        at_from (datetime.datetime | None | Unset):
        at_to (datetime.datetime | None | Unset):
        sort (ListAuditLogSort | Unset):  Default: ListAuditLogSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageAuditRow | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        offset=offset,
        cursor=cursor,
        q=q,
        actor=actor,
        action=action,
        target=target,
        at_from=at_from,
        at_to=at_to,
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
    actor: None | str | Unset = UNSET,
    action: None | str | Unset = UNSET,
    target: None | str | Unset = UNSET,
    at_from: datetime.datetime | None | Unset = UNSET,
    at_to: datetime.datetime | None | Unset = UNSET,
    sort: ListAuditLogSort | Unset = ListAuditLogSort.VALUE_0,
) -> PageAuditRow | Problem | None:
    """Audit log

     Who did what to what, and why; newest first.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): an actor, or a target
        actor (None | str | Unset):
        action (None | str | Unset):
        target (None | str | Unset):
        at_from (datetime.datetime | None | Unset):
        at_to (datetime.datetime | None | Unset):
        sort (ListAuditLogSort | Unset):  Default: ListAuditLogSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageAuditRow | Problem
    """

    return sync_detailed(
        client=client,
        limit=limit,
        offset=offset,
        cursor=cursor,
        q=q,
        actor=actor,
        action=action,
        target=target,
        at_from=at_from,
        at_to=at_to,
        sort=sort,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 50,
    offset: int | Unset = 0,
    cursor: None | str | Unset = UNSET,
    q: None | str | Unset = UNSET,
    actor: None | str | Unset = UNSET,
    action: None | str | Unset = UNSET,
    target: None | str | Unset = UNSET,
    at_from: datetime.datetime | None | Unset = UNSET,
    at_to: datetime.datetime | None | Unset = UNSET,
    sort: ListAuditLogSort | Unset = ListAuditLogSort.VALUE_0,
) -> Response[PageAuditRow | Problem]:
    """Audit log

     Who did what to what, and why; newest first.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): an actor, or a target
        actor (None | str | Unset):
        action (None | str | Unset):
        target (None | str | Unset):
        at_from (datetime.datetime | None | Unset):
        at_to (datetime.datetime | None | Unset):
        sort (ListAuditLogSort | Unset):  Default: ListAuditLogSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageAuditRow | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        offset=offset,
        cursor=cursor,
        q=q,
        actor=actor,
        action=action,
        target=target,
        at_from=at_from,
        at_to=at_to,
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
    actor: None | str | Unset = UNSET,
    action: None | str | Unset = UNSET,
    target: None | str | Unset = UNSET,
    at_from: datetime.datetime | None | Unset = UNSET,
    at_to: datetime.datetime | None | Unset = UNSET,
    sort: ListAuditLogSort | Unset = ListAuditLogSort.VALUE_0,
) -> PageAuditRow | Problem | None:
    """Audit log

     Who did what to what, and why; newest first.

    Args:
        limit (int | Unset):  Default: 50.
        offset (int | Unset): beyond 10,000 use cursors Default: 0.
        cursor (None | str | Unset):
        q (None | str | Unset): an actor, or a target
        actor (None | str | Unset):
        action (None | str | Unset):
        target (None | str | Unset):
        at_from (datetime.datetime | None | Unset):
        at_to (datetime.datetime | None | Unset):
        sort (ListAuditLogSort | Unset):  Default: ListAuditLogSort.VALUE_0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageAuditRow | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            offset=offset,
            cursor=cursor,
            q=q,
            actor=actor,
            action=action,
            target=target,
            at_from=at_from,
            at_to=at_to,
            sort=sort,
        )
    ).parsed
