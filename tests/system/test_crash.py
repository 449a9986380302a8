"""Killed at random instants under load, with every fault of the provider: nothing is lost, nothing is sent twice."""

from __future__ import annotations

from pathlib import Path

from bench.crash import Outcome, crash_service, crash_workers


def expect_nothing_lost_or_doubled(outcome: Outcome) -> None:
    assert outcome.tickets > 20
    assert outcome.faults > 0
    assert (outcome.lost, outcome.doubled) == ([], {})


def test_a_service_on_sqlite_that_is_killed_again_and_again_sends_each_page_once(tmp_path: Path) -> None:
    expect_nothing_lost_or_doubled(crash_service(tmp_path, kills=8, seed=7))


def test_two_workers_on_postgresql_of_which_one_is_killed_each_time_send_each_page_once(
    tmp_path: Path, empty_postgres: str
) -> None:
    expect_nothing_lost_or_doubled(crash_workers(tmp_path, empty_postgres, kills=5, seed=7))
