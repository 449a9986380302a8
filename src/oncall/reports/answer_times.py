"""Measures from the tickets' logs how fast customers' messages are answered in business hours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.paging.domain.events import CustomerReplied, Event, Resolved, SupportMessage
from oncall.reports.report_view_types import AnswersView
from oncall.reports.report_views import seconds
from oncall.support.calendar import SupportCalendar
from oncall.support.coverage import counted, is_covered, next_covered
from oncall.support.policy import Counting, Coverage, Target
from oncall.support.windows import Window
from oncall.support.wording import full_time, rough_span

_MINUTE = timedelta(minutes=1)
_BUSINESS_TIME = Target(_MINUTE, Counting.COVERAGE)
"""A target with which `counted` measures business hours only. Its length does not matter."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A customer's message and the time of its answer. answered_at: None if it has no answer yet.

    Times are aware UTC.
    """

    asked_at: datetime
    answered_at: datetime | None


def answers_in(log: Iterable[Event]) -> Iterator[Answer]:
    """Yield the messages of one ticket that need an answer, with their answers. log: the ticket's log.

    Several messages before an answer count as one, from the time of the first. The first message of a ticket needs an
    answer; a later one needs an answer unless it only says thanks. A message without an answer when the ticket is
    resolved is left out.
    """
    asked_at: datetime | None = None
    is_first = True
    for event in sorted(log, key=lambda each: each.at):
        if isinstance(event, CustomerReplied) and event.forwarded_to is None:
            if asked_at is None and (event.needs_reply or is_first):
                asked_at = event.at
            is_first = False
        elif isinstance(event, SupportMessage) and event.forwarded_to is None:
            if asked_at is not None:
                yield Answer(asked_at, event.at)
            asked_at, is_first = None, False
        elif isinstance(event, Resolved):
            asked_at = None
    if asked_at is not None:
        yield Answer(asked_at, None)


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """Totals of the answers to messages that came in business hours.

    took: the sum of all times until the answer, in business hours. waiting: the number of messages without an answer.
    """

    answered: int = 0
    took: timedelta = timedelta()
    waiting: int = 0

    @property
    def average(self) -> timedelta | None:
        """Return the average time until an answer, in business hours; None if nothing is answered."""
        return self.took / self.answered if self.answered else None

    def as_json(self, within: timedelta) -> AnswersView:
        """Return the figures as JSON. within: the average time that the policy promises."""
        return {
            "answered": self.answered,
            "average_seconds": seconds(self.average) if self.average is not None else None,
            "promised_seconds": seconds(within),
            "waiting": self.waiting,
        }


def answer_times(answers: Iterable[Answer], calendar: SupportCalendar, span: Window | None = None) -> AnswerTimes:
    """Add up the answers to messages that came in business hours. span: only messages in this window; None: all."""
    answered, took, waiting = 0, timedelta(), 0
    for each in answers:
        is_inside = span is None or each.asked_at in span
        if not (is_inside and is_covered(Coverage.BUSINESS, calendar, each.asked_at)):
            continue
        if each.answered_at is None:
            waiting += 1
        else:
            answered += 1
            took += counted(_BUSINESS_TIME, Coverage.BUSINESS, calendar, each.asked_at, each.answered_at)
    return AnswerTimes(answered, took, waiting)


def answers_line(times: AnswerTimes, within: timedelta) -> str | None:
    """Return the figures as one line of a report; None if no message came in business hours.

    within: the promised average.
    """
    if not (times.answered or times.waiting):
        return None
    promised = f"promised: {rough_span(within)} on average"
    average = times.average
    if average is None:
        return f"Answers in business hours: none yet, {times.waiting} waiting ({promised})."
    waiting = f", {times.waiting} waiting" if times.waiting else ""
    return f"Answers in business hours: {times.answered}, {_rounded_up(average)} on average ({promised}){waiting}."


def chat_words(
    times: AnswerTimes, calendar: SupportCalendar, within: timedelta, now: datetime, coverage: Coverage
) -> Sequence[str]:
    """Return sentences for a customer's web page: who reads messages now, and how fast the desk answers.

    within: the promised average. now: aware UTC. coverage: of the ticket's plan and impact; in covered time outside
    business hours, on-call engineers answer.
    """
    words = [_reader_words(calendar, now, coverage)]
    words.append(f"Our promise for business hours: an answer within {rough_span(within)} on average.")
    average = times.average
    if average is not None:
        words.append(f"In the last seven days it took {_rounded_up(average)} on average.")
    return words


def _reader_words(calendar: SupportCalendar, now: datetime, coverage: Coverage) -> str:
    if is_covered(Coverage.BUSINESS, calendar, now):
        return "You can chat with our support desk here now."
    desk_at, covered_at = (next_covered(each, calendar, now) for each in (Coverage.BUSINESS, coverage))
    opens = full_time(desk_at, calendar.zone)
    if covered_at >= desk_at:
        return f"Our support desk reads messages from {opens} on."
    if covered_at == now:
        return f"Our support desk opens {opens}. Until then our on-call engineers answer this ticket."
    starts = full_time(covered_at, calendar.zone)
    return f"Our support desk opens {opens}. Our on-call engineers answer this ticket from {starts} on."


def _rounded_up(average: timedelta) -> str:
    """Return an average in words, rounded up to whole minutes."""
    return rough_span(-(-average // _MINUTE) * _MINUTE)
