"""Request bodies, bounded before they are read and checked before they are believed."""

from __future__ import annotations

import json
from typing import Annotated, NoReturn
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from oncall.web.problem_documents import ProblemDocument

LARGEST_BODY = 64 * 1024
LONGEST_NUMBER = 100
MOST_FORM_FIELDS = 200


async def raw_body(request: Request) -> bytes:
    """The body. Raises Problem 413 as soon as it is larger than 64 KiB."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > LARGEST_BODY:
        raise ProblemDocument(413, f"the body has {declared[:20]} bytes; {LARGEST_BODY} at most")
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise ProblemDocument(413, f"the body has more than {LARGEST_BODY} bytes")
        parts.append(part)
    return b"".join(parts)


async def json_body(request: Request) -> object:
    """The body as JSON. Raises Problem: 400 when it is none, 413 when it is too large."""
    raw = await raw_body(request)
    try:
        parsed: object = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant, parse_int=_number)
        return parsed
    except UnicodeDecodeError as error:
        raise ProblemDocument(400, f"the body is not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise ProblemDocument(400, "the body is nested too deeply") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}: {error.msg}"
        raise ProblemDocument(400, f"the body is not JSON: {where}") from error


def _no_constant(name: str) -> NoReturn:
    raise ProblemDocument(400, f"the body is not JSON: {name} is not a value of it")


def _number(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ProblemDocument(400, f"the body holds a number of more than {LONGEST_NUMBER} digits")
    return int(digits)


JsonBody = Annotated[object, Depends(json_body)]


async def form_body(request: Request) -> dict[str, str]:
    """A form post, blank fields kept. Raises Problem: 400 when it is none, 413 when it is too large."""
    raw = await raw_body(request)
    try:
        pairs = parse_qsl(
            raw.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(raw), max_num_fields=MOST_FORM_FIELDS
        )
    except ValueError as error:
        raise ProblemDocument(400, "the body is not a form") from error
    return dict(pairs)
