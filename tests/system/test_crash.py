"""Killed at random instants under load, with every fault of the provider: nothing is lost, nothing is sent twice."""

from __future__ import annotations

import re
from pathlib import Path

from bench.crash import Outcome, crash_service, crash_workers
from doubles.twilio import AUTH_TOKEN

_SECRET = re.compile(rf"{AUTH_TOKEN}|oncall_[\w-]{{30,}}|\+\d{{7,}}|%2B\d{{7,}}|3055550\d{{3}}|5005550\d{{3}}")
"""Keys, and whole phone numbers however they are written."""


def expect_nothing_lost_or_doubled(outcome: Outcome) -> None:
    assert outcome.tickets > 20
    assert outcome.faults > 0
    assert (outcome.lost, outcome.doubled) == ([], {})


def expect_no_secret_in_a_log(folder: Path) -> None:
    text = "".join(log.read_text() for log in folder.glob("*.log"))
    assert '"action": "accepted"' in text
    assert _SECRET.findall(text) == []


def test_a_service_on_sqlite_that_is_killed_again_and_again_sends_each_page_once(tmp_path: Path) -> None:
    expect_nothing_lost_or_doubled(crash_service(tmp_path, kills=8, seed=7))
    expect_no_secret_in_a_log(tmp_path)


def test_two_workers_on_postgresql_of_which_one_is_killed_each_time_send_each_page_once(
    tmp_path: Path, empty_postgres: str
) -> None:
    expect_nothing_lost_or_doubled(crash_workers(tmp_path, empty_postgres, kills=4, seed=7))
    expect_no_secret_in_a_log(tmp_path)
