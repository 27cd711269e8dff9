"""JSON lines as a body of POST /v1/items: one item a line, made into the batch that the call takes.

Line n becomes items[n - 1], empty lines left out, so that a message about body.items.4 is about the fifth item.
"""

from __future__ import annotations

from typing import Any

from whyrec.app.access import Application, Message, Receive, Send

PATH = "/v1/items"
TYPES = (b"application/x-ndjson", b"application/jsonl", b"application/jsonlines")
DESCRIBED: dict[str, Any] = {
    "requestBody": {
        "content": {
            "application/x-ndjson": {
                "schema": {"$ref": "#/components/schemas/ItemIn"},
                "example": {"item_id": "p-40", "price": 29.9, "stock": 12},
            }
        }
    }
}
"""What OpenAPI says of it: each line is an item."""


class Lines:
    """Passes JSON lines on as one JSON document; every other request goes through as it is."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        kind = dict(scope["headers"]).get(b"content-type", b"").split(b";")[0].strip().lower()
        if kind not in TYPES:
            await self.app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":  # the caller has gone
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        found = [line for line in body.splitlines() if line.strip()]
        whole = b'{"items":[' + b",".join(found) + b"]}"
        headers = [
            (name, value) for name, value in scope["headers"] if name not in (b"content-type", b"content-length")
        ]
        headers += [(b"content-type", b"application/json"), (b"content-length", str(len(whole)).encode())]
        given = False

        async def receive_whole() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": whole, "more_body": False}

        await self.app({**scope, "headers": headers}, receive_whole, send)
