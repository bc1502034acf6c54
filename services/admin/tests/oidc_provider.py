"""A small OpenID provider over real HTTP, with keys of its own, that can be told to lie."""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, Form, Header
from fastapi.responses import JSONResponse, RedirectResponse, Response
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, CLIENT_SECRET = "bitloot-admin", "a secret of the tests"


class OpenIdProvider:
    """Signs everybody in as `person`, at once. `lies` go over the ID token's true claims; None takes one out."""

    def __init__(self) -> None:
        self.url = ""
        self.person: dict[str, Any] = {}
        self.lies: dict[str, Any] = {}
        self.key = RSAKey.generate_key(2048, {"kid": "first", "alg": "RS256"})
        self.published = self.key
        self._codes: dict[str, dict[str, str]] = {}

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def metadata() -> dict[str, Any]:
            return {
                "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys",
            }  # fmt: skip

        @app.get("/keys")
        def keys() -> Any:
            return KeySet([self.published]).as_dict(private=False)

        @app.get("/authorize")
        def authorize(
            client_id: str, response_type: str, redirect_uri: str, scope: str, state: str, nonce: str,
            code_challenge: str, code_challenge_method: str,
        ) -> Response:  # fmt: skip
            if (client_id, response_type, code_challenge_method) != (CLIENT_ID, "code", "S256"):
                return Response(status_code=400)
            if "openid" not in scope.split():
                return Response(status_code=400)
            code = secrets.token_urlsafe()
            self._codes[code] = {"nonce": nonce, "challenge": code_challenge, "redirect_uri": redirect_uri}
            return RedirectResponse(f"{redirect_uri}?{urlencode({'code': code, 'state': state})}", status_code=302)

        @app.post("/token")
        def token(
            grant_type: Annotated[str, Form()], code: Annotated[str, Form()], redirect_uri: Annotated[str, Form()],
            code_verifier: Annotated[str, Form()], authorization: Annotated[str, Header()],
        ) -> Response:  # fmt: skip
            basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
            begun = self._codes.pop(code, None)
            digest = hashlib.sha256(code_verifier.encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            right = (
                grant_type == "authorization_code" and authorization == f"Basic {basic}" and begun is not None
                and begun["redirect_uri"] == redirect_uri and begun["challenge"] == challenge
            )  # fmt: skip
            if not right or begun is None:
                return JSONResponse({"error": "invalid_grant"}, status_code=400)
            return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": self._sign(begun["nonce"])})

        return app

    def _sign(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 60, "nonce": nonce} | self.person
        claims = {name: value for name, value in (claims | self.lies).items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)


@contextmanager
def running() -> Iterator[OpenIdProvider]:
    """The provider on a port of its own."""
    provider = OpenIdProvider()
    server = uvicorn.Server(uvicorn.Config(provider.app(), port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    provider.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield provider
    server.should_exit = True
    thread.join()
