"""A storm with provider faults, and a pager killed at random instants: no page is lost or doubled."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench.crash import complaints_about, crash_service, crash_workers
from bench.judging import Outcome, judge
from doubles.twilio import ACCOUNT_SID, AUTH_TOKEN
from doubles.twilio_account import Account
from doubles.twilio_posts import NUMBER
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose
from tests.paging.world import SATURDAY_NIGHT

_SECRET = re.compile(rf"{AUTH_TOKEN}|oncall_[\w-]{{30,}}|\+\d{{7,}}|%2B\d{{7,}}|3055550\d{{3}}|5005550\d{{3}}")
"""Keys, and whole phone numbers however they are written."""


def expect_nothing_lost_or_doubled(outcome: Outcome) -> None:
    assert outcome.tickets > 20
    assert outcome.faults > 0
    assert outcome.receipts > 0
    assert outcome.bundled > 0
    assert (outcome.lost, outcome.doubled) == ([], {})


def expect_no_secret_in_a_log(folder: Path) -> None:
    text = "".join(log.read_text() for log in folder.glob("*.log"))
    assert '"action": "accepted"' in text
    assert _SECRET.findall(text) == []


@pytest.mark.slow
def test_a_service_on_sqlite_that_is_killed_again_and_again_sends_each_page_once(tmp_path: Path) -> None:
    expect_nothing_lost_or_doubled(crash_service(tmp_path, kills=8, seed=7))
    expect_no_secret_in_a_log(tmp_path)


@pytest.mark.slow
def test_a_service_and_a_worker_on_postgresql_of_which_one_is_killed_each_time_send_each_page_once(
    tmp_path: Path, empty_postgres: str
) -> None:
    expect_nothing_lost_or_doubled(crash_workers(tmp_path, empty_postgres, kills=4, seed=7))
    expect_no_secret_in_a_log(tmp_path)


BOTH = "HIGH T-1 Acme Ltd (BC): Down. And 1 more: 8M4. 1st reply by Sat 04:12 EST. Reply ACK 7K2"
OTHER = "HIGH T-2 Acme Ltd (BC): Down. 1st reply by Sat 04:12 EST. Reply ACK 8M4"


def page(ticket: str, leader: str | None, text: str) -> Attempt:
    plain = Attempt(
        ticket, ticket, SATURDAY_NIGHT, "ana", "sms", Purpose.PAGE, text, AttemptStatus.ACCEPTED, SATURDAY_NIGHT
    )
    return replace(plain, bundle=leader, sent_text=text if leader is not None else None)


@pytest.mark.parametrize(
    ("sent", "lost", "doubled"),
    [
        ([BOTH], [], []),
        ([BOTH, BOTH], [], ["T-1"]),
        ([BOTH, OTHER], [], ["T-2"]),
        ([OTHER], ["T-1", "T-2"], ["T-2"]),
        ([], ["T-1", "T-2"], []),
    ],
)
def test_the_judge_of_a_storm_knows_what_stands_in_a_message_of_several_pages(
    sent: list[str], lost: list[str], doubled: list[str]
) -> None:
    account, outcome = Account(ACCOUNT_SID, AUTH_TOKEN, is_trial=False), Outcome("")
    for body in sent:
        account.create_message({"To": "+13055550101", "From": NUMBER, "Body": body})
    pages = {"T-1": [page("T-1", "T-1", BOTH)], "T-2": [page("T-2", "T-1", BOTH)]}
    judge(outcome, account.messages, ["T-1", "T-2"], pages)
    assert (outcome.lost, sorted(outcome.doubled), outcome.bundled) == (lost, doubled, 2)


@pytest.mark.parametrize(
    ("outcome", "complaints"),
    [
        (Outcome("SQLite", tickets=300, receipts=200), []),
        (Outcome("SQLite", tickets=300, receipts=200, lost=["C-7"]), ["LOST C-7 (SQLite)"]),
        (Outcome("SQLite", tickets=300, receipts=200, doubled={"C-7": "twice"}), ["DOUBLED C-7 (SQLite): twice"]),
        (Outcome("SQLite"), ["TOO FEW: 0 tickets and 0 receipts prove nothing (SQLite)"]),
    ],
)
def test_a_page_that_is_lost_or_doubled_and_a_run_that_proves_nothing_fail_the_bench(
    outcome: Outcome, complaints: list[str]
) -> None:
    assert list(complaints_about([outcome])) == complaints
