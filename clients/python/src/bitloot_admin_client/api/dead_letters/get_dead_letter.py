from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.dead_letter_detail import DeadLetterDetail
from ...models.http_validation_error import HTTPValidationError
from ...types import Response


def _get_kwargs(
    letter_id: UUID,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/admin/dead-letters/{letter_id}".format(
            letter_id=quote(str(letter_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> DeadLetterDetail | HTTPValidationError | None:
    if response.status_code == 200:
        response_200 = DeadLetterDetail.from_dict(response.json())

        return response_200

    if response.status_code == 422:
        response_422 = HTTPValidationError.from_dict(response.json())

        return response_422

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[DeadLetterDetail | HTTPValidationError]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    letter_id: UUID,
    *,
    client: AuthenticatedClient | Client,
) -> Response[DeadLetterDetail | HTTPValidationError]:
    """One dead letter whole

     Body and headers masked where they look like a secret.

    Args:
        letter_id (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DeadLetterDetail | HTTPValidationError]
    """

    kwargs = _get_kwargs(
        letter_id=letter_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    letter_id: UUID,
    *,
    client: AuthenticatedClient | Client,
) -> DeadLetterDetail | HTTPValidationError | None:
    """One dead letter whole

     Body and headers masked where they look like a secret.

    Args:
        letter_id (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DeadLetterDetail | HTTPValidationError
    """

    return sync_detailed(
        letter_id=letter_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    letter_id: UUID,
    *,
    client: AuthenticatedClient | Client,
) -> Response[DeadLetterDetail | HTTPValidationError]:
    """One dead letter whole

     Body and headers masked where they look like a secret.

    Args:
        letter_id (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DeadLetterDetail | HTTPValidationError]
    """

    kwargs = _get_kwargs(
        letter_id=letter_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    letter_id: UUID,
    *,
    client: AuthenticatedClient | Client,
) -> DeadLetterDetail | HTTPValidationError | None:
    """One dead letter whole

     Body and headers masked where they look like a secret.

    Args:
        letter_id (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DeadLetterDetail | HTTPValidationError
    """

    return (
        await asyncio_detailed(
            letter_id=letter_id,
            client=client,
        )
    ).parsed
