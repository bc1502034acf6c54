"""The mailbox's API, in maildev's shape, and its page."""

import re
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException
from fastapi.responses import HTMLResponse, PlainTextResponse

from bitloot_local.mailbox.smtp import Receiver
from bitloot_local.mailbox.store import Mail, Store

PAGE = Path(__file__).with_name("page.html")
# A mail is a stranger's HTML: shown in a sandboxed frame, and by itself it may run and load nothing.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
)
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-src 'self'"
)
LINKS_LEAVE = '<base target="_blank">'  # the frame itself may go nowhere
SAFE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
REPLY = re.compile(r"[45]\d\d [ -~]{1,200}")


def application(store: Store, receiver: Receiver) -> FastAPI:
    app = FastAPI(title="BitLoot mailbox", description="What the local stack has mailed.")

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def page() -> HTMLResponse:
        return HTMLResponse(PAGE.read_text(), headers={**SAFE, "Content-Security-Policy": PAGE_POLICY})

    @app.get("/api/healthz")
    def healthy() -> bool:
        return True

    @app.post("/api/control")
    def control(reply: Annotated[str | None, Body(embed=True)] = None) -> dict[str, str | None]:
        """From now on every mail is answered with this line (`451 try later`); null: accepted again."""
        if reply is not None and not REPLY.fullmatch(reply):
            raise HTTPException(422, "reply is a line such as `451 try later`, or null")
        receiver.reply = reply
        return {"reply": reply}

    app.include_router(mails(store))
    return app


def mails(store: Store) -> APIRouter:
    router = APIRouter(prefix="/api/email")

    def wanted(mail_id: str) -> Mail:
        mail = store.get(mail_id)
        if mail is None:
            raise HTTPException(404, f"no mail {mail_id}")
        return mail

    Wanted = Annotated[Mail, Depends(wanted)]  # noqa: N806 - a type

    @router.get("")
    def every() -> list[Mail]:
        """Every mail, the oldest first."""
        return store.all()

    @router.get("/{mail_id}")
    def one(mail: Wanted) -> Mail:
        return mail

    @router.get("/{mail_id}/html", response_class=HTMLResponse)
    def html(mail: Wanted) -> HTMLResponse:
        return HTMLResponse(LINKS_LEAVE + mail["html"], headers={**SAFE, "Content-Security-Policy": MAIL_POLICY})

    @router.get("/{mail_id}/source", response_class=PlainTextResponse)
    def source(mail: Wanted) -> PlainTextResponse:
        return PlainTextResponse(mail["source"], headers=SAFE)

    @router.delete("/all")
    def forget_all() -> bool:
        store.forget_all()
        return True

    @router.delete("/{mail_id}")
    def forget(mail: Wanted) -> bool:
        return store.forget(mail["id"])

    return router
