"""Composition root: settings → world → the faces of the providers, behind the gate."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi_swagger import patch_fastapi
from starlette.types import ASGIApp

from bitloot_sandbox.answers import Json
from bitloot_sandbox.behaviour import Behaving, Behaviour
from bitloot_sandbox.control.http import control_router
from bitloot_sandbox.control.page import page_router
from bitloot_sandbox.doors import Door, mount
from bitloot_sandbox.gate import Gate
from bitloot_sandbox.kinguin.esa_http import EsaDoors
from bitloot_sandbox.kinguin.reservations_http import ReservationsDoors
from bitloot_sandbox.nowpayments.http import NowPaymentsDoors
from bitloot_sandbox.refusals import Refused, esa_refusal, nowpayments_refusal, reservations_refusal
from bitloot_sandbox.settings import Settings
from bitloot_sandbox.world import World, new_world

DESCRIPTION = """The other side of the shop: NOWPayments and Kinguin, as faithful as their public documents
allow, with a control surface that moves payments, breaks things and shows everything that was ever sold."""
NO_CDN: Final[dict[str, Any]] = {"docs_url": None, "redoc_url": None, "swagger_ui_oauth2_redirect_url": None}


def create_app(settings: Settings) -> ASGIApp:
    world = new_world(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await world.start()
        yield
        await world.stop()

    def behaving() -> Behaviour:
        return world.behaviour

    app = FastAPI(title="BitLoot sandbox providers", description=DESCRIPTION, version="1", lifespan=lifespan, **NO_CDN)
    _install_docs(app)
    doors = _doors(settings, world, behaving)
    mount(doors, app)
    app.include_router(page_router(world))
    app.include_router(control_router(world))
    app.add_exception_handler(Refused, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_invalid)
    return Gate(app, doors, world.faults, behaving)


def _install_docs(app: FastAPI) -> None:
    """/docs with the package's own files: a browser loads nothing from a third party."""
    patch_fastapi(
        app,
        redirect_from_root_to_docs=False,
        title=app.title,
        swagger_js_url="/docs/assets/swagger-ui-bundle.js",
        swagger_css_url="/docs/assets/swagger-ui.css",
        swagger_favicon_url="/docs/assets/favicon-32x32.png",
    )


def _doors(settings: Settings, world: World, behaving: Behaving) -> list[Door]:
    api_key = settings.nowpayments_api_key.get_secret_value()
    esa_key = settings.kinguin_api_key.get_secret_value()
    client = settings.kinguin_client_id, settings.kinguin_client_secret.get_secret_value()
    return [
        *NowPaymentsDoors(world.payments, behaving, api_key).doors(),
        *ReservationsDoors(world.purchases, behaving, *client).doors(),
        *EsaDoors(world.purchases, behaving, esa_key).doors(),
    ]


async def _refuse(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refused)
    return Json(refusal.shown_at(request.method, request.url.path), refusal.status)


async def _refuse_invalid(request: Request, invalid: Exception) -> Response:
    """A body that does not fit is refused in the provider's own shape."""
    assert isinstance(invalid, RequestValidationError)
    first = invalid.errors()[0]
    where, message = ".".join(str(part) for part in first["loc"][1:]), first["msg"]
    path = request.url.path
    if path.startswith("/nowpayments/"):
        return await _refuse(request, nowpayments_refusal(400, "INVALID_REQUEST_PARAMS", f"{where}: {message}"))
    if path.startswith("/esa/"):
        refusal = esa_refusal("ConstraintViolation", f"{where}: {message}", propertyPath=where)
        return await _refuse(request, refusal)
    if path.startswith("/kinguin/"):
        return await _refuse(request, reservations_refusal(400, "INVALID_REQUEST", f"{where}: {message}"))
    return await request_validation_exception_handler(request, invalid)
