"""Subscriptions over HTTP: forms without a script or a cookie, mail that confirms, and one click that ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup
from standardwebhooks import Webhook

from oncall.channels.mail_server import MailServer
from oncall.channels.subscriber_hook import PRIVATE
from oncall.paging.actions.subscriptions import KNOWN_HOOK
from oncall.paging.ports.relay import RelayFilter, RelayState
from oncall.web.status.subscription_routes import ASKED, ENDED, NO_MAIL, ONE_ADDRESS
from oncall.wiring.mail_settings import MailSettings
from tests.paging.world import ticket_body
from tests.relay.mailboxes import Mailbox
from tests.relay.receivers import Receiver
from tests.web.service import Service

SENDER = "status@example.com"
EVENTS = "/v1/status/events"
DOWN = {"action": "open", "title": "Portal down", "components": {"portal": "major_outage"}}


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as box:
        yield box


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Service]:
    mail = MailSettings(mailbox.server, SENDER, may_be_loopback=True)
    with Service(tmp_path_factory.mktemp("subscribed"), mail_out=mail) as running:
        yield running


def send(service: Service, path: str, **fields: object) -> httpx.Response:
    return service.call("POST", path, by=None, data=fields)


def words(answer: httpx.Response) -> str:
    return BeautifulSoup(answer.text, "html.parser").get_text(" ", strip=True)


def link(text: str, kind: str) -> str:
    found = re.search(rf"http://[^/]+(/status/{kind}/\S+)", text)
    assert found is not None, text
    return found[1].rstrip(">")


def test_a_reader_subscribes_confirms_is_told_and_leaves_with_one_click(service: Service, mailbox: Mailbox) -> None:
    form = BeautifulSoup(service.call("GET", "/status", by=None).text, "html.parser").find("form")
    assert form is not None and (form["method"], form["action"]) == ("post", "/status/subscribe")
    asked = send(service, "/status/subscribe", email="ana@example.org", component=["portal"], website="")
    assert asked.status_code == 200 and ASKED in words(asked)
    before = mailbox.wait_for(1)[0]
    assert (before["To"], before["From"]) == ("ana@example.org", SENDER)
    path = link(before.get_content(), "confirm")

    # A program that checks mail follows the link, and nothing comes of it.
    shown = service.call("GET", path, by=None)
    assert shown.status_code == 200 and "Press the button" in words(shown)
    service.post(DOWN, by="ana", path=EVENTS)
    confirmed = send(service, path)
    assert confirmed.status_code == 200 and "Notices go to ana@example.org." in words(confirmed)
    assert "set-cookie" not in confirmed.headers
    assert (confirmed.headers["referrer-policy"], confirmed.headers["cache-control"]) == ("no-referrer", "no-store")

    service.post({**DOWN, "title": "Portal slow"}, by="ana", path=EVENTS)
    notice = mailbox.wait_for(2)[1]
    assert notice["Subject"] == "[itopia CAS] Investigating: Portal slow"
    assert notice["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    manage, leave = link(notice.get_content(), "manage"), link(str(notice["List-Unsubscribe"]), "u")
    page = BeautifulSoup(service.call("GET", manage, by=None).text, "html.parser")
    assert [box["value"] for box in page.select("input[checked]")] == ["portal"]
    changed = send(service, manage, component=["portal", "dns"])
    assert "Your choice is stored" in words(changed)

    assert "Press the button" in words(service.call("GET", leave, by=None))
    for _ in range(2):
        gone = service.call("POST", leave, by=None, data={"List-Unsubscribe": "One-Click"})
        assert (gone.status_code, ENDED in words(gone)) == (200, True)
    refused = service.call("GET", manage, by=None)
    assert (refused.status_code, "this link has ended or was never made" in refused.text) == (404, True)


def test_the_answer_is_the_same_for_a_known_address_and_for_a_program_in_the_trap(
    service: Service, mailbox: Mailbox
) -> None:
    count = len(mailbox.letters)
    fresh = send(service, "/status/subscribe", email="ben@example.org")
    send(service, link(mailbox.wait_for(count + 1)[-1].get_content(), "confirm"))
    known = send(service, "/status/subscribe", email="ben@example.org")
    assert mailbox.wait_for(count + 2)[-1]["Subject"] == "Your subscription to itopia CAS"
    trapped = send(service, "/status/subscribe", email="eve@example.org", website="https://spam.example")
    assert {each.status_code for each in (fresh, known, trapped)} == {200}
    assert len({words(each) for each in (fresh, known, trapped)}) == 1
    assert service.store.read(lambda tx: tx.subscriber_at("eve@example.org")) is None


@pytest.mark.parametrize(
    ("fields", "status", "expected"),
    [
        ({}, 422, ONE_ADDRESS),
        ({"email": ["a@example.org", "b@example.org"]}, 422, ONE_ADDRESS),
        ({"email": "ana"}, 422, "this is not a mail address; write one like ana@example.com"),
        ({"email": "root@example.org"}, 422, "is a shared mailbox, which gets no notices"),
        ({"email": "ana@example.org", "component": "<b>"}, 422, "there is no component"),
        (
            {"email": "ana@example.org", "component": "x" * 70_000},
            413,
            "what you sent is too large, so nothing was stored",
        ),
    ],
)
def test_a_bad_form_is_refused_with_a_page_that_says_why(
    service: Service, fields: dict[str, object], status: int, expected: str
) -> None:
    refused = send(service, "/status/subscribe", **fields)
    assert (refused.status_code, expected in words(refused)) == (status, True), words(refused)
    assert refused.headers["content-type"].startswith("text/html")
    assert "<b>" not in refused.text


def test_a_bomb_is_refused_after_three_mails_to_one_address(service: Service) -> None:
    for _ in range(3):
        assert send(service, "/status/subscribe", email="bombed@example.org").status_code == 200
    refused = send(service, "/status/subscribe", email="bombed@example.org")
    expected = "this address was sent 3 mails today; try again tomorrow"
    assert (refused.status_code, expected in words(refused)) == (429, True)


def test_a_link_that_was_never_made_is_404(service: Service) -> None:
    for path in ("/status/confirm/nope", "/status/manage/nope"):
        refused = send(service, path)
        assert (refused.status_code, "this link has ended or was never made" in refused.text) == (404, True)


def test_without_a_mail_server_the_page_has_no_form_for_mail_and_says_why(quiet: Service) -> None:
    page = quiet.call("GET", "/status", by=None).text
    assert 'name="email"' not in page
    assert 'name="webhook"' in page
    refused = send(quiet, "/status/subscribe", email="ana@example.org")
    assert (refused.status_code, NO_MAIL in words(refused)) == (422, True)


def test_a_webhook_gets_each_update_in_the_shape_of_statuspage_until_it_ends(service: Service) -> None:
    with Receiver() as receiver:
        url = f"http://127.0.0.1:{receiver.port}/hook"
        asked = send(service, "/status/subscribe", webhook=url)
        secret = re.search(r"whsec_\S+", words(asked))
        assert asked.status_code == 200 and secret is not None
        again = send(service, "/status/subscribe", webhook=url)
        assert (again.status_code, KNOWN_HOOK in words(again)) == (409, True)
        service.post({**DOWN, "title": "Portal gone"}, by="ana", path=EVENTS)
        with receiver.changed:
            assert receiver.changed.wait_for(lambda: receiver.got, 60)
        (got,) = receiver.got
        told = Webhook(secret[0]).verify(got.body, got.headers)
        assert (told["incident"]["name"], told["incident"]["status"]) == ("Portal gone", "investigating")
        assert told["page"]["status_indicator"] == "major"
        leave = link(told["meta"]["unsubscribe"], "u")
        assert send(service, leave).status_code == 200
    assert service.store.read(lambda tx: tx.subscriber_at(url)) is None


@pytest.mark.parametrize("url", ["https://10.0.0.1/hook", "https://169.254.169.254/latest", "https://[::1]/"])
def test_a_webhook_with_a_private_address_is_refused_on_the_page(quiet: Service, url: str) -> None:
    refused = send(quiet, "/status/subscribe", webhook=url)
    assert (refused.status_code, PRIVATE in words(refused)) == (422, True)


def test_mail_for_a_server_that_is_away_waits_and_the_page_answers_as_ever(tmp_path: Path) -> None:
    away = MailSettings(MailServer("127.0.0.1", 1, is_tls=False), SENDER)
    with Service(tmp_path, mail_out=away) as alone:
        asked = send(alone, "/status/subscribe", email="ana@example.org")
        assert (asked.status_code, ASKED in words(asked)) == (200, True)

        def waiting() -> list[str | None]:
            found = alone.store.read(lambda tx: tx.relay_messages(RelayFilter()))
            return [each.error for each in found if each.state is RelayState.WAITING]

        alone.until(lambda: waiting() == ["no connection to the mail server: ConnectionRefusedError"])
        assert alone.post(ticket_body()).status_code == 202
        alone.until(lambda: len(alone.ticket()["attempts"]) > 0)
