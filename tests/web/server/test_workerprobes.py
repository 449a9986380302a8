"""A worker serves only its metrics and its state, on its own port."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import httpx
import pytest
from prometheus_client import CollectorRegistry

from doubles.loopback import listening_socket
from oncall.web.server.metrics import Metrics
from oncall.web.server.worker_probes import worker_probes
from tests.web.service import PATIENCE_SECONDS


@pytest.fixture
def problems() -> list[str]:
    return []


@pytest.fixture
def get(problems: list[str]) -> Iterator[Callable[..., httpx.Response]]:
    registry = CollectorRegistry()
    Metrics(registry).acknowledged(60.0)
    listening = listening_socket()
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    patient = httpx.Client(base_url=address, timeout=PATIENCE_SECONDS)
    seen_by = {"Bearer mei"}
    with worker_probes(listening, registry, lambda: problems, lambda header: header in seen_by), patient as http:
        yield lambda path, method="GET", **more: http.request(method, path, headers={"Connection": "close", **more})


def test_its_metrics_are_those_of_the_service(get: Callable[..., httpx.Response]) -> None:
    answer = get("/metrics?name=all")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "oncall_acknowledgements_total 1.0" in answer.text


def test_it_says_that_it_is_alive_and_well(get: Callable[..., httpx.Response]) -> None:
    assert (get("/healthz").status_code, get("/readyz").json()) == (200, {"ready": True})


def test_it_says_what_is_wrong_to_a_person_and_only_no_to_others(
    get: Callable[..., httpx.Response], problems: list[str]
) -> None:
    problems.append("the credentials are wrong")
    answer = get("/readyz", Authorization="Bearer mei")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "problems": ["the credentials are wrong"]})
    for headers in ({}, {"Authorization": "Bearer zendesk"}, {"Authorization": "mei"}):
        answer = get("/readyz", **headers)
        assert (answer.status_code, answer.json()) == (503, {"ready": False})


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz", "/nowhere"])
def test_no_answer_is_sniffed_or_stored(get: Callable[..., httpx.Response], path: str) -> None:
    headers = get(path).headers
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


def test_it_has_nothing_else(get: Callable[..., httpx.Response]) -> None:
    answer = get("/v1/tickets")
    assert (answer.status_code, answer.json()) == (404, {"detail": "a worker has /metrics, /healthz and /readyz"})


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz", "/nowhere"])
def test_head_is_answered_as_get_is_without_the_body(get: Callable[..., httpx.Response], path: str) -> None:
    shown, head = get(path), get(path, method="HEAD")
    assert (head.status_code, head.content) == (shown.status_code, b"")
    assert head.headers["content-type"] == shown.headers["content-type"]


def test_clients_that_send_nothing_keep_no_probe_out(get: Callable[..., httpx.Response]) -> None:
    at = get("/healthz").url
    silent = [socket.create_connection((at.host, at.port or 0)) for _ in range(300)]
    assert get("/healthz").status_code == 200
    for connection in silent:
        connection.close()
