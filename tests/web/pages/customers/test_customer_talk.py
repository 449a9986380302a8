"""The conversation on a customer's page: replies reach it, it stays live, and in business hours it is the chat."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from oncall.reports.answer_times import AnswerTimes
from oncall.web.pages.customers.customer_routes import NO_TICKET
from oncall.web.services.desk_answers import COUNTED_EVERY, DeskAnswers, recent_answers
from tests.cli.conftest import Oncall, oncall  # noqa: F401
from tests.paging.world import at, ticket_body
from tests.web.browser import Browser, has
from tests.web.pages.customers.customer_pages import new_page, record, shown
from tests.web.service import Service, problem


@pytest.fixture
def browser(desk: Service) -> Iterator[Browser]:
    with Browser(desk) as visitor:
        yield visitor


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
    assert answer.json()["warnings"] == ['"message" is only for customer_replied, replied, updated and was ignored.']


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
        assert 'to the customer: "Restarted the broker."' in oncall("tickets", "show", ticket, "--timeline").out
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


def test_at_the_weekend_the_page_says_who_answers_before_the_desk_opens(desk: Service, browser: Browser) -> None:
    opens = "Our support desk opens Mon 2027-01-11 08:00 EST."
    for plan, impact, words in (
        ("business-critical", "urgent", f"{opens} Until then our on-call engineers answer this ticket."),
        ("standard", "high", f"{opens} Our on-call engineers answer this ticket from Mon 2027-01-11 00:00 EST on."),
        ("standard", "low", "Our support desk reads messages from Mon 2027-01-11 08:00 EST on."),
    ):
        _, path = new_page(desk, plan=plan, impact=impact)
        assert words in shown(browser, path)


def test_in_business_hours_the_page_is_the_chat_and_shows_how_fast_the_desk_answers(tmp_path: Path) -> None:
    with Service(tmp_path, now=at("2027-01-11 10:00")) as service, Browser(service) as browser:
        ticket, path = new_page(service)
        record(service, ticket, "customer_replied", message="Hello?", at="2027-01-11T14:55:00Z")
        assert service.post(ticket_body("P-old", impact="low")).status_code == 202
        words = shown(browser, path)
        assert "You can chat with our support desk here now." in words
        assert "Our promise for business hours: an answer within 5 min on average." in words
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
