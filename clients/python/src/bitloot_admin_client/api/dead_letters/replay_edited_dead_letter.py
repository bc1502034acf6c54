from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.edit_request import EditRequest
from ...models.problem import Problem
from ...models.replay_answer import ReplayAnswer
from ...types import Response


def _get_kwargs(
    letter_id: UUID,
    *,
    body: EditRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/admin/dead-letters/{letter_id}/replay-edited".format(
            letter_id=quote(str(letter_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | ReplayAnswer | None:
    if response.status_code == 202:
        response_202 = ReplayAnswer.from_dict(response.json())

        return response_202

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = Problem.from_dict(response.json())

        return response_415

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Problem | ReplayAnswer]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    letter_id: UUID,
    *,
    client: AuthenticatedClient,
    body: EditRequest,
) -> Response[Problem | ReplayAnswer]:
    """Replay with another body

     The body must be its event's, and differ only in what could not be read; no amount, id, status or
    currency
    changes. It gets an id of its own.

    Args:
        letter_id (UUID):
        body (EditRequest): Replay one letter with another body. Only fields that could not be
            read may differ: an amount in its spelling
            alone, an id, a status or a currency not at all.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | ReplayAnswer]
    """

    kwargs = _get_kwargs(
        letter_id=letter_id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    letter_id: UUID,
    *,
    client: AuthenticatedClient,
    body: EditRequest,
) -> Problem | ReplayAnswer | None:
    """Replay with another body

     The body must be its event's, and differ only in what could not be read; no amount, id, status or
    currency
    changes. It gets an id of its own.

    Args:
        letter_id (UUID):
        body (EditRequest): Replay one letter with another body. Only fields that could not be
            read may differ: an amount in its spelling
            alone, an id, a status or a currency not at all.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | ReplayAnswer
    """

    return sync_detailed(
        letter_id=letter_id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    letter_id: UUID,
    *,
    client: AuthenticatedClient,
    body: EditRequest,
) -> Response[Problem | ReplayAnswer]:
    """Replay with another body

     The body must be its event's, and differ only in what could not be read; no amount, id, status or
    currency
    changes. It gets an id of its own.

    Args:
        letter_id (UUID):
        body (EditRequest): Replay one letter with another body. Only fields that could not be
            read may differ: an amount in its spelling
            alone, an id, a status or a currency not at all.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | ReplayAnswer]
    """

    kwargs = _get_kwargs(
        letter_id=letter_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    letter_id: UUID,
    *,
    client: AuthenticatedClient,
    body: EditRequest,
) -> Problem | ReplayAnswer | None:
    """Replay with another body

     The body must be its event's, and differ only in what could not be read; no amount, id, status or
    currency
    changes. It gets an id of its own.

    Args:
        letter_id (UUID):
        body (EditRequest): Replay one letter with another body. Only fields that could not be
            read may differ: an amount in its spelling
            alone, an id, a status or a currency not at all.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | ReplayAnswer
    """

    return (
        await asyncio_detailed(
            letter_id=letter_id,
            client=client,
            body=body,
        )
    ).parsed
