"""How fast customers' messages are answered in business hours: a pure fold of the tickets' logs."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from oncall.paging.domain.events import CustomerReplied, Event, Replied, Resolved, Updated
from oncall.reports.answer_times import Answer, AnswerTimes, answer_times, answers_in, answers_line, chat_words
from oncall.support.calendar import SupportCalendar, calendar_of
from oncall.support.policy import Coverage
from oncall.support.policy_file import packaged_policy
from oncall.support.windows import Window
from tests.paging.world import at

MINUTE, WITHIN = timedelta(minutes=1), timedelta(minutes=5)


@pytest.fixture(scope="module")
def calendar() -> SupportCalendar:
    """Business hours are Monday to Friday, 08:00 to 19:01 in New York."""
    return calendar_of(packaged_policy(), None)


def asks(when: str, *, needs_reply: bool = True, forwarded_to: str | None = None) -> Event:
    return CustomerReplied("T-1", at(when), "customer", "x", needs_reply=needs_reply, forwarded_to=forwarded_to)


def answers(when: str) -> Event:
    return Replied("T-1", at(when), "ana", "x")


def pairs(*log: Event) -> list[tuple[datetime, datetime | None]]:
    return [(each.asked_at, each.answered_at) for each in answers_in(log)]


def test_messages_in_a_row_are_one_question_from_the_first_on() -> None:
    log = [asks("2027-01-11 09:00"), asks("2027-01-11 09:02"), answers("2027-01-11 09:04"), answers("2027-01-11 09:09")]
    assert pairs(*log) == [(at("2027-01-11 09:00"), at("2027-01-11 09:04"))]
    assert pairs(*reversed(log)) == pairs(*log)


def test_the_first_message_of_a_ticket_asks_and_a_thank_you_does_not() -> None:
    first, thanks = asks("2027-01-11 09:00", needs_reply=False), asks("2027-01-11 09:10", needs_reply=False)
    update = Updated("T-1", at("2027-01-11 09:05"), "ana", "x")
    assert pairs(first, update, thanks) == [(at("2027-01-11 09:00"), at("2027-01-11 09:05"))]


def test_a_message_without_an_answer_waits_until_the_ticket_is_resolved() -> None:
    assert pairs(asks("2027-01-11 09:00")) == [(at("2027-01-11 09:00"), None)]
    assert pairs(asks("2027-01-11 09:00"), Resolved("T-1", at("2027-01-11 09:30"), "ana", "x")) == []


def test_a_message_of_a_duplicate_counts_where_it_was_forwarded_to() -> None:
    assert pairs(asks("2027-01-11 09:00", forwarded_to="T-2")) == []


def test_only_business_hours_count(calendar: SupportCalendar) -> None:
    found = [
        Answer(at("2027-01-11 09:00"), at("2027-01-11 09:03")),
        # Over the night: 2 minutes before 19:01 and 3 after 08:00.
        Answer(at("2027-01-11 18:59"), at("2027-01-12 08:03")),
        Answer(at("2027-01-09 12:00"), at("2027-01-09 12:30")),
        Answer(at("2027-01-11 10:00"), None),
        Answer(at("2027-01-04 10:00"), at("2027-01-04 11:00")),
    ]
    week = Window(at("2027-01-05 00:00"), at("2027-01-12 12:00"))
    times = answer_times(found, calendar, week)
    assert times == AnswerTimes(2, 8 * MINUTE, 1)
    assert times.average == 4 * MINUTE
    assert answer_times(found, calendar).answered == 3
    assert answer_times([], calendar) == AnswerTimes()


@pytest.mark.parametrize(
    ("times", "line"),
    [
        (AnswerTimes(), None),
        (AnswerTimes(0, 0 * MINUTE, 2), "Answers in business hours: none yet, 2 waiting (promised: 5 min on average)."),
        (
            AnswerTimes(3, timedelta(minutes=15, seconds=1), 1),
            "Answers in business hours: 3, 6 min on average (promised: 5 min on average), 1 waiting.",
        ),
    ],
)
def test_a_report_has_a_line_that_is_never_rounded_in_our_favour(times: AnswerTimes, line: str | None) -> None:
    assert answers_line(times, WITHIN) == line


@pytest.mark.parametrize(
    ("now", "times", "coverage", "words"),
    [
        (
            "2027-01-11 09:00",
            AnswerTimes(2, 8 * MINUTE),
            Coverage.ALWAYS,
            "You can chat with our support desk here now. Our promise for business hours: an answer within 5 min on "
            "average. In the last seven days it took 4 min on average.",
        ),
        (
            "2027-01-09 03:00",
            AnswerTimes(),
            Coverage.BUSINESS,
            "Our support desk reads messages from Mon 2027-01-11 08:00 EST on. Our promise for business hours: an "
            "answer within 5 min on average.",
        ),
        (
            "2027-01-09 03:00",
            AnswerTimes(),
            Coverage.ALWAYS,
            "Our support desk opens Mon 2027-01-11 08:00 EST. Until then our on-call engineers answer this ticket. Our "
            "promise for business hours: an answer within 5 min on average.",
        ),
        (
            "2027-01-09 03:00",
            AnswerTimes(),
            Coverage.FIVE_DAYS,
            "Our support desk opens Mon 2027-01-11 08:00 EST. Our on-call engineers answer this ticket from Mon "
            "2027-01-11 00:00 EST on. Our promise for business hours: an answer within 5 min on average.",
        ),
    ],
)
def test_a_customers_page_says_when_the_desk_answers_and_how_fast(
    calendar: SupportCalendar, now: str, times: AnswerTimes, coverage: Coverage, words: str
) -> None:
    assert " ".join(chat_words(times, calendar, WITHIN, at(now), coverage)) == words


def test_the_figures_are_the_same_as_json() -> None:
    assert AnswerTimes(2, 8 * MINUTE, 1).as_json(WITHIN) == {
        "answered": 2,
        "average_seconds": 240.0,
        "promised_seconds": 300.0,
        "waiting": 1,
    }
    assert AnswerTimes().as_json(WITHIN)["average_seconds"] is None
