"""Schedule versions as documents: unchanged after a round trip, fast, and with a clear error when unreadable."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doubles.machine_pace import slowness
from oncall.errors import Refused, StoreError
from oncall.rosters.roster import Engineer, Roster
from oncall.schedule.plan import Fairness, Plan, PlanStatus, Seat
from oncall.schedule.version_document import (
    VersionRow,
    override_document,
    publication_document,
    schedule_from_rows,
    window_of,
)
from oncall.schedule.versions import PublishedProof
from oncall.schedule.workload import Workload
from oncall.support.calendar import calendar_of
from oncall.support.windows import Window, WindowKind
from tests.schedule.conftest import ROLES, Published, local, make_roster, round_robin, span

AT = datetime(2026, 12, 1, tzinfo=UTC)
FALLBACK = calendar_of(make_roster().policy, None)


def stored(document: Mapping[str, object], *, version: int = 1, kind: str = "publish") -> VersionRow:
    """Return the row after a round trip through JSON, as a database returns it."""
    return VersionRow(version, AT, kind, "mei", "because", json.loads(json.dumps(document)))


def test_a_publication_keeps_plan_people_hours_and_holidays(january: Plan, roster: Roster) -> None:
    schedule = schedule_from_rows([stored(publication_document(january, roster))], FALLBACK)
    publication = schedule.publications[0]
    assert (publication.version, publication.at, publication.by, publication.reason) == (1, AT, "mei", "because")
    assert (publication.team, publication.zone, publication.roles) == (roster.team, roster.zone, ROLES)
    assert (publication.seats, publication.span) == (january.seats, january.window)
    assert (publication.calendar.zone, publication.calendar.spans) == (roster.policy.zone, roster.policy.spans)
    assert date(2027, 1, 18) in publication.calendar.holidays.known[2027]
    assert sorted(publication.calendar.holidays.known) == [2026, 2027, 2028]
    ana, mei = publication.people["ana"], publication.manager
    assert (ana.name, ana.phone, ana.email) == ("Ana", "+13055550100", None)
    assert mei is not None
    assert (mei.id, mei.name, mei.phone, mei.email) == ("mei", "Mei Lin", "+13055550199", "mei@example.com")


def test_an_override_keeps_its_span_role_and_person() -> None:
    window = span("2027-01-04T19:01", "2027-01-05T08:00")
    document = override_document(window, "primary", "ana")
    override = schedule_from_rows([stored(document, kind="override")], FALLBACK).overrides[0]
    assert (override.window, override.role, override.engineer) == (window, "primary", "ana")


def test_the_span_of_a_version_is_known_without_reading_the_rest(january: Plan, roster: Roster) -> None:
    window = span("2027-01-04T19:01", "2027-01-05T08:00")
    assert window_of(publication_document(january, roster)) == january.window
    assert window_of(override_document(window, "primary", "ana")) == window


INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2150, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
ZONES = st.sampled_from(["UTC", "Asia/Kathmandu", "Pacific/Chatham", "America/New_York"]).map(ZoneInfo)
TEXT = st.text(min_size=1, max_size=20)


@st.composite
def plans_and_rosters(draw: st.DrawFn) -> tuple[Plan, Roster]:
    ids = draw(st.lists(st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True), min_size=1, max_size=5, unique=True))
    engineers = tuple(Engineer(i, draw(TEXT), "+1305", ROLES, draw(ZONES), draw(st.none() | TEXT)) for i in ids)
    zone = draw(ZONES)
    roster = replace(
        make_roster(holidays=None),
        team=draw(TEXT),
        zone=zone,
        engineers=engineers,
        manager=draw(st.none() | st.just(make_roster().manager)),
    )
    kinds = st.sampled_from([WindowKind.WEEKNIGHT, WindowKind.WEEKEND, WindowKind.HOLIDAY, WindowKind("apac")])
    lengths = st.timedeltas(timedelta(microseconds=1), timedelta(days=4))
    windows = draw(st.lists(st.tuples(INSTANTS, lengths, kinds), min_size=1, max_size=8, unique_by=lambda w: w[0]))
    seats = tuple(
        Seat(Window(start, start + length), kind, role, draw(st.sampled_from(ids)))
        for start, length, kind in sorted(windows, key=lambda window: window[0])
        for role in ROLES
    )
    return Plan(roster.team, zone, seats), roster


@settings(max_examples=60, deadline=None)
@given(made=plans_and_rosters())
def test_whatever_is_published_comes_back_as_it_was(made: tuple[Plan, Roster]) -> None:
    plan, roster = made
    document = publication_document(plan, roster)
    found = schedule_from_rows([stored(document)], FALLBACK).publications[0]
    assert (found.seats, found.span, found.team, found.zone) == (plan.seats, plan.window, roster.team, roster.zone)
    people = [(p.id, p.name, p.phone, p.email, p.zone) for p in found.people.values()]
    assert people == [(e.id, e.name, e.phone, e.email, e.zone) for e in roster.engineers]
    loads = [p.workload for p in found.people.values()]
    assert loads == [Workload(e.fte, e.roles, e.kinds) for e in roster.engineers]


def test_rows_may_come_in_any_order(published: Published) -> None:
    published.override(span("2027-01-04T19:01", "2027-01-05T08:00"), "primary", "dev")
    published.override(span("2027-01-04T19:01", "2027-01-05T08:00"), "primary", "cleo")
    backwards = schedule_from_rows(published.rows[::-1], FALLBACK)
    assert backwards == published.schedule
    assert [override.version for override in backwards.overrides] == [2, 3]


def test_a_publication_that_newer_ones_replace_wholly_keeps_no_seats(published: Published, january: Plan) -> None:
    published.publish(january)
    first, second = published.schedule.publications
    assert (first.seats, second.seats) == ((), january.seats)
    assert first.people == second.people


def test_who_loads_no_heavy_library_even_on_a_roster_with_holidays(
    january: Plan, roster: Roster, tmp_path: Path
) -> None:
    file = tmp_path / "version.json"
    file.write_text(json.dumps(publication_document(january, roster)))
    script = f"""
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from oncall.schedule.version_document import VersionRow, schedule_from_rows
document = json.loads(Path({str(file)!r}).read_text())
at = datetime(2027, 1, 18, 20, tzinfo=UTC)
schedule = schedule_from_rows([VersionRow(1, at, "publish", "mei", "", document)], None)
assert schedule.who(at).window.kind == "holiday"
heavy = {{"sqlalchemy", "holidays", "pandas", "ortools", "icalendar", "yaml"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_year_of_seats_is_read_in_a_blink(roster: Roster) -> None:
    plan = round_robin(roster, date(2027, 1, 4), date(2028, 1, 2))
    row = stored(publication_document(plan, roster))
    started = process_time()
    schedule_from_rows([row], FALLBACK).who(local("2027-06-01T23:00"))
    assert len(plan.seats) > 500
    assert process_time() - started < 0.1 * slowness()


def test_a_plan_without_shifts_cannot_be_published(roster: Roster) -> None:
    with pytest.raises(Refused) as refusal:
        publication_document(Plan("cas-support", roster.zone, ()), roster)
    assert str(refusal.value) == "the plan has no shifts; there is nothing to publish"


@pytest.mark.parametrize(
    ("role", "engineer", "message"),
    [
        ("primary", "zoe", "the plan names engineer zoe, which the roster does not have; it has ana, ben, cleo, dev"),
        ("third", "ana", "the plan names role third, which the roster does not have; it has primary, secondary"),
    ],
)
def test_a_plan_of_another_roster_cannot_be_published(roster: Roster, role: str, engineer: str, message: str) -> None:
    seat = Seat(span("2027-01-04T19:01", "2027-01-05T08:00"), WindowKind.WEEKNIGHT, role, engineer)
    with pytest.raises(Refused) as refusal:
        publication_document(Plan("cas-support", roster.zone, (seat,)), roster)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("kind", "document", "message"),
    [
        (
            "lottery",
            {"format": 1},
            'schedule version 7 is of the kind "lottery", which this version of oncall does not know; '
            "use the one that wrote it",
        ),
        (
            "override",
            {"format": 2},
            "schedule version 7 has format 2, and this oncall reads 1; use the one that wrote it",
        ),
        ("override", {}, "schedule version 7 has format None, and this oncall reads 1; use the one that wrote it"),
        ("override", {"format": 1}, "schedule version 7 is damaged: KeyError: 'span'"),
        (
            "publish",
            {"format": 1, "people": 3},
            "schedule version 7 is damaged: TypeError: 'int' object is not iterable",
        ),
    ],
)
def test_a_version_that_cannot_be_read_says_which_and_why(kind: str, document: dict[str, Any], message: str) -> None:
    with pytest.raises(StoreError) as refusal:
        schedule_from_rows([stored(document, version=7, kind=kind)], FALLBACK)
    assert str(refusal.value) == message


def test_a_publication_keeps_the_proof_of_its_plan(january: Plan, roster: Roster) -> None:
    proven = replace(january, status=PlanStatus.OPTIMAL, fairness=Fairness(1236, 1236, ()))
    bare = replace(january, status=None, fairness=None)
    for plan, proof in ((bare, None), (proven, PublishedProof("optimal", 1236, 1236))):
        assert schedule_from_rows([stored(publication_document(plan, roster))], FALLBACK).publications[0].proof == proof
