"""When repeated refusals raise an alarm, and how `oncall doctor` reports them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oncall.paging.ports.refusals import Refusal, RefusalCount, RefusalReason
from oncall.paging.watch.refused_callers import RefusalTally, repeated
from tests.paging.world import SATURDAY_NIGHT

NOW = SATURDAY_NIGHT
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BODY = Refusal(NOW, RefusalReason.BODY, 422, "zendesk", "192.0.2.7", 'impact: "P1" is not an impact')
SIGNATURE = Refusal(NOW, RefusalReason.SIGNATURE, 403, "", "192.0.2.9", "the signature does not match")
TOKEN = Refusal(NOW, RefusalReason.TOKEN, 401, "", "192.0.2.8", "this token is not known")


def tally(*ago: timedelta) -> RefusalTally:
    made = RefusalTally("host:1")
    for each in ago:
        made.refused(replace(BODY, at=NOW - each))
    return made


def count(refusal: Refusal, number: int, *, ago: timedelta = MINUTE) -> RefusalCount:
    at = refusal.at - ago
    return RefusalCount("host:1", at.replace(minute=0, second=0), number, replace(refusal, at=at))


def test_three_refusals_in_a_row_are_repeated_however_far_apart_they_are() -> None:
    assert not tally(9 * HOUR, 5 * HOUR).is_repeated(NOW)
    assert tally(9 * HOUR, 5 * HOUR, HOUR).is_repeated(NOW)


def test_an_accepted_request_ends_a_row() -> None:
    refused = tally(3 * MINUTE, 2 * MINUTE, MINUTE)
    assert refused.accepted(NOW) is not None
    assert not refused.is_repeated(NOW)
    assert refused.accepted(NOW) is None


def test_five_refusals_within_an_hour_are_repeated_whatever_was_accepted_between_them() -> None:
    refused = tally()
    for minute in range(5):
        refused.refused(replace(BODY, at=NOW + minute * MINUTE))
        refused.accepted(NOW + minute * MINUTE)
    assert refused.is_repeated(NOW + 5 * MINUTE)
    assert not refused.is_repeated(NOW + 2 * HOUR)


def test_nothing_is_repeated_a_day_after_the_last_refusal() -> None:
    assert not tally(27 * HOUR, 26 * HOUR, 25 * HOUR).is_repeated(NOW)


def test_refusals_are_counted_by_the_hour() -> None:
    refused = tally()
    hours = [refused.refused(replace(BODY, at=NOW + minute * MINUTE)) for minute in (0, 30, 50)]
    assert [(each.hour.hour, each.count) for each in hours] == [(8, 1), (8, 2), (9, 1)]


def test_the_counts_of_several_hours_and_processes_are_added() -> None:
    other = replace(count(BODY, 1, ago=3 * HOUR), worker="host:2")
    (found,) = repeated([count(BODY, 2), other], NOW)
    assert (found.count, found.last.at) == (3, NOW - MINUTE)


@pytest.mark.parametrize(
    "counts",
    [
        [],
        [count(BODY, 2)],
        [count(BODY, 9, ago=25 * HOUR)],
        [count(BODY, 2), count(TOKEN, 2)],
        [replace(count(BODY, 9, ago=2 * HOUR), accepted_at=NOW - HOUR)],
    ],
)
def test_few_old_or_repaired_refusals_are_not_reported(counts: list[RefusalCount]) -> None:
    assert list(repeated(counts, NOW)) == []


def test_refusals_of_the_last_hour_are_reported_although_others_were_accepted_since() -> None:
    assert len(list(repeated([replace(count(BODY, 9), accepted_at=NOW)], NOW))) == 1


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (
            BODY,
            "zendesk was refused 5 times within 24 hours, the last time 1 min ago from 192.0.2.7 "
            '(HTTP 422: impact: "P1" is not an impact); a refused ticket pages nobody: correct what zendesk sends.',
        ),
        (
            TOKEN,
            "requests without a known token were refused 5 times within 24 hours, the last time 1 min ago from "
            "192.0.2.8; if your help desk sends them, its tickets page nobody: give it a token with `oncall token "
            "create`.",
        ),
        (
            SIGNATURE,
            "the provider's callbacks were refused 5 times within 24 hours, the last time 1 min ago from 192.0.2.9: "
            "their signature does not match, so no reply by SMS and no receipt counts; ONCALL_PUBLIC_URL "
            "(https://x) must be exactly the address that Twilio calls, and TWILIO_AUTH_TOKEN the auth token of the "
            "account.",
        ),
    ],
)
def test_a_report_says_who_is_refused_why_and_what_to_do(refusal: Refusal, words: str) -> None:
    (found,) = repeated([count(refusal, 5)], NOW)
    assert found.words(NOW, "https://x") == words
