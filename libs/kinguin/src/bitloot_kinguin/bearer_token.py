"""The OAuth token of the reservations API: kept until shortly before it expires, fetched once for all callers."""

import asyncio
from time import monotonic

from bitloot_kinguin.errors import KinguinDown, KinguinUnavailable
from bitloot_kinguin.settings import KinguinSettings
from bitloot_kinguin.transport import Answer, Transport


class BearerToken:
    """`POST {token_url}`, form-encoded client credentials (RFC 6749, 4.4)."""

    def __init__(self, settings: KinguinSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport
        self._token = ""
        self._good_until = 0.0
        self._fetching = asyncio.Lock()

    async def probe(self) -> None:
        """Fetches a token although there may be one: the breaker's question whether Kinguin is back."""
        await self._fetch(is_probe=True)

    async def get(self) -> str:
        """A token that is good for a while. Raises KinguinDown when our credentials are refused."""
        if monotonic() >= self._good_until:
            await self._refresh(self._token)
        return self._token

    async def replace(self, refused: str) -> str:
        """The API answered 401 to `refused`: another one, unless somebody has fetched it meanwhile."""
        await self._refresh(refused)
        return self._token

    async def _refresh(self, old: str) -> None:
        async with self._fetching:
            if self._token == old:
                await self._fetch()

    async def _fetch(self, *, is_probe: bool = False) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._settings.kinguin_client_id or "",
            "client_secret": self._settings.kinguin_client_secret or "",
        }
        try:
            answer = await self._transport.call(
                "token", "POST", self._settings.token_url, form=form, past_breaker=is_probe
            )
        except KinguinUnavailable as error:
            # the token's call bought nothing, whatever became of it
            raise KinguinUnavailable(
                "token",
                "no token",
                may_have_happened=False,
                retry_after_s=error.retry_after_s,
                is_away=error.is_away,
            ) from None
        self._keep(answer)

    def _keep(self, answer: Answer) -> None:
        token, lives_s = answer.field("access_token"), answer.field("expires_in")
        if answer.status != 200 or not isinstance(token, str) or not isinstance(lives_s, int | float):
            self._transport.trip("credentials refused")
            raise KinguinDown(f"no token, status {answer.status}: are the client's credentials right?")
        early_s = min(self._settings.kinguin_token_early_s, lives_s / 2)
        self._token = token
        self._good_until = monotonic() + lives_s - early_s
