"""The one form of everything that goes wrong: {"error": {"code", "message", "request_id"}}."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

CODES = {
    400: "bad_request",
    401: "unauthorised",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "in_the_future",
    410: "erased",
    413: "too_large",
    422: "invalid",
    429: "too_many",
}


def fault(request: Request, status: int, code: str, message: str, headers: Any = None) -> JSONResponse:
    """Return the answer that every failure gives."""
    # A message may quote the request, and half a character in it could not be sent.
    said = message.encode("utf-8", "backslashreplace").decode("utf-8")
    error = {"code": code, "message": said, "request_id": getattr(request.state, "request_id", "")}
    return JSONResponse({"error": error}, status_code=status, headers=headers)
