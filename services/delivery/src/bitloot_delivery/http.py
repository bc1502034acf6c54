"""The link's routes: `GET /d/{token}`, `POST …/reveal`, `POST …/fresh`, `GET …/status`, and the page's files."""

import base64
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qs
from uuid import UUID

import asyncpg
import structlog
from bitloot_common.client_address import ClientAddress
from bitloot_common.problem import problem_response
from bitloot_common.retry import Failure
from fastapi import APIRouter, Depends, FastAPI, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from bitloot_delivery.clients.resend_webhooks import NotFromResend, ResendWebhooks
from bitloot_delivery.link_spans import carries_token
from bitloot_delivery.models import LinkStatus, OpenerItem, RevealAnswer
from bitloot_delivery.pages import STATUS, Pages
from bitloot_delivery.rates import FailureLimit
from bitloot_delivery.store.links import Reader
from bitloot_delivery.use_cases.open_link import LinkState, OpenedLink, OpenLink
from bitloot_delivery.use_cases.queue_fresh_link import QueueFreshLink
from bitloot_delivery.use_cases.record_bounce import RecordBounce
from bitloot_delivery.use_cases.reveal_keys import NotRevealed, Revealed, RevealKeys

log = structlog.get_logger(__name__)

Token = Annotated[str, Path(description="from the mailed link")]

RETRY_AFTER_S = 60
WEBHOOK_BYTES_MAX = 65_536
USER_AGENT_LENGTH_MAX = 400


@dataclass(frozen=True, slots=True)
class Door:
    """What the routes are made of."""

    pages: Pages
    address: ClientAddress
    failures: FailureLimit
    open_link: OpenLink
    reveal_keys: RevealKeys
    queue_fresh_link: QueueFreshLink
    record_bounce: RecordBounce
    mail_webhooks: ResendWebhooks

    def reader(self, request: Request) -> Reader:
        agent = request.headers.get("user-agent")
        return Reader(self.address.of(request.scope), agent[:USER_AGENT_LENGTH_MAX] if agent else None)

    async def opened(self, request: Request, token: str) -> OpenedLink | Response:
        """The link, or the answer to somebody who has none."""
        opened = await self.open_link(token)
        if opened is not None:
            return opened  # whoever shares an address with a guesser is not to suffer from it
        return self.tired_of(request) or self.refuse(request, LinkState.UNKNOWN, 404)

    def tired_of(self, request: Request) -> Response | None:
        """Counts a failure of this client; an answer when there were too many."""
        address = self.address.of(request.scope)
        if self.failures.exceeded(address):
            return self.refuse(request, "busy", 429)
        self.failures.note(address)
        return None

    def refuse(self, request: Request, state: str, status: int) -> Response:
        """An answer without an order, as page or as problem."""
        headers = {"Retry-After": str(RETRY_AFTER_S)} if status in {429, 503} else {}
        if wants_page(request):
            language = request.headers.get("accept-language")
            return self.pages.plain(str(state), status, language, **headers)
        return problem_response(status, f"The link is {state}.", headers=self.pages.headers | headers, state=str(state))


def wants_page(request: Request) -> bool:
    """Whether the client reads HTML: a browser's navigation or form says so."""
    accept = request.headers.get("accept", "")
    return "text/html" in accept or (request.method in {"GET", "HEAD"} and "application/json" not in accept)


def the_door(request: Request) -> Door:
    """What the lifespan opened."""
    door: Door = request.app.state.door
    return door


OpenDoor = Annotated[Door, Depends(the_door)]


mail_routes = APIRouter(prefix="/mail", tags=["mail"])


@mail_routes.post("/resend", summary="Resend's webhooks: bounces and complaints")
async def resend_webhook(door: OpenDoor, request: Request) -> Response:
    try:
        news = door.mail_webhooks.read(request.headers, await _body(request))
    except NotFromResend:
        return problem_response(401, "The signature does not match.")
    except (ValueError, KeyError, TypeError, AttributeError):
        log.warning("http.webhook.unreadable")
        return Response(status_code=200)  # signed, so theirs: repeating it would not help
    await door.record_bounce(news)
    return Response(status_code=200)


