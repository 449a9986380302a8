"""How a contact gets a link to the portal, and which mails the portal sends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from oncall.errors import SettingsError
from oncall.web.pages.customers.portal_routes import MAILED, TOO_MANY_LINKS
from oncall.wiring.mail_settings import MailSettings
from oncall.wiring.settings import read_settings
from tests.cli.conftest import Oncall, oncall  # noqa: F401
from tests.relay.mailboxes import Mailbox
from tests.web.api_document import ApiDocument
from tests.web.browser import Browser, has
from tests.web.pages.customers.portal_forms import CUSTOMERS, POLICY, enter, send
from tests.web.service import Service, problem


@pytest.fixture
def browser(portal: Service) -> Iterator[Browser]:
    with Browser(portal) as visitor:
        yield visitor


def test_a_contact_gets_the_link_by_mail_and_a_stranger_nothing(tmp_path: Any) -> None:
    with Mailbox() as mailbox:
        mail = MailSettings(mailbox.server, "help@itopia.example")
        with (
            Service(tmp_path, policy_lines=POLICY, customers=CUSTOMERS, mail_out=mail) as service,
            Browser(service) as browser,
        ):
            with capture_logs() as logs:
                for address in ("eve@evil.example", "x", "joe@ACME.example"):
                    has(browser.fill("/portal", "/portal/mail", contact=address), 200, MAILED)
                (letter,) = mailbox.wait_for(1)
            assert letter["To"] == "joe@acme.example"
            text = str(letter.get_content())
            path = next(line for line in text.splitlines() if "/portal/link/" in line).removeprefix(service.address)
            assert path.rpartition("/")[2] not in str(logs)
            assert browser.fill(path, "/portal/link").status_code == 303
            has(browser.get("/portal"), 200, "Acme Ltd")
            asked = [browser.send("/portal/mail", {"contact": "sue@globex.example"}) for _ in range(6)]
            assert [answer.status_code for answer in asked] == [200] * 5 + [503]
            has(asked[-1], 503, TOO_MANY_LINKS)
            strangers = [browser.send("/portal/mail", {"contact": "eve@evil.example"}) for _ in range(5)]
            assert [answer.status_code for answer in strangers] == [200] * 4 + [503]
            assert {letter["To"] for letter in mailbox.wait_for(6)} == {"joe@acme.example", "sue@globex.example"}


def test_a_service_goes_to_its_team_by_mail_once_and_pages_nobody(tmp_path: Any) -> None:
    rows = "{impacts: [{what: services, impact: low, mail: billing@itopia.example}, {impact: low}]}"
    with Mailbox() as mailbox:
        mail = MailSettings(mailbox.server, "help@itopia.example")
        lines = f"{POLICY}portal: {rows}\n"
        with Service(tmp_path, policy_lines=lines, customers=CUSTOMERS, mail_out=mail) as service:
            with Browser(service) as browser:
                hidden = {**enter(browser), "promised": "low"}
                for _ in range(2):
                    assert send(browser, hidden, what="services").status_code == 303
                assert send(browser, {**enter(browser), "promised": "low"}, what="question").status_code == 303
            (letter,) = mailbox.wait_for(1)
            listed = service.call("GET", "/v1/webhooks?to=mail:customers").json()["webhooks"]
            routed = [each["ticket"] for each in listed]
            assert len(routed) == 1
            ticket = service.ticket(routed[0])
    assert (letter["To"], letter["Reply-To"]) == ("billing@itopia.example", "joe@acme.example")
    assert letter["Subject"] == f"[{routed[0]}] Nobody can log in"
    assert "Acme Ltd wrote on the portal:" in str(letter.get_content())
    assert ticket["attempts"] == []
    reason = "It also goes to billing@itopia.example by mail (portal.impacts of the policy)."
    assert reason in ticket["verdict"]["reasons"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ([], 422, 'portal_link: a JSON object is needed, like {"contact": "joe@acme.example"}'),
        ({}, 422, "contact: missing"),
        ({"contact": 3}, 422, "contact: write text of 1 to 200 characters"),
        (
            {"contact": "eve@evil.example"},
            404,
            'no customer has the contact "eve@evil.example"; add it to `contacts:` in the customers file',
        ),
    ],
)
def test_a_link_for_no_contact_is_refused(portal: Service, body: object, status: int, words: str) -> None:
    problem(portal.post(body, by="mei", path="/v1/portal/links"), status, words)


def test_the_answer_with_a_link_is_as_the_document_describes_it(portal: Service) -> None:
    document = ApiDocument(portal.call("GET", "/openapi.json").json())
    answer = portal.post({"contact": "joe@acme.example"}, by="mei", path="/v1/portal/links").json()
    assert document.faults_of_answer("POST", "/v1/portal/links", 201, "application/json", answer) == []


@pytest.mark.parametrize("by", ["ana", "zendesk"])
def test_only_a_manager_makes_links(portal: Service, by: str) -> None:
    assert portal.post({"contact": "joe@acme.example"}, by=by, path="/v1/portal/links").status_code == 403


@pytest.mark.parametrize("is_remote", [False, True])
def test_the_terminal_makes_a_link_that_signs_in(
    portal: Service,
    browser: Browser,
    oncall: Oncall,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    is_remote: bool,
) -> None:
    if is_remote:
        monkeypatch.setenv("ONCALL_SERVER", portal.address)
        monkeypatch.setenv("ONCALL_TOKEN", "mei")
    else:
        monkeypatch.setenv("ONCALL_DATABASE_URL", f"sqlite:///{portal.file}")
        monkeypatch.setenv("ONCALL_PUBLIC_URL", portal.address)
    with capture_logs():
        made = json.loads(oncall("portal-link", "joe@acme.example", "--json").out)
    assert (made["contact"], made["customer"]) == ("joe@acme.example", "Acme Ltd")
    assert browser.fill(made["url"].removeprefix(portal.address), "/portal/link").status_code == 303


def test_a_short_secret_of_the_hosts_portal_is_refused() -> None:
    with pytest.raises(SettingsError) as refusal:
        read_settings({"ONCALL_PORTAL_SECRET": "short"})
    assert str(refusal.value) == "ONCALL_PORTAL_SECRET: the value has 5 characters; write at least 32"
