"""The page of a customer's ticket: what it shows, what its forms do, and who cannot open it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from oncall.paging.actions.action_checks import LONGEST_MESSAGE
from oncall.reports.answer_times import AnswerTimes
from oncall.web.desk_answers import COUNTED_EVERY, DeskAnswers, recent_answers
from oncall.web.flood_gate import FloodGate
from oncall.web.pages.customer_routes import NO_TICKET, TOO_MANY
from tests.cli.conftest import Oncall, oncall  # noqa: F401
from tests.paging.world import at, ticket_body
from tests.web.browser import Browser
from tests.web.service import Service, problem

NUMBERS = count(1)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Saturday night. Each test works on a ticket of its own."""
    with Service(
        tmp_path_factory.mktemp("desk"), policy_lines="\nmail: {recipients: [help@itopia.example]}\n"
    ) as service:
        yield service


@pytest.fixture
def browser(desk: Service) -> Iterator[Browser]:
    with Browser(desk) as visitor:
        yield visitor


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


def has(answer: httpx.Response, status: int, words: str) -> None:
    assert (answer.status_code, words in answer.text) == (status, True), answer.text


def test_the_page_shows_the_state_the_promised_times_and_who_has_it(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk, impact="high")
    words = shown(browser, path)
    assert "We have your ticket. Work on it starts Mon 2027-01-11 00:00 EST. Impact: high." in words
    assert "First reply by Mon 2027-01-11 " in words
    record(desk, ticket, "acknowledged", by="ben")
    words = shown(browser, path)
    assert "Ben has your ticket." in words
    assert "Ben took your ticket" in words
    record(desk, ticket, "waiting", by="ben")
    assert "Ben waits for your answer." in shown(browser, path)
    assert "write to help@itopia.example" in words


