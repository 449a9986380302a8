"""Twilio's side of the wire: read requests, write answers in Twilio's words, and break connections."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import struct
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from doubles.twilio_account import Refusal
from doubles.twilio_calls import API
from doubles.twilio_faults import Ending, Operation, Request

_HALF_AN_ANSWER = b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"sid": "SM'


async def read_request(request: web.BaseRequest) -> Request:
    """Read the request with its whole body, as tests see it."""
    now, monotonic = datetime.now(UTC), time.monotonic()
    port = request.transport.get_extra_info("peername")[1] if request.transport is not None else 0
    path = request.path
    return Request(
        operation=_operation(request.method, path),
        method=request.method,
        path=path,
        query=dict(request.query),
        form=dict(parse_qsl(await request.text(), keep_blank_values=True)),
        at=now,
        monotonic=monotonic,
        client_port=port,
    )


def _operation(method: str, path: str) -> Operation:
    if not path.startswith(API):
        return Operation.OTHER
    _, _, resource = path.removeprefix(API).partition("/")
    if resource == "Messages.json":
        return Operation.CREATE if method == "POST" else Operation.LIST
    if resource == "Calls.json":
        return Operation.CALL if method == "POST" else Operation.CALL_LIST
    if method == "GET" and resource.startswith("Calls/"):
        return Operation.CALL_FETCH
    return Operation.FETCH if method == "GET" and resource.startswith("Messages/") else Operation.OTHER


def json_answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an answer with Twilio's usual headers."""
    text = json.dumps(body)
    named = {"Twilio-Request-Id": "RQ" + secrets.token_hex(16), "Twilio-Concurrent-Requests": "1", **(headers or {})}
    return web.Response(status=status, text=text, content_type="application/json", headers=named)


def refused(refusal: Refusal) -> web.Response:
    """The answer for a refusal, with Twilio's error code and text."""
    return json_answer(refusal.status, refusal.as_json())


def break_off(transport: asyncio.Transport, ending: Ending) -> None:
    """End the connection without a whole answer."""
    if ending is Ending.CUT:
        transport.write(_HALF_AN_ANSWER)
        transport.close()
        return
    # Zero time to linger: the peer gets a reset, not a polite end.
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
