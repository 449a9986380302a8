"""Describes a route for the OpenAPI document: its query, its forms, and every answer that it can give.

A view is a TypedDict that describes a JSON answer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from oncall.web.edge.problem_documents import PROBLEM_MEDIA, ProblemBody
from oncall.web.edge.response_models import model_of

Part = dict[str, Any]  # type: ignore[explicit-any]  # FastAPI takes and gives parts of the document as plain JSON
Responses = dict[int | str, Part]

_JSON = "application/json"
_REFERENCE = "#/components/schemas/{model}"
_MEANINGS = {
    400: "The body is not JSON in UTF-8, repeats a key, or is not a form",
    401: "No valid token",
    403: "The token's role, or the signature, does not allow this",
    404: "What the request names does not exist",
    409: "The id is stored with other content, or the word names two tickets; nothing was changed",
    412: "The schedule has a newer version than `If-Match` names; nothing was changed",
    413: "The body is larger than 64 KiB; a plan may have 4 MiB",
    422: "A field cannot be used; `errors` names each",
    429: "Too many requests of this address or caller were refused. Wait for Retry-After",
    500: "The service failed; its log says why",
    503: (
        "The database is away, the service is overloaded, or the caller is over its rate limit: nothing was stored, or "
        "`detail` says that it may have been. Send the request again after Retry-After"
    ),
}


class ViewReference(str):
    """A `$ref` to the schema of a view, which also carries the view itself.

    So the schema is made only when the document is needed. To make all schemas takes half a second, which would delay
    every start.
    """

    view: type

    def __new__(cls, view: type) -> Self:
        """Return a `$ref` to the schema of a view, which is a TypedDict."""
        made = super().__new__(cls, _REFERENCE.format(model=view.__name__))
        made.view = view
        return made

    def __deepcopy__(self, _: object) -> str:
        """Return the plain text of the reference. FastAPI deep-copies it into the document."""
        return str(self)


@dataclass(frozen=True, slots=True)
class Answer:
    """One successful answer of a route. view: the TypedDict of a JSON answer.

    other_media: the media types of answers that are not JSON. other_view: the TypedDict of the shorter answer to
    callers who may not read `view`.
    """

    description: str
    view: type | None = None
    other_media: tuple[str, ...] = ()
    other_view: type | None = None
    has_etag: bool = False
    """True if the answer has an ETag, which a later request can send as `If-Match`."""

    def part(self) -> Part:
        """Return the description of this answer for the OpenAPI document."""
        part: Part = {"description": self.description}
        references = [{"$ref": ViewReference(view)} for view in (self.view, self.other_view) if view is not None]
        if self.has_etag:
            words = "The newest version of the schedule, for `If-Match`"
            part["headers"] = {"ETag": {"description": words, "schema": {"type": "string"}}}
        content: Part = {media: {"schema": {"type": "string"}} for media in self.other_media}
        if references:
            content[_JSON] = {"schema": references[0] if len(references) == 1 else {"anyOf": references}}
        return {**part, "content": content} if content else part


def answers(good: Mapping[int, Answer], *refusals: int) -> Responses:
    """Return the description of all answers of a route: the successful ones by status, and problem documents for
    refusals.

    Adds 429, which in a flood replaces 400, 401, 403 and 422, if one of these is among the refusals.
    """
    known: Responses = {status: answer.part() for status, answer in good.items()}
    reference = {"$ref": _REFERENCE.format(model=ProblemBody.__name__)}
    floods = (429,) if {400, 401, 403, 422} & set(refusals) else ()
    for status in sorted({*refusals, *floods, 500}):
        known[status] = {"description": _MEANINGS[status], "content": {PROBLEM_MEDIA: {"schema": reference}}}
    return known


def query(model: type[BaseModel]) -> Part:
    """Return the description of a route's query parameters, one for each field of the model."""
    schema = model.model_json_schema()
    assert "$defs" not in schema, "a query parameter is a plain value"
    required = schema.get("required", ())
    parameters = []
    for name, field in schema["properties"].items():
        description = field.pop("description", None)
        if field.get("default") in ("", None):
            field.pop("default", None)
        # A field that is absent has no value: a query cannot hold null.
        kinds = [kind for kind in field.pop("anyOf", ()) if kind != {"type": "null"}]
        field |= kinds[0] if kinds else {}
        parameter = {"name": name, "in": "query", "required": name in required, "schema": field}
        parameters.append(parameter if description is None else {**parameter, "description": description})
    return {"parameters": parameters}


def if_match() -> Part:
    """Return the description of the `If-Match` header, with which a change names the version that the caller knows."""
    words = "The ETag of the schedule as you read it. With a newer version the change is refused. Optional."
    schema = {"type": "string", "pattern": r'^(\*|"[0-9]{1,9}")$', "examples": ['"12"']}
    return {
        "parameters": [{"name": "If-Match", "in": "header", "required": False, "description": words, "schema": schema}]
    }


def form(model: type[BaseModel], example: Mapping[str, str]) -> Part:
    """Return the description of a form body, as a provider posts it."""
    shown = {"form": {"value": dict(example)}}
    content = {"application/x-www-form-urlencoded": {"schema": model.model_json_schema(), "examples": shown}}
    return {"requestBody": {"required": True, "content": content}}


class DescribedApp(FastAPI):
    """An application whose OpenAPI document includes the schemas of all views that its routes refer to.

    The document is rendered once, at the first request for it, because it has hundreds of kilobytes. That takes a
    second of processor time. A thread does it, so that no page to an engineer has to wait.
    """

    described: Sequence[BaseRoute] = ()
    """The routes whose views get a schema in the document."""

    def setup(self) -> None:
        """Add the route that serves the OpenAPI document."""
        assert self.openapi_url is not None
        self._rendering = asyncio.Lock()
        self._rendered: bytes | None = None
        self.add_route(self.openapi_url, self._description, include_in_schema=False)

    def openapi(self) -> Part:
        """Return the OpenAPI document as a dict, with the schemas of all views."""
        document = super().openapi()
        views = dict.fromkeys([ProblemBody, *_views_in(self.described)])
        _, found = models_json_schema([(model_of(view), "serialization") for view in views], ref_template=_REFERENCE)
        schemas = document["components"]["schemas"] | found["$defs"]
        document["components"]["schemas"] = dict(sorted(schemas.items()))
        return document

    async def _description(self, request: Request) -> Response:
        async with self._rendering:
            if self._rendered is None:
                self._rendered = await asyncio.to_thread(self._render)
        return Response(self._rendered, media_type="application/json")

    def _render(self) -> bytes:
        return json.dumps(self.openapi(), ensure_ascii=False, separators=(",", ":")).encode()


def _views_in(routes: Iterable[BaseRoute]) -> Iterator[type]:
    """Yield the views to which the answers of these routes refer."""
    for route in routes:
        for part in route.responses.values() if isinstance(route, APIRoute) else ():
            schema = part.get("content", {}).get(_JSON, {}).get("schema", {})
            for each in schema.get("anyOf", [schema]):
                if isinstance(reference := each.get("$ref"), ViewReference):
                    yield reference.view
