"""Signing in through an OpenID provider: authorization code with PKCE, state and nonce.

What Authlib and joserfc know is left to them: the request's form, the code challenge, signatures, the claims of
an ID token (OpenID Connect Core 3.1.3.7). The HTTP is ours, with time limits.
"""

import time
from dataclasses import dataclass
from typing import Any, Final, Self

import httpx
import structlog
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from bitloot_common.problem import Unauthorized, Unavailable
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bitloot_admin import tokens

log = structlog.get_logger(__name__)

TIMEOUT_S: Final = 5.0
REMEMBERED_S: Final = 3600.0
LEEWAY_S: Final = 60
SCOPES: Final = "openid email profile"
# asymmetric only: a token that our own secret could have signed proves nothing
ALGORITHMS: Final = ["RS256", "PS256", "ES256", "EdDSA"]


class ProviderAway(Unavailable):
    """The provider does not answer, or not as it should."""


class IdTokenRefused(Unauthorized):
    """The provider's answer does not prove who this is. The reason is in the log, not in the answer."""

    def __init__(self) -> None:
        super().__init__("The sign-in provider's answer could not be trusted; try again.")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in under way; kept in the browser that began it and nowhere else."""

    state: str
    nonce: str
    verifier: str
    next: str

    @classmethod
    def new(cls, location: str) -> Self:
        return cls(tokens.new_token(), tokens.new_token(), tokens.new_token(), location)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the provider says of the person. `subject` is theirs for ever, together with the issuer."""

    subject: str
    email: str
    email_verified: bool
    name: str


class Provider:
    """One provider, by its issuer URL. Its metadata and keys are remembered for an hour."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, redirect_uri: str) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False)
        self._metadata: dict[str, Any] = {}
        self._keys = KeySet([])
        self._read_at = 0.0

    async def close(self) -> None:
        await self._http.aclose()

    async def begin(self, attempt: Attempt) -> str:
        """The URL to send the browser to. Raises ProviderAway."""
        await self._read()
        found: str = prepare_grant_uri(
            self._metadata["authorization_endpoint"],
            client_id=self._client_id,
            response_type="code",
            redirect_uri=self._redirect_uri,
            scope=SCOPES,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return found

    async def finish(self, code: str, attempt: Attempt) -> Claimed:
        """Who it is that came back with `code`. Raises ProviderAway or IdTokenRefused."""
        await self._read()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": attempt.verifier,
        }
        auth = httpx.BasicAuth(self._client_id, self._client_secret)
        answer = await self._ask("POST", self._metadata["token_endpoint"], data=form, auth=auth)
        claims = await self._verified(str(answer.get("id_token", "")), attempt.nonce, answer.get("access_token"))
        return Claimed(
            subject=f"{claims['iss']} {claims['sub']}",
            email=str(claims.get("email") or ""),
            email_verified=claims.get("email_verified") is True,
            name=str(claims.get("name") or ""),
        )

    async def _verified(self, id_token: str, nonce: str, access_token: object) -> CodeIDToken:
        try:
            try:
                token = jwt.decode(id_token, self._keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                await self._read(again=True)  # it may have been signed with a key that is younger than ours
                token = jwt.decode(id_token, self._keys, algorithms=ALGORITHMS)
            claims = CodeIDToken(
                token.claims,
                token.header,
                options={"iss": {"value": self.issuer}, "aud": {"value": self._client_id}},
                params={"nonce": nonce, "client_id": self._client_id, "access_token": access_token},
            )
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            log.warning("oidc.id_token.refused", error=type(error).__name__, why=str(error)[:200])
            raise IdTokenRefused from None
        return claims

    async def _read(self, *, again: bool = False) -> None:
        if not again and time.monotonic() - self._read_at < REMEMBERED_S and self._metadata:
            return
        metadata = await self._ask("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if metadata.get("issuer") != self.issuer or not all(isinstance(metadata.get(name), str) for name in wanted):
            log.warning("oidc.metadata.wrong", issuer=metadata.get("issuer"))
            raise ProviderAway("The sign-in provider's description of itself is not the configured one.")
        keys = await self._ask("GET", metadata["jwks_uri"])
        try:
            self._keys = KeySet.import_key_set(keys)  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            log.warning("oidc.keys.unreadable", error=type(error).__name__)
            raise ProviderAway("The sign-in provider's keys cannot be read.") from None
        self._metadata, self._read_at = metadata, time.monotonic()

    async def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        try:
            answer = await self._http.request(method, url, headers={"accept": "application/json"}, **more)
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            log.warning("oidc.provider.away", error=type(error).__name__)
            raise ProviderAway("The sign-in provider does not answer.") from None
        if answer.is_success and isinstance(found, dict):
            return found
        log.warning("oidc.provider.refused", status=answer.status_code, error=str(found)[:200])
        if answer.status_code >= 500 or method == "GET":
            raise ProviderAway("The sign-in provider does not answer as it should.")
        raise IdTokenRefused
