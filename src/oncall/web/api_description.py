"""What the OpenAPI document says of a route: who may call it, what it takes, and every answer it can give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]
Responses = dict[int | str, dict[str, Any]]

_TEXT: Schema = {"type": "string"}
TIME: Schema = {"type": "string", "format": "date-time", "examples": ["2027-01-09T03:12:00-05:00"]}

_PROBLEM: Schema = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": _TEXT, "message": _TEXT},
            },
        },
    },
}

_MEANINGS = {
    400: "The body is not JSON in UTF-8, or not a form",
    401: "No valid token",
    403: "The token's role, or the signature, does not allow this",
    404: "What is named does not exist",
    409: "The id is stored with other content; nothing was changed",
    413: "The body is larger than 64 KiB",
    422: "A field cannot be used; `errors` names each",
    503: "The database is away: nothing was stored, or `detail` says that it may be; send it again after Retry-After",
}


def answers(good: Mapping[int, str], *refusals: int) -> Responses:
    """The answers of a route: the good ones by status, and its refusals as problem documents."""
    known: Responses = {status: {"description": text} for status, text in good.items()}
    for status in refusals:
        content = {"application/problem+json": {"schema": _PROBLEM}}
        known[status] = {"description": _MEANINGS[status], "content": content}
    return known


def body(*required: str, **fields: Schema) -> dict[str, Any]:
    """A JSON object as request body; unknown keys are let through."""
    schema: Schema = {"type": "object", "required": list(required), "properties": fields}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def fields_of(described: Mapping[str, Any]) -> list[str]:
    """The fields of a body that was described by `body`."""
    return list(described["requestBody"]["content"]["application/json"]["schema"]["properties"])


def form(*required: str) -> dict[str, Any]:
    """A form as a provider posts it."""
    schema: Schema = {"type": "object", "required": list(required), "properties": dict.fromkeys(required, _TEXT)}
    content = {"application/x-www-form-urlencoded": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


def text(longest: int | None = None, **more: Any) -> Schema:
    """Text of at most so many characters."""
    return {**_TEXT, **({"maxLength": longest} if longest is not None else {}), **more}


def query(**fields: Schema) -> dict[str, Any]:
    """Optional query parameters. A name that Python keeps for itself ends in `_`."""
    parameters = [
        {"name": name.rstrip("_"), "in": "query", "required": False, "schema": schema}
        for name, schema in fields.items()
    ]
    return {"parameters": parameters}
