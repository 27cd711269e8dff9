"""The page at /docs: all calls of the API on one plain page, made from the OpenAPI document, nothing from outside."""

from __future__ import annotations

import json
from html import escape
from typing import Any

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { background: #f4f4f4; padding: .8rem; overflow-x: auto; }
b { display: inline-block; min-width: 4.5rem; }
@media (prefers-color-scheme: dark) { body { background: #16181c; color: #e8e8e8; } pre { background: #24272d; } }
"""


def api_page(document: dict[str, Any]) -> str:
    """Return the page for an OpenAPI document."""
    title = escape(document["info"]["title"])
    sections: dict[str, list[str]] = {}
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            sections.setdefault(call["tags"][0], []).append(_call(document, method, path, call))
    body = "".join(f"<h2>{escape(name)}</h2>{''.join(calls)}" for name, calls in sections.items())
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style><h1>{title}</h1>'
        f"<p>{escape(document['info']['description'])} "
        f'The same as a document for machines: <a href="/openapi.json">openapi.json</a>.</p>{body}</html>'
    )


def _call(document: dict[str, Any], method: str, path: str, call: dict[str, Any]) -> str:
    asked = "".join(
        f"<li><code>{escape(one['name'])}</code>{'' if one['required'] else ' (may be left out)'} "
        f"{escape(one.get('description', ''))}</li>"
        for one in call.get("parameters", ())
    )
    return (
        f"<h3><b>{method.upper()}</b> <code>{escape(path)}</code></h3><p>{escape(call.get('description', ''))}</p>"
        f"{f'<ul>{asked}</ul>' if asked else ''}{_body(document, call)}"
    )


def _body(document: dict[str, Any], call: dict[str, Any]) -> str:
    content = call.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return ""
    schema = document["components"]["schemas"][content["schema"]["$ref"].rsplit("/", 1)[-1]]
    fields = "".join(
        f"<li><code>{escape(name)}</code>{'' if name in schema.get('required', ()) else ' (may be left out)'} "
        f"{escape(field.get('description', ''))}</li>"
        for name, field in schema["properties"].items()
    )
    examples = "".join(
        f"<pre>{escape(json.dumps(example, indent=1, ensure_ascii=False))}</pre>"
        for example in schema.get("examples", ())
    )
    return f"<ul>{fields}</ul>{examples}"
