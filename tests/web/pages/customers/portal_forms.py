"""The portal for tests: its customers, a contact's sign-in, and the form as it is sent."""

from __future__ import annotations

from typing import Any

import httpx

from tests.web.browser import Browser
from tests.web.service import Service

CUSTOMERS = """
customers:
  - {name: Acme Ltd, plan: standard, contacts: ["Joe Doe <Joe@acme.example>, +1 305 555 0199"]}
  - {name: Globex, plan: business-critical, contacts: [sue@globex.example]}
"""
POLICY = "\ncustomers: customers.yaml\nmail: {recipients: [help@itopia.example]}\n"
KEY = "k" * 32
BROKEN = {"what": "broken", "who": "everyone", "way": "none", "emergency": "yes"}
TEXTS = {"subject": "Nobody can log in", "message": "Since 21:00.\nAll sites."}


def link_for(service: Service, contact: str) -> str:
    """Return the path of a new link."""
    answer = service.post({"contact": contact}, by="mei", path="/v1/portal/links")
    assert answer.status_code == 201, answer.text
    return str(httpx.URL(answer.json()["url"]).path)


def enter(browser: Browser, contact: str = "joe@acme.example") -> dict[str, str]:
    """Sign in, and return the hidden fields of the form."""
    answer = browser.fill(link_for(browser.service, contact), "/portal/link")
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal"), answer.text
    form = browser.form("/portal", "/portal/tickets")
    return {name: form[name] for name in ("form_token", "id", "promised")}


def send(browser: Browser, hidden: dict[str, str], **fields: str) -> httpx.Response:
    """Send the form, after its promise was shown."""
    return browser.send("/portal/tickets", {**hidden, **BROKEN, **TEXTS, **fields})


def tickets(service: Service) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in service.call("GET", "/v1/tickets").json()["tickets"]}
