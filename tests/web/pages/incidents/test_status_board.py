"""The status page for the people who run it: forms that show their effect first, publish once, and need no script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from oncall.paging.ports.store import Transaction
from oncall.status.status_events import StatusEvent, StatusEventKind
from tests.paging.world import World, at, ticket_body
from tests.web.browser import Browser, fields_of
from tests.web.service import Service

BOARD, PREVIEW, PUBLISH = "/board/status", "/board/status/preview", "/board/status/publish"


AN_HOUR = re.compile(r"6[0-5]\.\d of")
"""Minutes of an incident that began an hour ago; the service's clock goes on while a busy machine runs the test."""


class Author(Browser):
    """A browser whose person fills in the forms of the status page."""

    def preview(self, action: str, number: int = 0, /, **values: str) -> str:
        """Fill in a form of the page, and return the text that shows its effect."""
        self.shown = self.send(PREVIEW, self.blank(action, number) | _dotted(values))
        return _text(self.shown.text)

    def blank(self, action: str, number: int = 0) -> dict[str, str]:
        """Return the fields of the page's form for an action as the page filled them."""
        return self.forms(action, BOARD)[number]

    def confirm(self, **more: str) -> Any:
        """Send the form that the last preview offered."""
        self.sent = _fields_to(self.shown.text, PUBLISH)[0] | more
        return self.send(PUBLISH, self.sent)

    def forms(self, action: str, path: str) -> list[dict[str, str]]:
        found = _fields_to(self.page(path).decode(), PREVIEW)
        return [each for each in found if each["action"] == action]

    def board(self) -> str:
        return _text(self.get(BOARD).text)


def _dotted(values: dict[str, str]) -> dict[str, str]:
    return {name.replace("component_", "component."): value for name, value in values.items()}


def _text(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


def _fields_to(html: str, action: str) -> list[dict[str, str]]:
    forms = BeautifulSoup(html, "html.parser").find_all("form", action=action)
    return [fields_of(form) for form in forms]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("status")) as service:
        yield service


def end_all(service: Service) -> None:
    """End every incident and maintenance."""
    view = status(service)
    for each in view["incidents"]:
        if each["resolved_at"] is None:
            done = {"action": "update", "incident": each["id"], "state": "resolved"}
            assert service.post(done, by="mei", path="/v1/status/events").status_code == 201
    for each in view["maintenances"]:
        if each["state"] in ("scheduled", "in_progress"):
            done = {"action": "cancel", "maintenance": each["id"]}
            assert service.post(done, by="mei", path="/v1/status/events").status_code == 201


@pytest.fixture
def mei(running: Service) -> Iterator[Author]:
    end_all(running)
    with Author(running) as browser:
        browser.sign_in("mei")
        yield browser


@pytest.fixture
def ana(running: Service) -> Iterator[Author]:
    with Author(running) as browser:
        browser.sign_in("ana")
        yield browser


def status(service: Service) -> dict[str, Any]:
    view: dict[str, Any] = service.call("GET", "/v1/status").json()
    return view


def open_incident(service: Service) -> dict[str, Any]:
    """Return the only incident that is open. Those that tests before have ended may have begun in the same second."""
    (found,) = [each for each in status(service)["incidents"] if each["resolved_at"] is None]
    return dict(found)


def opened(author: Author, title: str = "Portal down") -> str:
    """Open an incident about the portal, and return its id."""
    author.preview("open", title=title, component_portal="major_outage", message="We look into it.")
    assert author.confirm().status_code == 303
    return author.sent["new_id"]


