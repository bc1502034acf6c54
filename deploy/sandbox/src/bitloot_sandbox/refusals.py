"""The shapes in which each provider says no."""

import secrets
from typing import Any, Literal

from bitloot_sandbox.clock import iso_offset, now_s

Api = Literal["nowpayments", "reservations", "esa"]


class Refused(Exception):
    """An answer that is an error of the provider's own making."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body.get('code') or body.get('kind')}")
        self.status = status
        self.body = body

    def shown_at(self, method: str, path: str) -> dict[str, Any]:
        """ESA's errors name the request that they answer."""
        if "kind" not in self.body:
            return self.body
        return self.body | {"path": path.removeprefix("/esa"), "method": method}


ESA_STATUS = {
    "ConstraintViolation": 400,
    "OrderFailed": 400,
    "Preorder": 400,
    "ProductUnavailable": 400,
    "InsufficientBalance": 400,
    "OrderNotSupported": 400,
    "NoKeysToReturn": 400,
    "Authorization": 401,
    "Http": 404,
    "OrderNotFound": 404,
    "ResourceLock": 409,
    "Error": 500,
    "HttpClient": 500,
}
KIND_OF_STATUS = {400: "ConstraintViolation", 401: "Authorization", 404: "OrderNotFound", 409: "ResourceLock"}
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Time-out",
}


def nowpayments_refusal(status: int, code: str, message: str) -> Refused:
    return Refused(status, {"status": False, "statusCode": status, "code": code, "message": message})


def reservations_refusal(status: int, code: str, message: str, *, retryable: bool = False) -> Refused:
    return Refused(status, {"status": status, "code": code, "message": message, "retryable": retryable})


def esa_refusal(kind: str, detail: str, *, status: int | None = None, **more: Any) -> Refused:
    """A 401 has `type` in place of `title`."""
    status = status or ESA_STATUS.get(kind, 500)
    heading = "type" if status == 401 else "title"
    body = {
        "kind": kind,
        "status": status,
        heading: TITLES.get(status, "Error"),
        "detail": detail,
        "path": None,
        "method": None,
        "trace": secrets.token_hex(5),
        "timestamp": iso_offset(now_s(), millis=False),
    }
    return Refused(status, body | more)


def injected_refusal(api: Api, status: int, code: str | None) -> Refused:
    """What an injected `error` answers when it is not a page of the gateway's."""
    title = TITLES.get(status, "Error")
    if api == "nowpayments":
        default = "INVALID_API_KEY" if status == 403 else title.upper().replace(" ", "_")
        return nowpayments_refusal(status, code or default, title)
    if api == "esa":
        kind = code or KIND_OF_STATUS.get(status, "Error")
        return esa_refusal(kind, f"{title}.", status=status)
    retryable = status >= 500 or status in (401, 409, 429)
    default = title.upper().replace(" ", "_")
    return reservations_refusal(status, code or default, title, retryable=retryable)


def gateway_page(status: int) -> bytes:
    """What a proxy in front of the provider answers: HTML, whatever the client accepts."""
    title = f"{status} {TITLES.get(status, 'Error')}"
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    ).encode()
