"""The JSON API of a shop as a FastAPI application: lists with reasons, events, feedback, items.

    app = create_app(whyrec.open("my-shop"))        # uvicorn serves it; `whyrec serve` does both

Every answer carries `x-request-id`. Every failure has the same form, {"error": {"code", "message", "request_id"}},
and shows nobody a traceback.
"""

from __future__ import annotations

import logging
import os
import re
import traceback
import uuid
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from whyrec import __version__
from whyrec.app import answers, lines, replies, request_parts, transparency
from whyrec.app.access import Application, Gate, Message, Receive, Send
from whyrec.app.api_page import api_page
from whyrec.app.faults import CODES, fault
from whyrec.app.routes import FAULTS, make_routes
from whyrec.app.shop import Shop
from whyrec.app.transparency_page import transparency_page
from whyrec.app.widget import make_pages
from whyrec.core.errors import (
    ErasedError,
    FutureError,
    InputError,
    MissingExtraError,
    StoreError,
    UnknownFieldError,
    UsageError,
    WhyrecError,
)

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"same-origin"),
)
API_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""Of answers under /v1, which are data of people and never a page."""
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_log = logging.getLogger("whyrec.service")


def create_app(shop: Shop) -> FastAPI:
    """Return the application of a shop; its tables and store are opened now, so that no request waits for them."""
    shop.tables, shop.repeats, shop.store  # noqa: B018  (loaded once, by one thread)
    shop.check_rules()
    app = FastAPI(
        title=f"whyrec: {shop.settings.shop.name}",
        version=__version__,
        description="Recommendations with reasons that were measured on the model that made the list.",
        docs_url=None,  # the framework's own pages load their scripts from outside
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        separate_input_output_schemas=False,
    )
    app.include_router(make_routes(shop))
    app.include_router(make_pages(shop), responses={422: FAULTS[422]})
    _add_health(app, shop)
    _add_public(app, shop)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(WhyrecError, _failed)
    _describe_keys(app)
    access = shop.settings.access
    app.add_middleware(lines.Lines)
    app.add_middleware(Gate, store=shop.store, secret=shop.secret, settings=access)
    if access.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=access.origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-Request-Id"],
            expose_headers=["X-Request-Id", "Retry-After"],
        )
    app.add_middleware(Door, body_bytes=shop.settings.serve.body_kb * 1024)
    return app


def _describe_keys(app: FastAPI) -> None:
    """Say in the document that a key or a token goes along; without keys, this machine needs none."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{}, {"key": []}]
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _add_health(app: FastAPI, shop: Shop) -> None:
    @app.get("/healthz", tags=["health"])
    def healthz() -> replies.Health:
        """Say that the process runs."""
        return replies.Health(status="ok")

    @app.get("/readyz", tags=["health"], responses={503: FAULTS[503]})
    def readyz() -> replies.Ready:
        """Say whether lists can be made and events kept: a snapshot is loaded and the store takes a write."""
        live = shop.live
        shop.store.check()
        return replies.Ready(status="ready", snapshot=live.meta.id, model=live.meta.model, items=len(live.model.items))

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(api_page(app.openapi()))


def _add_public(app: FastAPI, shop: Shop) -> None:
    @app.get("/v1/transparency", tags=["transparency"], responses={422: FAULTS[422], 503: FAULTS[503]})
    def global_explanation(locale: request_parts.Locale | None = None) -> replies.Transparency:
        """Say what moves scores over all shoppers, measured on the live snapshot, in words and in numbers."""
        found = transparency.measure(shop)
        told = transparency.statements(shop, found, locale or "")
        return replies.Transparency.model_validate(answers.told_answer(told, found))

    @app.get("/transparency", include_in_schema=False)
    def page(lang: request_parts.Locale | None = None) -> HTMLResponse:
        return HTMLResponse(transparency_page(shop, lang or ""))


class Door:
    """What every request passes first: it gets an id, its body may not be too large, and what breaks is caught.

    The log never holds the message of what broke, which may quote a shopper's data, unless WHYREC_DEBUG is set.
    """

    def __init__(self, app: Application, body_bytes: int) -> None:
        self.app = app
        self.body_bytes = body_bytes

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        request_id = given.decode() if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        n_bytes = 0

        async def receive_some() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > self.body_bytes:
                raise HTTPException(
                    413, f"Expected a body of at most {self.body_bytes // 1024} KB, got more. Send smaller batches."
                )
            return message

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = (b"x-request-id", request_id.encode())
                given = list(message.get("headers", ()))
                more = API_HEADERS if scope["path"].startswith("/v1/") else ()
                named = {name for name, _ in given}
                message["headers"] = [*given, own, *(h for h in (*SECURITY_HEADERS, *more) if h[0] not in named)]
            await send(message)

        try:
            await self.app(scope, receive_some, send_with_id)
        except Exception as error:  # a defect of ours: the log says where, the caller hears where to look
            _log.error("Request %s broke.\n%s", request_id, _where(error))
            said = "Something broke in whyrec; its log has the details under this request id. Try again, or report it."
            await fault(Request(scope), 500, "internal", said)(scope, receive, send_with_id)


def _where(error: BaseException) -> str:
    """Say where something broke: types and lines of code, and messages only where a person debugs."""
    if os.environ.get("WHYREC_DEBUG"):
        return "".join(traceback.format_exception(error))
    cause = error.__cause__ or error.__context__
    own = "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__
    return own if cause is None else f"{_where(cause)}\nand then\n{own}"


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    found: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else ()
    told = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in found[:5]]
    more = f" (and {len(found) - 5} more)" if len(found) > 5 else ""
    status = 400 if any(one["type"] == "json_invalid" for one in found) else 422
    return fault(request, status, CODES[status], "; ".join(told) + more)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else ""
    headers = error.headers if isinstance(error, HTTPException) else None
    return fault(request, status, CODES.get(status, "refused"), detail, headers)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, ErasedError):
        return fault(request, 410, CODES[410], str(error))
    if isinstance(error, FutureError):
        return fault(request, 409, CODES[409], str(error))
    if isinstance(error, UnknownFieldError):
        return fault(request, 404, CODES[404], str(error))
    if isinstance(error, (UsageError, InputError)):
        return fault(request, 422, CODES[422], str(error))
    _log.error("%s", error)
    code = "store_unavailable" if isinstance(error, StoreError) else "not_ready"
    return fault(request, 501 if isinstance(error, MissingExtraError) else 503, code, str(error))
