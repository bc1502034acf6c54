"""The mailbox's API, in maildev's shape, and its page."""

import re
from pathlib import Path
from typing import Annotated

from fastapi import Body, FastAPI, HTTPException
from fastapi.responses import HTMLResponse, PlainTextResponse

from bitloot_local.mailbox.smtp import Receiver
from bitloot_local.mailbox.store import Mail, Store

PAGE = Path(__file__).with_name("page.html")
# A mail is a stranger's HTML: shown in a sandboxed frame, and by itself it may run and load nothing.
MAIL_POLICY = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-src 'self'"
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

    @app.get("/api/email")
    def mails() -> list[Mail]:
        """Every mail, the oldest first."""
        return store.all()

    @app.get("/api/email/{mail_id}")
    def mail(mail_id: str) -> Mail:
        return found(mail_id)

    @app.get("/api/email/{mail_id}/html", response_class=HTMLResponse)
    def html(mail_id: str) -> HTMLResponse:
        return HTMLResponse(found(mail_id)["html"], headers={**SAFE, "Content-Security-Policy": MAIL_POLICY})

    @app.get("/api/email/{mail_id}/source", response_class=PlainTextResponse)
    def source(mail_id: str) -> PlainTextResponse:
        return PlainTextResponse(found(mail_id)["source"], headers=SAFE)

    @app.delete("/api/email/all")
    def forget_all() -> bool:
        store.forget_all()
        return True

    @app.delete("/api/email/{mail_id}")
    def forget(mail_id: str) -> bool:
        found(mail_id)
        return store.forget(mail_id)

    @app.post("/api/control")
    def control(reply: Annotated[str | None, Body(embed=True)] = None) -> dict[str, str | None]:
        """From now on answer every mail with this line (`451 try later`, `550 no such user`); null: accept again."""
        if reply is not None and not REPLY.fullmatch(reply):
            raise HTTPException(422, "reply is a line such as `451 try later`, or null")
        receiver.reply = reply
        return {"reply": reply}

    def found(mail_id: str) -> Mail:
        one = store.get(mail_id)
        if one is None:
            raise HTTPException(404, f"no mail {mail_id}")
        return one

    return app
