"""Subscriptions by SMS over HTTP: the code is typed on the page, and STOP to the status page's number ends them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from doubles.twilio_account import TwilioMessage
from oncall.paging.actions.sms_subscriptions import WRONG_CODE
from oncall.paging.domain.reachability import Reach
from oncall.web.status.subscription_routes import NO_SMS, ONE_ADDRESS, TYPE_CODE
from tests.paging.world import ticket_body
from tests.web.service import Service
from tests.web.status.test_subscriptions import DOWN, EVENTS, send, words

OWN = "+15005550019"
READER, STOPPER, ENGINEER = "+14155550123", "+14155550199", "+13055550101"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("texted"), status_sms_from=OWN) as running:
        yield running


def texts_to(service: Service, phone: str, count: int) -> list[TwilioMessage]:
    """Wait until this number has so many texts, and return them."""
    service.until(lambda: sum(each.to == phone for each in service.twilio.messages) >= count)
    return [each for each in service.twilio.messages if each.to == phone]


def form_path(page: str) -> str:
    return page.partition('action="')[2].partition('"')[0]


def test_a_reader_types_the_code_is_told_after_the_page_and_ends_it_by_stop(service: Service) -> None:
    assert 'name="phone"' in service.call("GET", "/status", by=None).text
    asked = send(service, "/status/subscribe", phone="+1 415 555 0123", component=["portal"], website="")
    assert (asked.status_code, TYPE_CODE in words(asked), READER in asked.text) == (200, True, False)
    assert "set-cookie" not in asked.headers
    path = form_path(asked.text)
    (text,) = texts_to(service, READER, 1)
    assert (text.from_, text.status_callback) == (OWN, None)
    wrong = send(service, path, code="none")
    assert (wrong.status_code, WRONG_CODE in words(wrong)) == (422, True)
    done = send(service, path, code=text.body.split()[0])
    assert done.status_code == 200 and "Notices go to the number that ends in 23." in words(done)

    service.post(DOWN, by="ana", path=EVENTS)
    told = texts_to(service, READER, 2)[1]
    assert told.from_ == OWN and told.body.startswith("itopia CAS: Investigating: Portal down (CAS portal), ")

    hook = f"{service.address}/webhooks/twilio/sms"
    assert service.twilio.inbound(READER, "Stop", hook, to=OWN) in ("", None)
    assert service.store.read(lambda tx: tx.subscriber_at(READER)) is None
    again = send(service, "/status/subscribe", phone=READER)
    assert (again.status_code, words(again)) == (200, words(asked))
    waiting = service.store.read(lambda tx: tx.relay_backlogs())
    assert [each for to, each in waiting.items() if to.startswith("sms:") and each.waiting] == []


def test_stop_to_the_status_page_leaves_an_engineers_pages_alone_and_the_other_way_round(service: Service) -> None:
    hook = f"{service.address}/webhooks/twilio/sms"
    service.twilio.inbound(ENGINEER, "STOP", hook, to=OWN)
    assert service.store.read(lambda tx: tx.opted_out()) == []
    service.twilio.inbound(STOPPER, "hello", hook, to=OWN)
    assert service.post(ticket_body("T-9")).status_code == 202
    service.until(lambda: bool(service.ticket("T-9")["attempts"]))
    service.twilio.inbound(ENGINEER, "STOP", hook)
    assert [each.state for each in service.store.read(lambda tx: tx.opted_out())] == [Reach.OPTED_OUT]


def test_a_program_in_the_trap_gets_the_same_page_and_no_text(service: Service) -> None:
    trapped = send(service, "/status/subscribe", phone="+14155550177", website="https://spam.example")
    assert (trapped.status_code, TYPE_CODE in words(trapped)) == (200, True)
    assert service.store.read(lambda tx: tx.subscriber_at("+14155550177")) is None
    assert send(service, "/status/code/none", code="123456").status_code == 422


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"phone": "12"}, "this is not a phone number with its country code; write one like +13055550101"),
        ({"phone": READER, "email": "ana@example.org"}, ONE_ADDRESS),
        ({"phone": [READER, STOPPER]}, ONE_ADDRESS),
        ({"phone": "+14155550155", "component": "<b>"}, "there is no component"),
    ],
)
def test_a_bad_form_is_refused_with_a_page_that_says_why(
    service: Service, fields: dict[str, object], expected: str
) -> None:
    refused = send(service, "/status/subscribe", **fields)
    assert (refused.status_code, expected in words(refused)) == (422, True), words(refused)
    assert "<b>" not in refused.text


def test_a_bomb_on_one_number_is_refused_after_three_codes(service: Service) -> None:
    for _ in range(3):
        assert send(service, "/status/subscribe", phone="+14155550144").status_code in (200, 429)
    refused = send(service, "/status/subscribe", phone="+14155550144")
    assert refused.status_code == 429


def test_an_engineer_gets_no_code_from_the_number_that_pages(quiet: Service) -> None:
    asked = send(quiet, "/status/subscribe", phone=ENGINEER)
    assert (asked.status_code, TYPE_CODE in words(asked)) == (200, True)
    assert quiet.store.read(lambda tx: tx.subscriber_at(ENGINEER)) is None


def test_a_page_without_texts_has_no_form_for_numbers_and_says_why(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Service(tmp_path_factory.mktemp("silent"), status_sms_from="none") as silent:
        assert 'name="phone"' not in silent.call("GET", "/status", by=None).text
        refused = send(silent, "/status/subscribe", phone=READER)
        assert (refused.status_code, NO_SMS in words(refused)) == (422, True)
