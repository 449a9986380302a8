"""Customers' pages for tests: makes a ticket with its page, records events, and reads what the page shows."""

from __future__ import annotations

from itertools import count
from typing import Any

import httpx

from tests.paging.world import ticket_body
from tests.web.browser import Browser
from tests.web.service import Service

NUMBERS = count(1)


def new_page(service: Service, **changes: Any) -> tuple[str, str]:
    """Post a ticket. Return its id and the path of its customer's page."""
    name = f"P-{next(NUMBERS)}"
    assert service.post(ticket_body(name, **{"impact": "low", **changes})).status_code == 202
    answer = service.call("POST", f"/v1/tickets/{name}/links", by="mei")
    assert (answer.status_code, answer.json()["ticket"]) == (201, name), answer.text
    assert answer.headers["cache-control"] == "no-store"
    return name, str(httpx.URL(answer.json()["url"]).path)


def record(service: Service, ticket: str, kind: str, **more: Any) -> None:
    answer = service.post({"kind": kind, **more}, by="mei", path=f"/v1/tickets/{ticket}/events")
    assert answer.status_code == 200, answer.text


def shown(browser: Browser, path: str) -> str:
    return " ".join(browser.page(path).get_text(" ").split())


def kinds(service: Service, ticket: str) -> list[str]:
    return [each["kind"] for each in service.ticket(ticket)["events"] if each["by"] == "customer"]
