"""The forms of the board: each does what the API does, once, with the rights of the person who is signed in."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from oncall.web.pages.frame.page_refusals import INCOMPLETE
from tests.paging.world import ticket_body
from tests.web.browser import Browser
from tests.web.service import Service

TICKET = "/board/tickets/T-1"


@pytest.fixture
def busy(service: Service) -> Iterator[Service]:
    assert service.post(ticket_body("T-1")).status_code == 202
    yield service


@pytest.fixture
def mei(busy: Service) -> Iterator[Browser]:
    with Browser(busy) as browser:
        browser.sign_in("mei")
        yield browser


@pytest.fixture
def ana(busy: Service) -> Iterator[Browser]:
    with Browser(busy) as browser:
        browser.sign_in("ana")
        yield browser


def events(service: Service, kind: str) -> list[dict[str, Any]]:
    return [each for each in service.ticket("T-1")["events"] if each["kind"] == kind]


def refused(answer: httpx.Response, status: int, words: str) -> None:
    assert (answer.status_code, words in answer.text) == (status, True), answer.text


def test_an_acknowledgement_is_recorded_with_its_note_and_stops_the_escalation(ana: Browser, busy: Service) -> None:
    answer = ana.fill(TICKET, f"{TICKET}/acknowledge", why="on it")
    assert (answer.status_code, answer.headers["location"]) == (303, TICKET)
    ticket = busy.ticket("T-1")
    assert (ticket["state"], ticket["owner"]) == ("acknowledged", "ana")
    assert [(each["by"], each["why"]) for each in events(busy, "acknowledged")] == [("ana", "on it")]
    shown = " ".join(ana.page(TICKET).get_text(" ").split())
    # People read names; only the terminal, whose commands take ids, prints ids.
    assert "taken by Ana Pereira" in shown
    assert "acknowledged Ana Pereira on it" in shown


def test_the_pages_of_a_ticket_show_names_and_leave_the_words_of_people_alone(ana: Browser, mei: Browser) -> None:
    timeline = " ".join(mei.page(TICKET).get_text(" ").split())
    assert "primary is Ana Pereira until Mon 2027-01-11 08:00 EST." in timeline
    assert "page oncall Ana Pereira is paged as primary" in timeline
    assert "page to Ana Pereira by sms:" in timeline
    why = "primary is ana until she sleeps"
    assert ana.fill(TICKET, f"{TICKET}/acknowledge", why=why).status_code == 303
    shown = " ".join(mei.page(TICKET).get_text(" ").split())
    assert f"acknowledged Ana Pereira {why}" in shown
    assert "take it over from Ana Pereira" in shown
    for page, browser in (("/board", mei), ("/me", ana)):
        assert "taken by Ana Pereira" in " ".join(browser.page(page).get_text(" ").split())


def test_a_form_that_is_sent_twice_acts_once(ana: Browser, busy: Service) -> None:
    form = ana.form(TICKET, f"{TICKET}/acknowledge")
    first, second = (ana.send(f"{TICKET}/acknowledge", form) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 200)
    assert 'role="status"' in second.text
    assert len(events(busy, "acknowledged")) == 1


def test_the_second_of_two_people_learns_who_has_the_ticket_and_may_take_it_over(
    ana: Browser, mei: Browser, busy: Service
) -> None:
    form = mei.form(TICKET, f"{TICKET}/acknowledge")
    assert ana.fill(TICKET, f"{TICKET}/acknowledge").status_code == 303
    refused(mei.send(f"{TICKET}/acknowledge", form), 200, "T-1 is taken by Ana")
    assert busy.ticket("T-1")["owner"] == "ana"
    assert mei.fill(TICKET, f"{TICKET}/acknowledge", take_over="yes", why="ana is ill").status_code == 303
    assert busy.ticket("T-1")["owner"] == "mei"


def test_of_two_people_who_act_at_the_same_moment_one_takes_the_ticket_and_the_other_reads_who_has_it(
    ana: Browser, mei: Browser, busy: Service
) -> None:
    forms = [(each, each.form(TICKET, f"{TICKET}/acknowledge")) for each in (ana, mei)]
    together = Barrier(len(forms))

    def act(browser: Browser, form: dict[str, str]) -> httpx.Response:
        together.wait()
        return browser.send(f"{TICKET}/acknowledge", form)

    with ThreadPoolExecutor() as threads:
        answers = list(threads.map(act, *zip(*forms, strict=True)))
    assert sorted(each.status_code for each in answers) == [200, 303]
    (taken,) = events(busy, "acknowledged")
    loser = next(each for each in answers if each.status_code == 200)
    refused(loser, 200, f"T-1 is taken by {'Ana' if taken['by'] == 'ana' else 'Mei'}")
    assert busy.ticket("T-1")["owner"] == taken["by"]


def test_a_ticket_is_passed_on_to_a_named_engineer(ana: Browser, busy: Service) -> None:
    assert ana.fill(TICKET, f"{TICKET}/pass", to="ben", why="he knows it").status_code == 303
    (passed,) = events(busy, "passed")
    assert (passed["by"], "he knows it" in passed["why"]) == ("ana", True)


def test_a_ticket_is_resolved_with_a_reason(mei: Browser, busy: Service) -> None:
    assert mei.fill(TICKET, f"{TICKET}/resolve", why="restarted").status_code == 303
    assert busy.ticket("T-1")["state"] == "resolved"
    assert "Act" not in [each.get_text() for each in mei.page(TICKET).find_all("h2")]


def test_a_reply_is_recorded_and_stops_its_clock(ana: Browser, busy: Service) -> None:
    words = "<i>We restarted it</i> \u202eand it works"
    assert ana.fill(TICKET, f"{TICKET}/reply", why=words).status_code == 303
    assert [each["by"] for each in events(busy, "replied")] == ["ana"]
    ticket = busy.ticket("T-1")
    assert ticket["owner"] == "ana"
    assert "met" in [each["state"] for each in ticket["clocks"] if each["metric"] == "first_reply"]
    shown = ana.get(TICKET).text
    assert "&lt;i&gt;We restarted it&lt;/i&gt; and it works" in shown
    assert "\u202e" not in shown


def test_the_impact_is_changed_to_another_one_of_the_policy(mei: Browser, busy: Service) -> None:
    assert mei.form(TICKET, f"{TICKET}/impact")["impact"] != "urgent"
    assert mei.fill(TICKET, f"{TICKET}/impact", impact="low", why="one user").status_code == 303
    assert busy.ticket("T-1")["ticket"]["impact"] == "low"
    refused(mei.fill(TICKET, f"{TICKET}/impact", impact="<b>"), 422, "impact")


def test_a_duplicate_is_merged_into_another_ticket(mei: Browser, busy: Service) -> None:
    assert busy.post(ticket_body("T-2")).status_code == 202
    refused(
        mei.fill(TICKET, f"{TICKET}/merge", into="T-9"),
        422,
        "T-1: there is no ticket &#34;T-9&#34; to merge it into; write it as the board does",
    )
    refused(mei.fill(TICKET, f"{TICKET}/merge", into=""), 422, "Into the ticket: write the ticket as the board does")
    assert mei.fill(TICKET, f"{TICKET}/merge", into="T-2", why="the same").status_code == 303
    assert busy.ticket("T-1")["merged_into"] == "T-2"
    assert "merged into T-2" in mei.get(TICKET).text


def test_a_refused_form_leads_back_to_its_page(ana: Browser, busy: Service) -> None:
    token = ana.form("/me", "/logout")["form_token"]
    ways = {
        f"{TICKET}/impact": TICKET,
        "/board/cover": "/board",
        "/board/drafts/none/publish": "/board/drafts/none",
        "/me/swaps/none/accept": "/me",
    }
    for path, back in ways.items():
        answer = ana.send(path, {"form_token": token})
        assert answer.status_code >= 400, answer.text
        assert f'<a href="{back}">Back to ' in answer.text, path


def test_the_timeline_says_whether_each_message_arrived(mei: Browser, busy: Service) -> None:
    busy.until(lambda: bool(busy.twilio.messages))
    busy.until(lambda: "page to Ana Pereira by sms: " in mei.get(TICKET).text)


def test_what_the_api_refuses_the_form_refuses_with_the_name_of_its_field(ana: Browser, busy: Service) -> None:
    long = ana.fill(TICKET, f"{TICKET}/resolve", why="x" * 2000)
    api = busy.post({"kind": "resolved", "why": "x" * 2000}, by="ana", path="/v1/tickets/T-1/events")
    reason = api.json()["errors"][0]["message"]
    refused(long, api.status_code, f"Note or reason: {reason}")
    token = ana.form(TICKET, f"{TICKET}/pass")
    refused(ana.send("/board/tickets/T-9/pass", token), 404, "T-9")
    refused(ana.send(f"{TICKET}/delete", token), 404, "there is no such form; open the ticket&#39;s page again")
    refused(ana.get("/board/tickets/T-9"), 404, "T-9")
    assert busy.ticket("T-1")["state"] == "open"


def test_a_manager_lets_an_engineer_take_over_the_running_shift(mei: Browser, busy: Service) -> None:
    answer = mei.fill("/board", "/board/cover", by="chloe", reason="ana is ill")
    assert (answer.status_code, answer.headers["location"]) == (303, "/board")
    duty = busy.call("GET", "/v1/oncall").json()["roles"]["primary"]
    assert (duty["engineer"], duty["override"]) == ("chloe", "ana is ill")
    assert "P△" in mei.get("/board?weeks=4").text


def test_a_form_that_shows_an_old_schedule_is_refused(mei: Browser, busy: Service) -> None:
    form = mei.form("/board", "/board/cover") | {"by": "chloe", "reason": "ana is ill"}
    assert mei.send("/board/cover", form).status_code == 303
    versions = len(busy.call("GET", "/v1/schedule/versions").json()["versions"])
    assert mei.send("/board/cover", form).status_code == 422
    refused(mei.send("/board/cover", {**form, "by": "dmitri"}), 412, "the schedule")
    refused(mei.send("/board/cover", {**form, "version": "x"}), 422, INCOMPLETE)
    assert len(busy.call("GET", "/v1/schedule/versions").json()["versions"]) == versions


def test_an_engineer_takes_over_in_their_own_name_alone(ana: Browser, busy: Service) -> None:
    with Browser(busy) as chloe:
        chloe.sign_in("chloe")
        form = chloe.form("/board", "/board/cover")
        assert "by" not in form
        words = "only Dmitri Volkov or a manager can do this, so nothing was changed"
        refused(chloe.send("/board/cover", {**form, "by": "dmitri"}), 403, words)
        assert chloe.send("/board/cover", form).status_code == 303
    assert busy.call("GET", "/v1/oncall").json()["roles"]["primary"]["engineer"] == "chloe"


def test_an_override_reads_its_times_on_the_clock_of_the_policy(mei: Browser, busy: Service) -> None:
    values = {"from": "2027-01-12T19:01", "to": "2027-01-13T08:00", "reason": "a concert", "engineer": "chloe"}
    assert mei.fill("/board", "/board/override", **values).status_code == 303
    duty = busy.call("GET", "/v1/oncall?at=2027-01-12T22:00:00-05:00").json()["roles"]["primary"]
    assert (duty["engineer"], duty["override"], duty["until"]) == ("chloe", "a concert", "2027-01-13T08:00:00-05:00")
    assert "P◇" in mei.get("/board?weeks=4").text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"from": "soon"},
            "From: is not a time; write one like &#34;2027-01-09T19:00&#34;, on the clock of America/New_York",
        ),
        ({"from": "2027-03-14T02:30"}, "From: 02:30 on 2027-03-14 does not exist in America/New_York"),
        ({"from": ""}, "From: missing"),
        ({"reason": " "}, "Reason: is empty; say why, because the history shows it"),
        ({"to": "2027-01-12T19:00"}, "To: must be after the time in From"),
    ],
)
def test_an_override_that_cannot_be_is_refused_and_changes_nothing(
    mei: Browser, busy: Service, values: dict[str, str], words: str
) -> None:
    good = {"from": "2027-01-12T19:01", "to": "2027-01-13T08:00", "reason": "a concert", "engineer": "chloe"}
    refused(mei.fill("/board", "/board/override", **(good | values)), 422, words)
    assert len(busy.call("GET", "/v1/schedule/versions").json()["versions"]) == 1


def test_an_engineer_puts_on_call_no_other_engineer(ana: Browser, busy: Service) -> None:
    values = {"from": "2027-01-12T19:01", "to": "2027-01-13T08:00", "reason": "a concert"}
    words = "only Chloé Martin or a manager can do this, so nothing was changed"
    refused(ana.fill("/board", "/board/override", engineer="chloe", **values), 403, words)


def test_a_change_is_taken_back_beside_it(mei: Browser, busy: Service) -> None:
    assert mei.fill("/board", "/board/cover", by="chloe", reason="ana is ill").status_code == 303
    form = mei.form("/board", "/board/undo") | {"reason": "ana is well again"}
    assert form["undo"] == "2"
    shown = " ".join(mei.page("/board").get_text().split())
    assert "Chloé Martin is primary, Sat 2027-01-09 03:12 EST to Mon 2027-01-11 08:00 EST." in shown
    assert "Take back cover 2" in shown
    assert mei.send("/board/undo", form).status_code == 303
    assert busy.call("GET", "/v1/oncall").json()["roles"]["primary"]["engineer"] == "ana"
    assert "(taken back by 3)" in mei.get("/board").text
    refused(mei.send("/board/undo", form), 422, "version 2")
    assert len(busy.call("GET", "/v1/schedule/versions").json()["versions"]) == 3


def test_an_engineer_takes_back_their_own_changes_alone(mei: Browser, ana: Browser, busy: Service) -> None:
    assert mei.fill("/board", "/board/cover", by="chloe", reason="ana is ill").status_code == 303
    form = ana.form("/board", "/board/override")
    sent = {"form_token": form["form_token"], "version": form["version"], "undo": "2", "reason": "no"}
    refused(ana.send("/board/undo", sent), 403, "only Mei Lin or a manager can do this, so nothing was changed")
    refused(ana.send("/board/undo", {**sent, "undo": "x"}), 422, INCOMPLETE)
    assert "Take back cover 2" not in ana.get("/board").text