def test_an_incident_is_shown_with_its_effect_before_it_is_public_and_then_opened_once(
    mei: Author, running: Service
) -> None:
    before = len(status(running)["incidents"])
    effect = mei.preview("open", title="Portal <down>", component_portal="major_outage", message="A & B")
    assert "Nothing is public yet." in effect
    assert "The page will say Partial System Outage ; now it says All Systems Operational." in effect
    assert "CAS portal: Operational becomes Major outage" in effect
    assert "Portal <down>" in effect
    assert len(status(running)["incidents"]) == before
    answer = mei.confirm()
    assert (answer.status_code, answer.headers["location"]) == (303, BOARD)
    assert mei.send(PUBLISH, mei.sent).status_code == 303
    incident, after = open_incident(running), len(status(running)["incidents"])
    assert (after, incident["title"], incident["updates"][0]["by"]) == (before + 1, "Portal <down>", "mei")
    assert "Partial System Outage" in running.call("GET", "/status", by=None).text
    assert "Portal <down> Investigating, impact critical" in mei.board()
    assert "Last public word just now." in mei.board()


def test_an_update_is_published_once_and_not_over_what_another_person_wrote_meanwhile(
    mei: Author, ana: Author, running: Service
) -> None:
    subject = opened(mei)
    assert "Portal down" in ana.preview("update", state="identified", message="A full disk.")
    assert ana.confirm().status_code == 303
    assert ana.send(PUBLISH, ana.sent).status_code == 303
    found = next(each for each in status(running)["incidents"] if each["id"] == subject)
    assert [(each["by"], each["state"]) for each in found["updates"]] == [
        ("mei", "investigating"),
        ("ana", "identified"),
    ]
    stale = mei.send(PUBLISH, {**ana.sent, "form_token": mei.sent["form_token"], "message": "I think so, too."})
    words = "another person has written on it since this page was shown, so nothing was published; open the page again"
    assert (stale.status_code, words in _text(stale.text)) == (409, True)
    assert "I think so, too." in stale.text
    mei.shown = stale
    assert mei.confirm().status_code == 303
    found = next(each for each in status(running)["incidents"] if each["id"] == subject)
    assert found["updates"][-1]["message"] == "I think so, too."


def test_a_template_and_a_ticket_fill_in_a_new_incident(mei: Author, running: Service) -> None:
    (form,) = mei.forms("open", f"{BOARD}?template=sign-in")
    assert (form["title"], form["message"]) == ("Sign-in is slow", "We are looking into it.")
    running.post(ticket_body("T-7"))
    link = mei.page("/board/tickets/T-7").find("a", href=f"{BOARD}?ticket=T-7#open")
    assert link is not None
    (form,) = mei.forms("open", f"{BOARD}?ticket=T-7")
    words = 'With a ticket alone, customers read the title "We are investigating a problem"'
    assert words in mei.page(BOARD).get_text()
    effect = mei.preview("open", ticket=form["ticket"], component_portal="degraded_performance")
    assert "We are investigating a problem" in effect
    assert mei.confirm().status_code == 303
    assert open_incident(running)["ticket"] == "T-7"
    assert "From T-7" in mei.board()
    subject = open_incident(running)["id"]
    ticket = mei.page("/board/tickets/T-7")
    title = "We are investigating a problem"
    assert f"Incident on the status page: {title}, investigating." in _text(str(ticket)).replace(" ,", ",")
    assert ticket.find("a", href=f"{BOARD}#i{subject}") is not None
    offer = f"{BOARD}?ticket=T-7#open"
    assert ticket.find("a", href=offer) is None
    end_all(running)
    assert mei.page("/board/tickets/T-7").find("a", href=offer) is not None


def test_a_manager_corrects_the_start_and_sees_what_the_uptime_becomes(mei: Author, running: Service) -> None:
    subject = opened(mei)
    effect = mei.preview("correct", started_at="2027-01-09T02:12", reason="first errors in the log")
    assert AN_HOUR.search(effect) and "before:" in effect
    assert mei.confirm().status_code == 303
    found = next(each for each in status(running)["incidents"] if each["id"] == subject)
    assert found["started_at"] == "2027-01-09T07:12:00+00:00"
    assert [each["reason"] for each in found["corrections"]] == ["first errors in the log"]
    assert re.search("of 99.9 % promised · " + AN_HOUR.pattern, mei.board())


