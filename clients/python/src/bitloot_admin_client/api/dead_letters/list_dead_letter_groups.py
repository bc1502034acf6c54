from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.groups import Groups
from ...models.list_dead_letter_groups_state import ListDeadLetterGroupsState
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    state: ListDeadLetterGroupsState | Unset = ListDeadLetterGroupsState.OPEN,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_state: str | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = state.value

    params["state"] = json_state

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/admin/dead-letters/groups",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Groups | Problem | None:
    if response.status_code == 200:
        response_200 = Groups.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Groups | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    state: ListDeadLetterGroupsState | Unset = ListDeadLetterGroupsState.OPEN,
) -> Response[Groups | Problem]:
    """Groups of equal failures

     The groups with a letter in `state`, the newest failure first.

    Args:
        state (ListDeadLetterGroupsState | Unset):  Default: ListDeadLetterGroupsState.OPEN.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Groups | Problem]
    """

    kwargs = _get_kwargs(
        state=state,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    state: ListDeadLetterGroupsState | Unset = ListDeadLetterGroupsState.OPEN,
) -> Groups | Problem | None:
    """Groups of equal failures

     The groups with a letter in `state`, the newest failure first.

    Args:
        state (ListDeadLetterGroupsState | Unset):  Default: ListDeadLetterGroupsState.OPEN.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Groups | Problem
    """

    return sync_detailed(
        client=client,
        state=state,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    state: ListDeadLetterGroupsState | Unset = ListDeadLetterGroupsState.OPEN,
) -> Response[Groups | Problem]:
    """Groups of equal failures

     The groups with a letter in `state`, the newest failure first.

    Args:
        state (ListDeadLetterGroupsState | Unset):  Default: ListDeadLetterGroupsState.OPEN.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Groups | Problem]
    """

    kwargs = _get_kwargs(
        state=state,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    state: ListDeadLetterGroupsState | Unset = ListDeadLetterGroupsState.OPEN,
) -> Groups | Problem | None:
    """Groups of equal failures

     The groups with a letter in `state`, the newest failure first.

    Args:
        state (ListDeadLetterGroupsState | Unset):  Default: ListDeadLetterGroupsState.OPEN.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Groups | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            state=state,
        )
    ).parsed