async def _body(request: Request) -> bytes:
    """A little more than WEBHOOK_BYTES_MAX at most; a longer one cannot match its signature."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > WEBHOOK_BYTES_MAX:
            break
    return body


# None of these logs or stores a token.
routes = APIRouter(prefix="/d", tags=["link"])


@routes.get("/assets/{file}", include_in_schema=False)
async def asset(door: OpenDoor, file: str) -> Response:
    found = door.pages.assets.at(file)
    if found is None:
        return problem_response(404, "There is no such file.")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return Response(found.content, media_type=found.media_type, headers=headers)


@routes.head("/{token}", include_in_schema=False)
@routes.get("/{token}", summary="The link page; reveals and records nothing")
async def page(door: OpenDoor, request: Request, token: Token) -> Response:
    opened = await door.opened(request, token)
    return opened if isinstance(opened, Response) else door.pages.of(opened, token)


@routes.get("/{token}/status", response_model=LinkStatus, summary="What the page asks while it waits")
async def status(door: OpenDoor, request: Request, token: Token) -> Response:
    opened = await door.opened(request, token)
    if isinstance(opened, Response):
        return opened
    told = LinkStatus(state=opened.state, codes_stored=opened.codes_stored, quantity=opened.order.quantity)
    return _json(door, told.model_dump(mode="json", by_alias=True))


@routes.post("/{token}/reveal", response_model=RevealAnswer, summary="Records the view; says what opens the keys")
async def reveal(door: OpenDoor, request: Request, token: Token) -> Response:
    opened = await door.opened(request, token)
    if isinstance(opened, Response):
        return opened
    if opened.state is not LinkState.READY and (answer := door.tired_of(request)):
        return answer
    reader = door.reader(request)
    try:
        if wants_page(request):
            counted = await _counted(request)
            return door.pages.revealed(opened, await door.reveal_keys.for_plain_page(opened, reader, counted))
        revealed = await door.reveal_keys.for_browser(opened, reader)
    except NotRevealed as refusal:
        return _refused(door, request, refusal.now, token)
    return _json(door, _answer(door, opened, revealed))


@routes.post("/{token}/fresh", summary="Mails a fresh link to the order's address; the answer is always the same")
async def fresh(door: OpenDoor, request: Request, token: Token) -> Response:
    opened = await door.opened(request, token)
    if isinstance(opened, Response):
        return opened
    if opened.state in {LinkState.REVOKED, LinkState.GONE}:
        return _refused(door, request, opened, token)
    queued = await door.queue_fresh_link(opened.link, door.reader(request))
    if not queued and (answer := door.tired_of(request)):
        return answer
    if wants_page(request):
        return door.pages.plain("sent", 202, opened.order.locale)
    return _json(door, {"status": "accepted"}, 202)


def install_refusals(app: FastAPI) -> None:
    """What fails inside a route is our trouble: a page that says so, never a stack trace.

    What no route takes is answered like any link: whoever altered a link's address sends its token all the same.
    """

    async def on_odd_request(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        if carries_token(request.scope):
            door = the_door(request)
            if error.status_code == 404:
                return door.refuse(request, LinkState.UNKNOWN, 404)
            headers |= door.pages.headers
        return problem_response(error.status_code, str(error.detail), headers=headers)

    app.add_exception_handler(HTTPException, on_odd_request)

    async def on_failure(request: Request, error: Exception) -> Response:
        log.warning("http.unavailable", route=_route(request), error=type(error).__name__)
        return the_door(request).refuse(request, "unavailable", 503)

    for kind in (Failure, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        app.add_exception_handler(kind, on_failure)


async def _counted(request: Request) -> UUID | None:
    """The reveal that the page's script had counted before it gave up and sent the form."""
    try:
        return UUID(parse_qs((await _body(request)).decode("ascii"), max_num_fields=10)["reveal"][0])
    except (ValueError, KeyError):
        return None


def _answer(door: Door, opened: OpenedLink, revealed: Revealed) -> dict[str, Any]:
    items = [
        OpenerItem(
            part=opener.part,
            codes=opener.codes_count,
            url=opener.url,
            key=base64.urlsafe_b64encode(opener.key.reveal()).rstrip(b"=").decode(),
        )
        for opener in revealed.openers
    ]
    only = items[0] if len(items) == 1 else None
    answer = RevealAnswer(
        reveal_id=revealed.id,
        order_id=opened.order.id,
        product=opened.order.product_name,
        quantity=opened.order.quantity,
        viewed_at=revealed.viewed_at,
        last_viewed_at=revealed.last_viewed_at,
        views=revealed.views.count,
        reveals_left=revealed.reveals_left,
        expires_in=door.reveal_keys.url_ttl_s,
        items=items,
        url=only.url if only else None,
        key=only.key if only else None,
    )
    return answer.model_dump(mode="json", by_alias=True, exclude_none=True)


def _refused(door: Door, request: Request, opened: OpenedLink, token: str) -> Response:
    state = opened.state
    status = 409 if state is LinkState.WAITING else STATUS[state]
    if not wants_page(request):
        return problem_response(status, f"The link is {state}.", headers=door.pages.headers, state=str(state))
    answer = door.pages.of(opened, token)
    answer.status_code = status
    return answer


def _json(door: Door, body: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(body, status, headers=door.pages.headers)


def _route(request: Request) -> str:
    return getattr(request.scope.get("route"), "path", "unknown")