def test_an_ended_incident_gets_its_postmortem_and_its_correction_in_the_browser(
    mei: Author, ana: Author, running: Service
) -> None:
    subject = opened(mei, "Portal gone for an hour")
    assert "postmortem" not in _states_for(mei, subject)
    mei.preview("update", state="resolved", message="It is up.")
    assert mei.confirm().status_code == 303
    assert "Incidents that ended in the last 14 days" in mei.board()
    assert "postmortem" in _states_for(ana, subject)
    assert ana.blank("update", _place(ana, "update", subject))["state"] == "postmortem"
    effect = ana.preview("update", _place(ana, "update", subject), message="A full disk.")
    assert "Postmortem A full disk." in effect
    assert ana.confirm().status_code == 303
    values = {"started_at": "2027-01-09T02:30", "reason": "first errors"}
    mei.preview("correct", _place(mei, "correct", subject), **values)
    assert mei.confirm().status_code == 303
    found = next(each for each in status(running)["incidents"] if each["id"] == subject)
    assert (found["state"], found["started_at"]) == ("postmortem", "2027-01-09T07:30:00+00:00")


def _states_for(author: Author, subject: str) -> list[str]:
    """Return the states that the page offers for an update of an incident."""
    forms = BeautifulSoup(author.get(BOARD).text, "html.parser").find_all("form", action=PREVIEW)
    wanted = {"action": "update", "incident": subject}
    (found,) = [form for form in forms if wanted.items() <= fields_of(form).items()]
    return [str(each["value"]) for each in found.select("select[name=state] option")]


def _place(author: Author, action: str, subject: str) -> int:
    """Return the place of the form about an incident among the forms for an action."""
    return [each["incident"] for each in author.forms(action, BOARD)].index(subject)


def test_an_engineer_has_no_form_about_the_past_and_cannot_send_one(ana: Author, mei: Author) -> None:
    opened(mei)
    assert ana.forms("correct", BOARD) == []
    assert "at" not in ana.blank("open")
    sent = ana.send(PREVIEW, ana.blank("open") | {"title": "x", "at": "2027-01-09T01:00"})
    assert (sent.status_code, "only a manager may write a time in the past" in sent.text) == (422, True)
    update = ana.blank("update")
    correction = {"form_token": update["form_token"], "action": "correct", "incident": update["incident"]}
    sent = ana.send(PREVIEW, correction | {"started_at": "2027-01-09T01:00", "reason": "x"})
    assert (sent.status_code, "only a manager may correct when an incident began" in sent.text) == (422, True)


def test_maintenance_is_announced_started_and_ended(mei: Author, running: Service) -> None:
    times = {"start": "2027-01-20T02:00", "end": "2027-01-20T04:00"}
    effect = mei.preview("announce", 0, title="Upgrade", component_api="yes", **times)
    assert "It counts as agreed maintenance, and not against the promised uptime." in effect
    assert mei.confirm().status_code == 303
    assert status(running)["maintenances"][0]["start"] == "2027-01-20T07:00:00+00:00"
    effect = mei.preview("reschedule", start="now")
    assert "API: Operational becomes Under maintenance" in effect
    assert "it is announced too late to be agreed" in effect
    assert mei.confirm().status_code == 303
    assert "API Under maintenance" in mei.board().replace("⚒ ", "")
    effect = mei.preview("cancel", message="Done early.")
    assert "The maintenance ends now, before its planned end." in effect
    assert mei.confirm().status_code == 303
    assert status(running)["maintenances"][0]["state"] == "cancelled"


def test_the_preview_of_a_cancellation_says_that_the_maintenance_is_cancelled(mei: Author) -> None:
    mei.preview("announce", title="Upgrade", component_api="yes", start="2027-01-20T02:00", end="2027-01-20T04:00")
    assert mei.confirm().status_code == 303
    effect = mei.preview("cancel", message="Not needed.")
    assert "The maintenance is cancelled: it will not begin." in effect
    assert "The page says All Systems Operational now and will still say it." in effect


