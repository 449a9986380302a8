"""A published policy holds from a date on; every surface agrees on the policy and the hours at each instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.cli.planning.repair_output import diff_lines
from oncall.errors import Refused
from oncall.paging.clocks.clock_book import in_force
from oncall.paging.clocks.policy_in_force import published_policy_view
from oncall.paging.ports.store import Transaction
from oncall.paging.views.ticket_views import explain_view
from oncall.planning.plans.repair_plan import RepairRequest, repair_plan
from oncall.planning.published.publish_plan import PublicationTerms, PublishablePlan, publish_plan
from oncall.planning.published.schedule_version import Author
from oncall.planning.sources.context_sources import ContextSources, NamedPlan
from oncall.planning.sources.watch import SearchOptions
from oncall.rosters.roster import Roster
from oncall.rosters.roster_file import roster_from_text
from oncall.schedule.gaps import gaps_between
from oncall.schedule.plan import Plan
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore
from oncall.support.calendar import calendar_of
from oncall.support.policy_file import packaged_policy_text, policy_from_text
from oncall.support.policy_table import policy_view
from tests.planning.changes import RESTLESS, local
from tests.planning.conftest import AUTHOR, FIRST, LAST, MemorySchedule, in_turn, roster_of
from tests.store.migrated_databases import write_migrated_file

LATER = packaged_policy_text()
for _old, _new in (
    ("mon-fri 08:00-19:00", "mon-fri 09:00-17:59"),
    ("mon-thu 19:01-07:59", "mon-thu 18:00-08:59"),
    ("fri 19:01 - mon 07:59", "fri 18:00 - mon 08:59"),
    ("urgent: {coverage: 24x7, first_reply: 60m", "urgent: {coverage: 24x7, first_reply: 50m"),
):
    assert _old in LATER
    LATER = LATER.replace(_old, _new, 1)
FASTER = packaged_policy_text().replace("first_reply: 60m calendar", "first_reply: 50m calendar", 1)


def roster_with(policy: str) -> Roster:
    """The team that needs no rest, with another policy."""
    return roster_from_text(RESTLESS, "night-owls.yaml", policy_from_text(policy, "p.policy.yaml"))


def repaired(roster: Roster, first_open: date) -> Plan:
    """The plan of two weeks whose shifts from a date on have the roster's hours; the older ones have the packaged."""
    zone = roster.policy.zone
    old, new = in_turn(roster_of(RESTLESS)), in_turn(roster)
    kept = [seat for seat in old.seats if seat.window.start.astimezone(zone).date() < first_open]
    opened = [seat for seat in new.seats if seat.window.start.astimezone(zone).date() >= first_open]
    return Plan(roster.team, roster.zone, (*kept, *opened), first_day=FIRST, last_day=LAST, kept_until=first_open)


def publish(store: MemorySchedule, plan: Plan, roster: Roster, at: datetime, policy_from: date | None = None) -> None:
    author = replace(AUTHOR, at=at)
    publish_plan(store, PublishablePlan(plan, roster), author, PublicationTerms(policy_from))


@pytest.fixture
def published(store: MemorySchedule) -> MemorySchedule:
    publish(store, in_turn(roster_of(RESTLESS)), roster_of(RESTLESS), AUTHOR.at)
    return store


def test_other_hours_in_the_middle_of_a_plan_leave_no_gap(published: MemorySchedule) -> None:
    roster = roster_with(LATER)
    publish(published, repaired(roster, date(2027, 1, 12)), roster, local("2027-01-06T12:00"))
    schedule = published.schedule()
    assert list(gaps_between(schedule, local("2027-01-04T08:00"), local("2027-01-18T08:00"))) == []
    # By the new hours the night ends at 09:00, and the last shift of the old hours at 08:00.
    assert schedule.publications[-1].policy_from == local("2027-01-12T09:00")
    kinds = [str(schedule.who(local(f"2027-01-{day}T18:30")).window.kind) for day in ("11", "12")]
    assert kinds == ["business", "weeknight"]
    before = schedule.who(local("2027-01-12T08:30")).window
    assert (str(before.kind), before.end) == ("business", local("2027-01-12T18:00"))


