"""The headers of every answer, and requests whose length is ambiguous."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.paging.world import ticket_body
from tests.web.service import PATIENCE_SECONDS, Service

PATHS = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/oncall", "/nowhere"]


@pytest.mark.parametrize("by", ["mei", None])
@pytest.mark.parametrize("path", PATHS)
def test_no_answer_is_sniffed_or_stored(quiet: Service, path: str, by: str | None) -> None:
    headers = quiet.call("GET", path, by=by).headers
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


def test_a_receipt_of_a_ticket_and_a_refused_one_have_the_headers(service: Service) -> None:
    for body in (ticket_body(), {}):
        headers = service.post(body).headers
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


def test_only_a_service_with_an_https_address_makes_browsers_stay_on_https(tmp_path: Path, quiet: Service) -> None:
    assert "strict-transport-security" not in quiet.call("GET", "/healthz").headers
    with Service(tmp_path, public_url="https://oncall.example.com") as service:
        for path in PATHS:
            assert service.call("GET", path).headers["strict-transport-security"] == "max-age=31536000"


LENGTHS = ["Content-Length: 4", "Transfer-Encoding: chunked"]


@pytest.mark.parametrize("lengths", [LENGTHS, LENGTHS[::-1], ["Content-Length: 4", "Content-Length: 5"]])
@pytest.mark.parametrize("path", ["/v1/tickets", "/healthz", "/webhooks/twilio/sms"])
def test_a_request_whose_end_is_not_certain_is_refused_and_ends_the_connection(
    quiet: Service, path: str, lengths: list[str]
) -> None:
    head = [f"POST {path} HTTP/1.1", "Host: oncall", "Authorization: Bearer zendesk", *lengths]
    smuggled = ["GET /healthz HTTP/1.1", "Host: oncall"]
    request = "\r\n".join([*head, "", "0", "", *smuggled, "", ""])
    host, port = quiet.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), PATIENCE_SECONDS) as connection:
        connection.sendall(request.encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in answer
    assert answer.count(b"HTTP/1.1 ") == 1, "the request behind it is not answered"