@pytest.mark.parametrize(
    ("action", "values", "words"),
    [
        ("open", {"message": "Words that stay."}, 'an incident needs a title; write one like "Sign-in is slow"'),
        ("open", {"title": "x", "at": "2027-01-10T00:00"}, "is still to come; write a time up to now"),
        ("open", {"title": "x" * 201}, "the title has 201 characters; write at most 200"),
        ("open", {"title": "x", "component_nope": "major_outage"}, 'there is no component "nope" on the status page'),
        ("open", {"title": "x", "ticket": "T-404"}, "T-404"),
        ("open", {"title": "x", "message": "a\u202eb"}, "the message holds a control character"),
        ("announce", {"title": "x"}, "Start: is missing; End: is missing"),
        (
            "announce",
            {"title": "x", "start": "soon"},
            'Start: is not a time; write one like "2027-01-09T19:00", on the clock of',
        ),
        ("announce", {"title": "x", "start": "2027-03-14T02:30"}, "Start: 02:30 on 2027-03-14 does not exist"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_keeps_what_was_typed(
    mei: Author, running: Service, action: str, values: dict[str, str], words: str
) -> None:
    before = status(running)["incidents"]
    text = mei.preview(action, 0, **values)
    assert mei.shown.status_code in (404, 422)
    assert words in text
    assert _fields_to(mei.shown.text, PUBLISH) == []
    (kept,) = _fields_to(mei.shown.text, PREVIEW)
    typed = {name: value for name, value in values.items() if name in ("title", "message", "ticket")}
    assert {name: kept[name] for name in typed} == typed
    assert status(running)["incidents"] == before


def test_a_form_without_a_known_action_or_a_preview_is_refused(mei: Author) -> None:
    form = mei.blank("open")
    answer = mei.send(PREVIEW, form | {"action": "delete"})
    assert (answer.status_code, "there is no such form" in answer.text) == (404, True)
    answer = mei.send(PUBLISH, form | {"title": "x"})
    assert (answer.status_code, "preview it again" in answer.text) == (422, True)


def test_a_proposed_incident_is_published_in_the_persons_words_or_dismissed_with_a_reason(
    mei: Author, ana: Author, running: Service
) -> None:
    for name, title in (("aaaaaaaaaaa1", "Portal gone"), ("aaaaaaaaaaa2", "Portal gone again")):
        began = at("2027-01-09 03:00")
        event = StatusEvent(
            name, StatusEventKind.PROPOSED, began, began, "monitor", title=title, components={"portal": "major_outage"}
        )
        running.store.write(partial(_add, event))
    assert "They are not public. Portal gone again CAS portal is down since" in mei.board()
    effect = mei.preview("publish", 1, title="Sign-in fails", message="A full disk.")
    assert "Sign-in fails" in effect and "CAS portal: Operational becomes Major outage" in effect
    assert mei.confirm().status_code == 303
    assert mei.send(PUBLISH, mei.sent).status_code == 303
    assert "No component changes its state now." in ana.preview("dismiss", reason="a wrong address")
    assert ana.confirm().status_code == 303
    assert "They are not public." not in mei.board()
    view = status(running)
    assert "Sign-in fails" in [each["title"] for each in view["incidents"]]
    assert [(each["state"], each["reason"]) for each in view["proposals"]] == [("dismissed", "a wrong address")]


def _add(event: StatusEvent, tx: Transaction) -> None:
    tx.add_status_event(event)


def test_the_sign_in_page_leads_to_the_status_page(running: Service) -> None:
    with Author(running) as browser:
        assert 'href="/status"' in browser.get("/login").text
        assert 'href="/status"' in browser.get("/login/some-secret").text


def test_without_a_published_status_file_the_page_says_what_to_do(tmp_path: Path) -> None:
    world = World(tmp_path, now=at("2027-01-01 12:00"))
    world.publish(status="")
    world.close()
    with Service(tmp_path, is_published=False) as service, Browser(service) as browser:
        assert 'href="/status"' not in browser.get("/login").text
        browser.sign_in("mei")
        answer = browser.get(BOARD)
        words = "no status page is published; a manager adds a status file to the policy"
        assert (answer.status_code, words in answer.text) == (404, True)
