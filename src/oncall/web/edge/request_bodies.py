"""Reads the bodies of requests, JSON and forms. A body may have 64 KiB; one with a plan may have more."""

from __future__ import annotations

from typing import Generic, Self, TypeVar, get_args
from urllib.parse import parse_qs

from fastapi import Request
from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from oncall.paging.actions.posted_json import LARGEST_BODY, BadJson, json_from
from oncall.web.edge.problem_documents import ProblemDocument

MOST_FORM_FIELDS = 200
LARGEST_PLAN = 4 * 1024 * 1024
"""The most bytes of a body with a plan, its roster and its policy."""


async def raw_body(request: Request, most: int = LARGEST_BODY) -> bytes:
    """Return the body. Raises ProblemDocument 413 as soon as it has more than `most` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > most:
        raise ProblemDocument(413, f"the body has more than {most} bytes")
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise ProblemDocument(413, f"the body has more than {most} bytes")
        parts.append(part)
    return b"".join(parts)


async def sender_body(request: Request, most: int) -> tuple[bytes, bool]:
    """Return the body of a sender's request, and True if it has more than `most` bytes.

    Only the beginning of a longer body is read and returned.
    """
    declared = request.headers.get("content-length", "")
    is_too_large = declared.isascii() and declared.isdigit() and int(declared[:20]) > most
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        parts.append(part)
        if size > (LARGEST_BODY if is_too_large else most):
            return b"".join(parts)[: LARGEST_BODY + 1], True
    return b"".join(parts), is_too_large


async def json_body(request: Request, most: int = LARGEST_BODY) -> object:
    """Return the JSON value of the body. Raises ProblemDocument: 400 if it is not JSON, 413 if it is too large."""
    raw = await raw_body(request, most)
    try:
        return json_from(raw)
    except BadJson as refusal:
        raise ProblemDocument(400, f"the body {refusal}") from refusal


ModelT = TypeVar("ModelT", bound=BaseModel)


class Posted(Generic[ModelT]):
    """A JSON body. The model describes it in `/openapi.json`; the code that uses `document` also checks it."""

    most = LARGEST_BODY
    """The most bytes that the body may have."""

    def __init__(self, document: object) -> None:
        self.document = document

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Self], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Make FastAPI document the model instead of this class."""
        (model,) = get_args(source)
        return handler(model)

    @classmethod
    async def read(cls, request: Request) -> Self:
        """Read the body of a request. Raises ProblemDocument as `json_body` does."""
        return cls(await json_body(request, cls.most))


class PostedPlan(Posted[ModelT]):
    """A JSON body with a plan, which may be larger than other bodies."""

    most = LARGEST_PLAN


async def form_body(request: Request, most: int = LARGEST_BODY) -> dict[str, list[str]]:
    """Return the form in the body: each field with all its values, also empty ones.

    Raises ProblemDocument: 400 if the body is not a form, 413 if it is too large.
    """
    raw = await raw_body(request, most)
    try:
        return parse_qs(
            raw.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(raw), max_num_fields=MOST_FORM_FIELDS
        )
    except ValueError as error:
        raise ProblemDocument(400, "the body is not a form") from error
