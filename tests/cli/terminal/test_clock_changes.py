"""Local times in the terminal on days of a clock change: none is shifted, and none is ambiguous."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall
from tests.cli.teams import SMALL_ROSTER, written

OVERRIDE = ("override", "ben", "--role", "primary", "--reason", "ill")
SKIPPED = (
    "02:45 on 2027-03-14 does not exist in America/New_York: the clock goes from 02:00 to 03:00; "
    "write a time before 02:00, or from 03:00 on"
)
TWICE = (
    "--at: 01:30 on 2026-11-01 comes twice in America/New_York; the first, EDT, is taken. "
    'For the second, EST, write "2026-11-01T01:30-05:00"\n'
)


@pytest.mark.parametrize(
    "arguments",
    [
        (*OVERRIDE, "--from", "2027-03-14T02:45", "--to", "2027-03-14T03:30"),
        (*OVERRIDE, "--from", "2027-03-14T01:00", "--to", "2027-03-14T02:45"),
        ("who", "--at", "2027-03-14T02:45"),
        ("explain", "--plan", "standard", "--impact", "high", "--at", "2027-03-14T02:45"),
    ],
)
def test_a_time_that_the_clock_skips_is_refused(published: Oncall, arguments: tuple[str, ...]) -> None:
    ran = published(*arguments)
    assert (ran.code, ran.err.endswith(f"{SKIPPED}\n")) == (2, True)


def test_of_a_time_that_comes_twice_the_first_is_taken_and_named(published: Oncall) -> None:
    ran = published("who", "--at", "2026-11-01T01:30", "--json")
    assert ran.err.startswith(TWICE)
    assert json.loads(ran.out)["at"] == "2026-11-01T01:30:00-04:00"


def test_a_time_with_its_offset_needs_no_remark(published: Oncall) -> None:
    ran = published("explain", "--plan", "standard", "--impact", "urgent", "--at", "2026-11-01T01:30-05:00")
    assert ran.err == ""


def test_explain_names_the_zone_of_every_time_near_the_repeated_hour(published: Oncall) -> None:
    first = published("explain", "--plan", "standard", "--impact", "urgent", "--at", "2026-11-01T01:30")
    assert first.err == TWICE
    assert first.out.startswith("PAGE mei. First reply due Sun 2026-11-01 01:30 EST.\n")
    second = published("explain", "--plan", "standard", "--impact", "urgent", "--at", "2026-11-01T01:30-05:00")
    assert second.out.startswith("PAGE mei. First reply due Sun 2026-11-01 02:30 EST.\n")


def test_the_rehearsals_tickets_have_times_that_exist(oncall: Oncall, tmp_path: Path) -> None:
    roster = written(tmp_path / "tiny.yaml", SMALL_ROSTER)
    tickets = written(tmp_path / "t.csv", "at,customer,plan,impact\n2027-03-14T02:45,Acme,standard,urgent\n")
    ran = oncall("simulate", "--roster", roster, "--tickets", tickets)
    assert (ran.code, ran.err) == (1, f"{tickets}:2:1: at: {SKIPPED}\n")