def test_the_page_shows_the_conversation_and_none_of_our_notes(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    record(desk, ticket, "customer_replied", message="It is slow\nsince noon", why="from the help desk")
    record(desk, ticket, "replied", by="ana", message="We are on it.", why="probably their own firewall")
    record(desk, ticket, "updated", by="helpdesk", why="called them")
    words = shown(browser, path)
    assert "You wrote: It is slow since noon" in words
    assert "Ana wrote to you: We are on it." in words
    assert "Our support team wrote to you." in words
    for hidden in ("firewall", "called them", "from the help desk", "+1305", "mei", "helpdesk"):
        assert hidden not in words


def test_a_message_counts_as_the_customers_and_its_words_are_kept(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    answer = browser.fill(path, f"{path}/message", message="Now it is red.\r\nSee:  a  b")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    last = desk.ticket(ticket)["events"][-1]
    assert (last["kind"], last["by"], last["why"]) == (
        "customer_replied", "customer", "the customer wrote on the ticket's page",
    )  # fmt: skip
    assert last["details"]["text"] == "Now it is red.\nSee:  a  b"
    assert "You wrote: Now it is red. See: a b" in shown(browser, path)


def test_a_form_that_is_sent_twice_acts_once_and_other_words_are_not_lost(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    form = browser.form(path, f"{path}/message")
    for words in ("one", "one", "two"):
        assert browser.send(f"{path}/message", {**form, "message": words}).status_code == 303
    said = [each["details"]["text"] for each in desk.ticket(ticket)["events"] if each["kind"] == "customer_replied"]
    assert said == ["one", "two"]


def test_it_got_worse_raises_the_impact_one_step_also_from_two_tabs(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    forms = [browser.form(path, f"{path}/worse") for _ in range(2)]
    for form in (forms[0], forms[0], forms[1]):
        assert browser.send(f"{path}/worse", form).status_code == 303
    assert desk.ticket(ticket)["ticket"]["impact"] == "normal"
    for impact in ("high", "urgent"):
        assert browser.fill(path, f"{path}/worse").status_code == 303
        assert desk.ticket(ticket)["ticket"]["impact"] == impact
    assert "It got worse" not in shown(browser, path)
    assert kinds(desk, ticket) == ["impact_changed"] * 3
    assert [each["purpose"] for each in desk.ticket(ticket)["attempts"]] == ["page"]


def test_it_is_solved_resolves_the_ticket_and_a_message_opens_it_again(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    late = browser.form(path, f"{path}/worse")
    form = browser.form(path, f"{path}/solved")
    browser.send(f"{path}/solved", form)
    browser.send(f"{path}/solved", form)
    assert desk.ticket(ticket)["state"] == "resolved"
    assert kinds(desk, ticket) == ["resolved"]
    assert "Solved. Impact: low." in shown(browser, path)
    has(browser.send(f"{path}/worse", late), 409, "This ticket is solved already. Write a message to open it again.")
    assert browser.fill(path, f"{path}/message", message="it is back").status_code == 303
    assert desk.ticket(ticket)["state"] == "open"
    assert "The ticket was opened again" in shown(browser, path)


@pytest.mark.parametrize("size", [LONGEST_MESSAGE + 1, 1_000_000])
def test_a_message_that_is_too_long_comes_back_with_its_words(desk: Service, browser: Browser, size: int) -> None:
    ticket, path = new_page(desk)
    typed = "<b>" + "x" * (size - 3)
    answer = browser.fill(path, f"{path}/message", message=typed)
    has(answer, 422, f'<a href="#message">Message</a>: has {size:,} characters; write at most 10,000')
    assert "&lt;b&gt;" + "x" * (size - 3) in answer.text
    assert kinds(desk, ticket) == []


@pytest.mark.parametrize(("typed", "words"), [("", "is empty"), (" \u202e\r\n ", "is empty")])
def test_an_empty_message_is_refused_in_words(desk: Service, browser: Browser, typed: str, words: str) -> None:
    ticket, path = new_page(desk)
    has(browser.fill(path, f"{path}/message", message=typed), 422, f'<a href="#message">Message</a>: {words}')
    assert kinds(desk, ticket) == []


def test_a_body_beyond_every_message_is_refused_unread(desk: Service, browser: Browser) -> None:
    _, path = new_page(desk)
    answer = browser.fill(path, f"{path}/message", message="x" * 4_200_000)
    has(answer, 413, " bytes; 4194304 at most")


def test_html_bidi_and_control_characters_of_a_customer_do_nothing(desk: Service, browser: Browser) -> None:
    _, path = new_page(desk, subject="<script>alert(1)</script> \u202egpj.exe\x07")
    text = '</blockquote><img src=x onerror="a()">\u202eevil\x1b[2J\u2066\nnext'
    browser.fill(path, f"{path}/message", message=text)
    raw = browser.get(path).text
    assert "<script>" not in raw
    assert "<img" not in raw
    for letter in "\u202e\u2066\x07\x1b":
        assert letter not in raw
    assert "&lt;/blockquote&gt;&lt;img src=x" in raw


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
    ],
)
def test_a_form_of_another_site_changes_nothing(desk: Service, browser: Browser, headers: dict[str, str]) -> None:
    ticket, path = new_page(desk)
    form = browser.form(path, f"{path}/solved")
    has(browser.http.post(f"{path}/solved", data=form, headers=headers), 403, "was not sent from a page")
    assert desk.ticket(ticket)["state"] == "open"


@pytest.mark.parametrize("origin", ["null", None])
def test_an_older_browser_that_sends_no_origin_from_this_page_may_write(
    desk: Service, browser: Browser, origin: str | None
) -> None:
    ticket, path = new_page(desk)
    form = browser.form(path, f"{path}/solved")
    headers = {"Origin": origin} if origin is not None else {}
    assert browser.http.post(f"{path}/solved", data=form, headers=headers).status_code == 303
    assert desk.ticket(ticket)["state"] == "resolved"


@pytest.mark.parametrize("form", ["", "x", "0" * 17])
def test_a_form_without_its_id_is_refused(desk: Service, browser: Browser, form: str) -> None:
    ticket, path = new_page(desk)
    words = "this form is not complete; open the page again and send it from there"
    has(browser.send(f"{path}/message", {"id": form, "message": "kept"}), 422, words)
    assert kinds(desk, ticket) == []


def test_a_secret_opens_its_own_ticket_alone(desk: Service, browser: Browser) -> None:
    (first, path), (second, other) = new_page(desk), new_page(desk, customer="Globex")
    form = browser.form(path, f"{path}/solved")
    assert first in shown(browser, path)
    assert second not in shown(browser, path)
    assert "Globex" not in browser.get(path).text
    for wrong in ("/t/x", "/t/" + "A" * 22, "/t/" + "A" * 200, path[:-1], f"/t/{first}"):
        has(browser.get(wrong), 404, NO_TICKET)
        has(browser.send(f"{wrong}/solved", form), 404, NO_TICKET)
    assert {desk.ticket(each)["state"] for each in (first, second)} == {"open"}
    assert len(other.rpartition("/")[2]) == 22


def test_a_duplicate_shows_the_ticket_that_it_was_merged_into(desk: Service, browser: Browser) -> None:
    (duplicate, path), (ticket, _) = new_page(desk), new_page(desk, subject="The real one")
    record(desk, duplicate, "merged", into=ticket)
    assert f"Ticket {duplicate}: The real one" in shown(browser, path)
    browser.fill(path, f"{path}/message", message="still slow")
    assert kinds(desk, ticket) == ["customer_replied"]
    assert "You wrote: still slow" in shown(browser, path)


def test_revoked_links_open_nothing(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    form = browser.form(path, f"{path}/solved")
    answer = desk.call("POST", f"/v1/tickets/{ticket}/links/revoke", by="mei")
    assert answer.json() == {"ticket": ticket, "revoked": 1}
    has(browser.get(path), 404, NO_TICKET)
    has(browser.send(f"{path}/solved", form), 404, NO_TICKET)
    again = desk.call("POST", f"/v1/tickets/{ticket}/links/revoke", by="mei")
    problem(again, 404, f"{ticket} has no link; `oncall tickets link {ticket}` makes one")


def test_a_ticket_has_at_most_twenty_links(desk: Service) -> None:
    ticket, _ = new_page(desk)
    answers = [desk.call("POST", f"/v1/tickets/{ticket}/links", by="mei") for _ in range(20)]
    assert [answer.status_code for answer in answers] == [201] * 19 + [422]
    words = f"{ticket} has 20 links already; `oncall tickets link {ticket} --revoke` revokes them all"
    problem(answers[-1], 422, words)


def test_the_address_is_in_no_log_and_no_referer(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _, path = new_page(service)
    with Browser(service) as browser, capture_logs() as logs:
        answer = browser.get(path)
        browser.send(f"{path}/message", {"id": "x"})
        browser.send(f"{path}/nothing", {})
        browser.get(f"/t/{path[3:]}x")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in answer.text
    own = [each.getMessage() for each in caplog.records if not each.name.startswith("http")]
    assert path.rpartition("/")[2] not in f"{logs}{own}"
    assert {line["path"] for line in logs if line.get("action") == "refused"} == {"/t/..."}


def test_too_many_forms_are_answered_with_what_was_typed(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    gate = FloodGate(burst=1, per_second=0)
    gates = desk.app.state.running.services
    usual = gates.customer_forms
    object.__setattr__(gates, "customer_forms", gate)
    try:
        form = browser.form(path, f"{path}/message")
        assert browser.send(f"{path}/message", {**form, "message": "one"}).status_code == 303
        answer = browser.send(f"{path}/message", {**form, "message": "keep me"})
    finally:
        object.__setattr__(gates, "customer_forms", usual)
    has(answer, 503, TOO_MANY)
    assert "keep me</textarea>" in answer.text
    assert kinds(desk, ticket) == ["customer_replied"]


def test_a_reply_of_the_board_reaches_the_customers_page(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    with Browser(desk) as board:
        board.sign_in("mei")
        own = f"/board/tickets/{ticket}"
        form = board.form(own, f"{own}/reply")
        for _ in range(2):
            board.send(f"{own}/reply", {**form, "message": "Please try again."})
    assert "Mei wrote to you: Please try again." in shown(browser, path) or "Our support team wrote" in shown(
        browser, path
    )
    assert shown(browser, path).count("Please try again.") == 1


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (7, "message: is not text of at most 10,000 characters"),
        ("x" * 10_001, "message: has 10,001 characters; write at most 10,000"),
        (" \n", "message: is empty"),
    ],
)
def test_the_api_refuses_words_that_no_page_can_show(desk: Service, message: object, words: str) -> None:
    ticket, _ = new_page(desk)
    path = f"/v1/tickets/{ticket}/events"
    problem(desk.post({"kind": "replied", "message": message}, by="mei", path=path), 422, words)


def test_words_beside_another_kind_are_left_out_with_a_warning(desk: Service) -> None:
    ticket, _ = new_page(desk)
    answer = desk.post({"kind": "waiting", "message": "hello"}, by="mei", path=f"/v1/tickets/{ticket}/events")
    assert answer.json()["warnings"] == [
        '"message" counts for customer_replied, replied, updated alone and was left out.'
    ]


@pytest.mark.parametrize("is_remote", [False, True])
def test_the_terminal_keeps_the_words_and_makes_and_revokes_links(
    desk: Service,
    browser: Browser,
    oncall: Oncall,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    is_remote: bool,
) -> None:
    ticket, _ = new_page(desk)
    if is_remote:
        monkeypatch.setenv("ONCALL_SERVER", desk.address)
        monkeypatch.setenv("ONCALL_TOKEN", "mei")
    else:
        monkeypatch.setenv("ONCALL_DATABASE_URL", f"sqlite:///{desk.file}")
        monkeypatch.setenv("ONCALL_PUBLIC_URL", desk.address)
    with capture_logs():
        oncall("reply", ticket, "--message", "Restarted the broker.", "--by", "ana" if not is_remote else "mei")
        made = json.loads(oncall("tickets", "link", ticket, "--json").out)
        path = made["url"].removeprefix(desk.address)
        assert "Restarted the broker." in shown(browser, path)
        assert 'replied: "Restarted the broker."' in oncall("tickets", "show", ticket, "--timeline").out
        assert oncall("tickets", "link", ticket, "--revoke").out == f"Revoked 2 links of {ticket}.\n"
    assert browser.get(path).status_code == 404


def stream(browser: Browser, path: str, **headers: str) -> Any:
    return browser.http.stream("GET", f"{path}/events", headers=headers)


def next_mark(answer: httpx.Response) -> str:
    """Return the id of the next event of a stream."""
    return next(line for line in answer.iter_lines() if line.startswith("id: ")).removeprefix("id: ")


def test_an_open_page_is_told_of_its_own_ticket_alone_and_a_stream_resumes(desk: Service, browser: Browser) -> None:
    (ticket, path), (other, _) = new_page(desk), new_page(desk, customer="Globex")
    body = browser.page(path).body
    assert body is not None
    before = str(body["data-at"])
    assert body["data-stream"] == f"{path}/events"
    record(desk, other, "replied", by="ana", message="for Globex")
    assert browser.page(path).body["data-at"] == before  # type: ignore[index]
    with stream(browser, f"{path}", **{"Last-Event-ID": before}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert (answer.headers["x-accel-buffering"], answer.headers["referrer-policy"]) == ("no", "no-referrer")
        record(desk, other, "replied", by="ana", message="for Globex again")
        record(desk, ticket, "replied", by="ana", message="We are on it.")
        # The first event is about this ticket: the mark is the one of the page now.
        assert next_mark(answer) == browser.page(path).body["data-at"]  # type: ignore[index]
    with stream(browser, path, **{"Last-Event-ID": before}) as resumed:
        assert next_mark(resumed) != before


def test_a_stream_ends_with_its_link_and_opens_with_no_other(desk: Service, browser: Browser) -> None:
    ticket, path = new_page(desk)
    has(browser.get(f"{path}x/events"), 404, NO_TICKET)
    with stream(browser, path) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "retry: 2000"
        desk.call("POST", f"/v1/tickets/{ticket}/links/revoke", by="mei")
        record(desk, ticket, "replied", by="ana", message="not for a revoked link")
        assert [line for line in lines if line.startswith("id:")] == []
    has(browser.get(f"{path}/events"), 404, NO_TICKET)


def test_what_is_typed_stays_while_the_page_changes(desk: Service, browser: Browser) -> None:
    _, path = new_page(desk)
    found = browser.page(path)
    names = [str(part["data-live"]) for part in found.select("[data-live]")]
    assert names == ["state", "promises", "chat", "talk", "acts"]
    assert found.select('[data-live] input:not([type="hidden"]), [data-live] textarea') == []
    # A page that loads itself again would lose what was typed.
    assert found.select('meta[http-equiv="refresh"]') == []
    assert found.select_one(f'noscript a[href="{path}"]') is not None


def test_in_business_hours_the_page_is_the_chat_and_shows_how_fast_the_desk_answers(tmp_path: Path) -> None:
    with Service(tmp_path, now=at("2027-01-11 10:00")) as service, Browser(service) as browser:
        ticket, path = new_page(service)
        record(service, ticket, "customer_replied", message="Hello?", at="2027-01-11T14:55:00Z")
        assert service.post(ticket_body("P-old", impact="low")).status_code == 202
        words = shown(browser, path)
        assert "You can chat with our support desk here now." in words
        assert "In business hours we answer within 5 min on average." in words
        record(service, ticket, "replied", by="ana", message="Hello.")
        answers = service.store.read(lambda tx: recent_answers(tx, at("2027-01-11 10:01")))
        assert (answers.answered, answers.waiting) == (1, 0)
        report = service.call("GET", "/v1/reports/sla?from=2027-01-11&to=2027-01-11").json()
        assert (report["answers"]["answered"], report["answers"]["promised_seconds"]) == (1, 300)


def test_the_answers_are_counted_once_a_minute_however_many_pages_ask() -> None:
    async def story() -> None:
        now, counted = at("2027-01-11 10:00"), count()

        async def work() -> AnswerTimes:
            return AnswerTimes(next(counted))

        answers = DeskAnswers(work, lambda: now)
        assert [each.answered for each in await asyncio.gather(*(answers.times() for _ in range(5)))] == [0] * 5
        now += COUNTED_EVERY
        assert (await answers.times()).answered == 1

    asyncio.run(story())