def test_a_repair_for_other_hours_keeps_the_engineers_of_each_shift() -> None:
    baseline = NamedPlan("plan.csv", in_turn(roster_of(RESTLESS)))
    request = RepairRequest(baseline, date(2027, 1, 12))
    found = repair_plan(roster_with(LATER), request, ContextSources(), options=SearchOptions())
    assert (found.changes, found.new_seats, found.moved_shifts) == ((), (), 4)
    assert found.plan.notes[:2] == (
        "repaired from 2027-01-12: 0 seats changed, the fewest possible",
        "4 shifts have new hours; engineers keep their seats where the rules allow",
    )
    assert diff_lines(found) == ["no seat changes hands"]
    assert [(each.role, each.engineer) for each in found.plan.seats] == [
        (each.role, each.engineer) for each in baseline.plan.seats
    ]
    assert found.plan.seats[-1].window.start == local("2027-01-15T18:00")


def test_by_default_a_policy_waits_for_the_first_day_that_is_to_come(published: MemorySchedule) -> None:
    roster = roster_with(FASTER)
    publish(published, repaired(roster, date(2027, 1, 12)), roster, local("2027-01-06T12:00"))
    assert published.schedule().policy_version_at(local("2027-01-11T23:59")) == 1
    assert published.schedule().policy_version_at(local("2027-01-12T00:00")) == 2


def test_a_plan_that_has_begun_brings_its_policy_at_once(published: MemorySchedule) -> None:
    roster = roster_with(FASTER)
    publish(published, in_turn(roster), roster, local("2027-01-06T12:00"))
    assert published.schedule().policy_version_at(local("2027-01-06T12:00")) == 2


def test_the_date_may_be_named(published: MemorySchedule) -> None:
    roster = roster_with(FASTER)
    publish(published, in_turn(roster), roster, local("2027-01-06T12:00"), date(2027, 1, 14))
    assert published.schedule().policy_version_at(local("2027-01-13T23:59")) == 1
    assert published.schedule().policy_version_at(local("2027-01-14T00:00")) == 2


def test_a_date_that_is_over_is_refused(published: MemorySchedule) -> None:
    roster = roster_with(FASTER)
    with pytest.raises(Refused) as refused:
        publish(published, in_turn(roster), roster, local("2027-01-06T12:00"), date(2027, 1, 5))
    assert str(refused.value) == "--policy-from 2027-01-05: this date is over; a policy holds from today on, or later"
    assert len(published.versions) == 1


def test_the_first_policy_holds_at_once(store: MemorySchedule) -> None:
    publish(store, in_turn(roster_of(RESTLESS)), roster_of(RESTLESS), AUTHOR.at)
    assert store.schedule().policy_version_at(AUTHOR.at) == 1


@pytest.fixture(scope="module")
def in_database(tmp_path_factory: pytest.TempPathFactory) -> SqlStore:
    """A database with a plan, and a repair of it with other hours and a faster target from 12 January on."""
    path = tmp_path_factory.mktemp("policies") / "oncall.db"
    write_migrated_file(path)
    store = open_store(f"sqlite:///{path}")
    first = PublishablePlan(in_turn(roster_of(RESTLESS)), roster_of(RESTLESS))
    roster = roster_with(LATER)
    second = PublishablePlan(repaired(roster, date(2027, 1, 12)), roster)
    for sound, at in ((first, AUTHOR.at), (second, local("2027-01-06T12:00"))):
        store.write(lambda tx, sound=sound, at=at: publish_plan(tx, sound, Author("mei", at, "a plan")))  # type: ignore[misc]
    return store


MINUTES = int((local("2027-01-18T08:00") - local("2027-01-04T08:00")) / timedelta(minutes=1))


@settings(max_examples=30, deadline=None)
@given(minute=st.integers(0, MINUTES))
def test_policy_hours_explanation_and_clocks_agree_at_each_minute(in_database: SqlStore, minute: int) -> None:
    at = local("2027-01-04T08:00") + timedelta(minutes=minute)

    def look(tx: Transaction) -> None:
        policy, who = tx.policy_at(at), tx.schedule().who(at)
        shown = published_policy_view(tx, at)
        assert in_force(tx, at).policy == shown["in_force"]["version"]
        assert shown["plans"] == policy_view(policy)["plans"]
        assert calendar_of(policy, None).window_at(at).kind == who.window.kind
        explained = explain_view("standard", "urgent", policy, tx.schedule(), at)
        assert explained["window"] == str(who.window.kind)
        assert not who.missing

    in_database.read(look)
