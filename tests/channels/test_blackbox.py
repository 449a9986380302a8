"""The blackbox exporter: an answer of the exporter is up or down, anything else is silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from oncall.channels.blackbox import MOST_BYTES, probe_all
from oncall.status.observations import Seen

ADDRESS = "http://127.0.0.1:9115/probe?target=https://example.com&module=http_2xx"
PAGE = b"# HELP probe_success Displays whether or not the probe was a success\n# TYPE probe_success gauge\n"


def seen(answer: Callable[[httpx.Request], httpx.Response], **options: float) -> Seen:
    transport = httpx.MockTransport(answer)
    return asyncio.run(probe_all({"portal": ADDRESS}, transport=transport, **options))["portal"]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, PAGE + b"probe_success 1\n", Seen.UP),
        (200, PAGE + b"probe_success 0\n", Seen.DOWN),
        (200, PAGE + b"probe_success 1", Seen.UP),
        (200, PAGE, Seen.SILENT),
        (200, PAGE + b"probe_success 7\n", Seen.SILENT),
        (200, PAGE + b"probe_success 1\nprobe_success 0\n", Seen.SILENT),
        (200, b"\xff\x00" * 100, Seen.SILENT),
        (400, PAGE + b"probe_success 1\n", Seen.SILENT),
        (302, PAGE + b"probe_success 1\n", Seen.SILENT),
        (200, b"#" * MOST_BYTES + b"\nprobe_success 1\n", Seen.SILENT),
    ],
)
def test_each_answer_is_up_or_down_or_silence(status: int, body: bytes, expected: Seen) -> None:
    headers = {"location": "http://127.0.0.1/elsewhere"} if status == 302 else {}
    assert seen(lambda _: httpx.Response(status, content=body, headers=headers)) is expected


def test_an_exporter_that_refuses_connections_is_silent() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    assert seen(refuse) is Seen.SILENT


def test_an_exporter_that_stalls_is_silent_when_its_time_is_over() -> None:
    class Stall(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"#"
            await asyncio.Event().wait()

    assert seen(lambda _: httpx.Response(200, stream=Stall()), seconds=0.05) is Seen.SILENT


def test_the_exporter_is_told_how_long_it_may_try() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=PAGE + b"probe_success 1\n")

    assert seen(answer) is Seen.UP
    assert (str(asked[0].url), asked[0].headers["x-prometheus-scrape-timeout-seconds"]) == (ADDRESS, "8")
