"""A person's own page: swaps answered by form, the state of their phone, and a test page to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.browser import Browser
from tests.web.service import Service

EVENING = "2027-01-12T20:00:00-05:00"
CHLOE, ANA = "+13055550103", "+13055550101"


@pytest.fixture
def swapping(tmp_path: Path) -> Iterator[Service]:
    lines = "\nreminders: {prove_phones: true}\n"
    with Service(tmp_path, is_roster_published=True, policy_lines=lines) as service:
        yield service


def asked(service: Service) -> str:
    body = {"engineer": "ana", "day": "2027-01-12", "with": "chloe", "reason": "<b>a play</b>"}
    answer = service.post(body, by="ana", path="/v1/schedule/swaps")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def state(service: Service, code: str) -> str:
    found: list[dict[str, Any]] = service.call("GET", "/v1/schedule/swaps").json()["swaps"]
    return str(next(each["state"] for each in found if each["id"] == code))


def primary(service: Service) -> str:
    roles = service.call("GET", "/v1/oncall", params={"at": EVENING}).json()["roles"]
    return str(roles["primary"]["engineer"])


@pytest.mark.parametrize(
    ("person", "answer", "after", "holder"),
    [
        ("chloe", "accept", "accepted", "chloe"),
        ("chloe", "decline", "declined", "ana"),
        ("ana", "withdraw", "withdrawn", "ana"),
    ],
)
def test_a_swap_is_answered_once_by_the_engineer_whose_answer_it_is(
    swapping: Service, person: str, answer: str, after: str, holder: str
) -> None:
    code = asked(swapping)
    path = f"/me/swaps/{code}/{answer}"
    with Browser(swapping) as browser, Browser(swapping) as other:
        browser.sign_in(person)
        other.sign_in("ana" if person == "chloe" else "chloe")
        shown = browser.get("/me").text
        assert "<b>a play</b>" not in shown
        effect = re.search(r'href="(/board/shifts/[^"]+)"', shown)
        assert effect is not None
        assert "If Chloé Martin takes it" in browser.get(effect[1]).text
        own = browser.form("/me", path)
        # The other one has no such button, and a form that was made up is refused.
        made_up = {"form_token": other.form("/me", "/logout")["form_token"]}
        assert path not in other.get("/me").text
        assert other.send(path, made_up).status_code == 422
        assert state(swapping, code) == "asked"
        assert browser.send(path, own).status_code == 303
        assert browser.send(path, own).status_code == 422
    assert (state(swapping, code), primary(swapping)) == (after, holder)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/me/swaps/AB2/sell", 404, "there is no such form; open your own page again"),
        ("/me/swaps/AB2/accept", 404, "there is no swap &#34;AB2&#34;"),
        ("/me/swaps/%3Cscript%3E/accept", 404, "there is no swap &#34;&lt;script&gt;&#34;"),
    ],
)
def test_a_swap_that_is_none_is_refused(quiet: Service, path: str, status: int, words: str) -> None:
    with Browser(quiet) as browser:
        browser.sign_in("ana")
        answer = browser.send(path, {"form_token": browser.form("/me", "/logout")["form_token"]})
        assert (answer.status_code, words in answer.text) == (status, True), answer.text


def test_a_phone_is_unproven_until_a_text_comes_from_it(swapping: Service) -> None:
    with Browser(swapping) as browser:
        browser.sign_in("ana")
        assert "Not proven. Text READY from it to the pager's number" in browser.page("/me").get_text()
        swapping.twilio.inbound(ANA, "READY", f"{swapping.address}/webhooks/twilio/sms")
        text = " ".join(browser.page("/me").get_text(" ").split())
        assert "Proven: a text from it came Sat 2027-01-09 03:1" in text
        assert ANA not in text


def test_a_test_page_goes_to_the_visitor_s_own_phone(swapping: Service) -> None:
    with Browser(swapping) as browser:
        browser.sign_in("chloe")
        form = {**browser.form("/me", "/me/drill"), "to": "ana"}
        answer = browser.send("/me/drill", form)
        code = re.search(r"<code>ACK (\w+)</code>", answer.text)
        assert code is not None
        swapping.until(lambda: any(code[1] in message.body for message in swapping.twilio.messages))
        assert {each.to for each in swapping.twilio.messages if code[1] in each.body} == {CHLOE}
        ticket = re.search(r'href="(/board/tickets/[^"]+)">Its page', answer.text)
        assert ticket is not None
        assert "by sms" in browser.get(ticket[1]).text
        # A second click, or loading the answer again, sends no second test page.
        again = browser.send("/me/drill", form)
        assert (again.status_code, again.headers["location"]) == (303, ticket[1])
        other = browser.send("/me/drill", {**form, "drill": "T-1"})
        assert (other.status_code, "this form has no id of its own" in other.text) == (422, True)


def test_a_person_chooses_reminders_and_quiet_notices_on_their_page(swapping: Service) -> None:
    with Browser(swapping) as browser:
        browser.sign_in("chloe")
        assert "Pages always come, whatever you choose here" in browser.get("/me").text
        assert "as the policy says: none" in browser.get("/me").text
        sent = {**browser.form("/me", "/me/reminders"), "reminders": "own", "day": "yes", "quiet": "yes"}
        assert browser.send("/me/reminders", sent).headers["location"] == "/me#reminders"
        page = browser.page("/me")
        ticked = {str(each["name"]) for each in page.select('input[type="checkbox"][checked]')}
        assert ticked == {"day", "quiet"}
    stored = swapping.call("GET", "/v1/reminders?engineer=chloe").json()
    assert (stored["reminders"], stored["quiet"]) == (["day"], True)
    assert swapping.call("GET", "/v1/reminders?engineer=ana").json()["reminders"] is None
