"""`oncall plan status`: shares so far with changes counted, gaps, broken rest, and seats with no other taker."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Oncall

from .shop import Shop


@pytest.fixture
def running(oncall: Oncall, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Oncall:
    """The command line on the shop's database on 20 January: ana is primary and ben secondary, always."""
    monkeypatch.setenv("ONCALL_DATABASE_URL", shop.url)
    monkeypatch.setenv("ONCALL_CLOCK", "2027-01-20T12:00:00-05:00")
    return oncall


def test_shares_so_far_are_of_the_shifts_before_today(running: Oncall) -> None:
    view = json.loads(running("plan", "status", "--json").out)
    shares = {(each["engineer"], each["kind"]): each for each in view["shares"]}
    ana, chloe = shares["ana", "weekend"], shares["chloe", "weekend"]
    assert (ana["served"], chloe["served"], ana["taken"], chloe["given"]) == (3, 0, 0, 0)
    assert (ana["over"], chloe["over"]) == (round(3 - ana["share"], 3), -chloe["share"])
    assert (view["changes"], view["days"], view["holes"]) == (0, 90, [])


def test_a_change_counts_for_the_engineer_who_served(running: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = running(
        "override", "chloe", "--role", "primary", "--from", "2027-01-22T19:01", "--to", "2027-01-25T08:00",
        "--reason", "wedding",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    monkeypatch.setenv("ONCALL_CLOCK", "2027-01-26T12:00:00-05:00")
    view = json.loads(running("plan", "status", "--json").out)
    shares = {(each["engineer"], each["kind"]): each for each in view["shares"]}
    ana, chloe = shares["ana", "weekend"], shares["chloe", "weekend"]
    assert (ana["served"], ana["given"], chloe["served"], chloe["taken"], view["changes"]) == (3, 1, 1, 1, 1)


def test_a_page_after_midnight_before_an_early_shift_breaks_rest(running: Oncall, shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-18 03:12", "3 acknowledged, 30 resolved")
    shop.ticket("T-2", "2027-01-19 03:12", "3 acknowledged, 30 resolved")
    view = json.loads(running("plan", "status", "--json").out)
    # On Monday the 18th a holiday shift begins at 08:00; after the page of the 19th the next shift begins at 19:01.
    assert view["broken_rest"] == [
        {
            "engineer": "ana",
            "ticket": "T-1",
            "paged_at": "2027-01-18T03:12:00-05:00",
            "shift": "2027-01-18T08:00:00-05:00",
            "kind": "holiday",
            "rest_seconds": 17280,
        }
    ]


def test_the_second_part_of_a_shift_that_an_override_cuts_is_no_risk(
    running: Oncall, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.ticket("T-1", "2027-01-23 03:12", "3 acknowledged, 30 resolved")
    ran = running(
        "override", "chloe", "--role", "primary", "--from", "2027-01-23T03:20", "--to", "2027-01-23T08:00",
        "--reason", "sleep",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    monkeypatch.setenv("ONCALL_CLOCK", "2027-01-23T12:00:00-05:00")
    view = json.loads(running("plan", "status", "--json").out)
    assert view["broken_rest"] == []


def test_the_terminal_says_it_in_words(running: Oncall, shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-18 03:12", "3 acknowledged, 30 resolved")
    lines = running("plan", "status", "--days", "2").out.splitlines()
    assert lines[0] == "cas-support, as of Wed 2027-01-20 12:00 EST: the schedule ends Mon 2027-07-05 08:00 EDT."
    assert lines[2] == "Shares so far, all roles together; 0 changes of single shifts counted:"
    assert lines[3].split() == ["engineer", "weeknight", "weekend", "holiday", "over", "taken", "given"]
    assert "No gap in the next 2 days of the schedule." in lines
    assert "Rest broken by pages after midnight, less than 11 h before the next shift:" in lines
    assert "ana       Mon 2027-01-18 03:12 EST  T-1     Mon 2027-01-18 08:00 EST  4.8 h" in lines
    assert "For every seat to come there is another engineer to ask." in lines


def test_a_schedule_that_ends_within_the_days_is_said_to_end(running: Oncall) -> None:
    lines = running("plan", "status", "--days", "200").out.splitlines()
    assert "No gap until the schedule ends. No plan is published from Mon 2027-07-05 08:00 EDT on." in lines


def test_an_absence_that_was_entered_counts_where_nobody_is_left_to_ask(running: Oncall) -> None:
    before = json.loads(running("plan", "status", "--days", "14", "--json").out)["nobody_left"]
    assert before == []
    for person in ("chloe", "dmitri", "elena", "farid", "grace", "hugo"):
        span = ("--from", "2027-01-26", "--to", "2027-01-27", "--reason", "offsite", "--agreed")
        ran = running("away", person, *span)
        assert ran.code == 0, ran.err
    after = json.loads(running("plan", "status", "--days", "14", "--json").out)["nobody_left"]
    assert {(each["start"][:10], each["engineer"]) for each in after} >= {("2027-01-26", "ana"), ("2027-01-26", "ben")}


def test_a_hole_to_come_is_listed(running: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_CLOCK", "2027-07-05T12:00:00-04:00")
    view = json.loads(running("plan", "status", "--json").out)
    assert view["holes"][0] == {
        "start": "2027-07-05T12:00:00-04:00",
        "end": "2027-07-06T08:00:00-04:00",
        "role": "primary",
    }


def test_the_time_before_the_first_plan_is_no_hole(running: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_CLOCK", "2026-11-30T12:00:00-05:00")
    assert json.loads(running("plan", "status", "--json").out)["holes"] == []


def test_without_a_publication_there_is_no_plan(oncall: Oncall) -> None:
    ran = oncall("plan", "status")
    assert ran.code == 1
    assert ran.err.endswith("oncall: nothing is published yet; publish a plan with `oncall publish`\n")
