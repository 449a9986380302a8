"""An override that breaks a rule of the roster is refused with the rule; --force makes it, with a warning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

import pytest

from oncall.rosters.roster_file import read_roster
from oncall.schedule.availability import Availability
from oncall.schedule.plan import Plan
from oncall.schedule.plan_file import read_plan
from oncall.schedule.version_document import PUBLISH, VersionRow, publication_document, schedule_from_rows
from oncall.support.calendar import calendar_of
from tests.cli.conftest import Oncall
from tests.cli.teams import SMALL_ROSTER, with_more


class Publish(Protocol):
    def __call__(self, more: str, evenings: bool = ...) -> Oncall: ...


@pytest.fixture
def with_chloe(oncall: Oncall, roster: Path, plan: Path) -> Publish:
    """Publishes the plan of ana and ben with a roster that says more about chloe."""

    def publish(more: str, evenings: bool = False) -> Oncall:
        text = SMALL_ROSTER.replace("rotation: {", "rotation: {days_off: evenings, ") if evenings else SMALL_ROSTER
        roster.write_text(with_more(text, "chloe", more), encoding="utf-8")
        ran = oncall("publish", str(plan), "--roster", str(roster))
        assert ran.code == 0, ran.err
        return oncall

    return publish


def put_on(oncall: Oncall, start: str, end: str, *more: str) -> tuple[int, str]:
    ran = oncall("override", "chloe", "--from", start, "--to", end, "--reason", "ana is ill", *more)
    return ran.code, ran.err


AWAY = "unavailable: [{from: 2027-01-18, to: 2027-01-19, reason: vacation}]"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (AWAY, "unavailable: chloe is away from 2027-01-18 to 2027-01-19: vacation"),
        ("unavailable: [{from: 2027-01-18, to: 2027-01-18}]", "unavailable: chloe is away on 2027-01-18"),
        ("shadows: {from: 2027-01-01, to: 2027-01-31}", "shadows: chloe only shadows from 2027-01-01 to 2027-01-31"),
        ("joins: 2027-01-19", "joins: chloe joins only on 2027-01-19"),
        ("leaves: 2027-01-17", "leaves: chloe has left by then; the last day is 2027-01-17"),
        ("roles: [secondary]", "roles: chloe takes only secondary, not primary"),
    ],
)
def test_an_override_against_the_roster_is_refused_unless_it_is_forced(
    with_chloe: Publish, more: str, sentence: str
) -> None:
    oncall = with_chloe(more)
    code, told = put_on(oncall, "2027-01-18T19:01", "2027-01-19T08:00")
    assert (code, f"  {sentence}\n" in told) == (1, True)
    assert "nothing was changed" in told
    code, told = put_on(oncall, "2027-01-18T19:01", "2027-01-19T08:00", "--force")
    assert (code, f"WARNING: {sentence}\n" in told) == (0, True)
    who = json.loads(oncall("who", "--at", "2027-01-18T20:00", "--json").out)
    assert who["roles"]["primary"]["engineer"] == "chloe"


def test_an_override_as_json_has_its_warnings(with_chloe: Publish) -> None:
    oncall = with_chloe(AWAY)
    span = ("--from", "2027-01-18T19:01", "--to", "2027-01-19T08:00")
    answer = json.loads(oncall("override", "chloe", *span, "--reason", "x", "--force", "--json").out)
    assert answer["warnings"] == ["unavailable: chloe is away from 2027-01-18 to 2027-01-19: vacation"]


@pytest.mark.parametrize(
    ("start", "end", "is_away", "is_away_by_evenings"),
    [
        ("2027-01-18T00:00", "2027-01-18T08:00", True, False),
        ("2027-01-19T23:00", "2027-01-20T06:00", True, True),
        ("2027-01-20T00:00", "2027-01-20T08:00", False, True),
        ("2027-01-20T19:01", "2027-01-21T08:00", False, False),
        ("2027-01-16T12:00", "2027-01-18T08:00", True, False),
        ("2027-01-15T12:00", "2027-01-20T20:00", True, True),
        ("2027-01-17T20:00", "2027-01-18T00:00", False, False),
    ],
)
@pytest.mark.parametrize("evenings", [False, True])
def test_a_day_off_blocks_its_own_minutes_and_by_the_older_rule_the_nights_that_begin_on_it(
    with_chloe: Publish, start: str, end: str, is_away: bool, is_away_by_evenings: bool, evenings: bool
) -> None:
    code, told = put_on(with_chloe(AWAY, evenings), start, end, "--force")
    assert (code, "is away" in told) == (0, is_away_by_evenings if evenings else is_away)


def test_an_old_publication_without_days_off_can_still_be_read(roster: Path, plan: Path) -> None:
    team = read_roster(roster)
    document = publication_document(Plan(team.team, team.zone, read_plan(plan, zone=team.zone).seats), team)
    assert all("availability" not in person for person in document["people"])
    at = read_plan(plan).seats[0].window.start
    row = VersionRow(1, at, PUBLISH, "mei", "", document)
    schedule = schedule_from_rows([row], calendar_of(team.policy, None))
    assert schedule.people["ana"].availability == Availability({})
