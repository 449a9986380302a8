"""After any changes every surface says the same, the past stays, and the undo of the last one restores what was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import NotFound, Refused
from oncall.planning.published.change_schedule import ChangeTerms
from oncall.planning.published.cover_shift import Cover, cover_shift
from oncall.planning.published.override_shift import override_shift
from oncall.planning.published.publish_plan import PublishablePlan, publish_plan
from oncall.planning.published.schedule_version import Author
from oncall.planning.published.undo_version import undo_version
from oncall.schedule.plan import Plan
from oncall.schedule.schedule_views import history_view
from oncall.schedule.shift_changes import ShiftChanges
from oncall.schedule.shift_events import shift_events
from tests.planning.changes import RESTLESS, local, publish
from tests.planning.conftest import PEOPLE, MemorySchedule, in_turn, roster_of
from tests.planning.surfaces import check_surfaces, holders, rows

BEGIN, END = local("2027-01-04T12:00"), local("2027-01-18T08:00")
ROSTER = roster_of(RESTLESS)
PLAN = in_turn(ROSTER)
FORCED = ChangeTerms(is_forced=True)
HOURS = int((END - BEGIN) / timedelta(hours=1))
PERSON = st.sampled_from(PEOPLE)

Change = Callable[[MemorySchedule, Author], object]
"""Makes one change in the name of an author. Raises NotFound and Refused."""


@dataclass(frozen=True, slots=True)
class Override:
    engineer: str
    role: str
    start: int
    hours: int

    def __call__(self, store: MemorySchedule, author: Author) -> None:
        start = BEGIN + timedelta(hours=self.start)
        end = start + timedelta(hours=self.hours)
        override_shift(store, self.engineer, self.role, start=start, end=end, author=author, terms=FORCED)


@dataclass(frozen=True, slots=True)
class Covered:
    engineer: str
    by: str
    start: int

    def __call__(self, store: MemorySchedule, author: Author) -> None:
        cover = Cover(self.engineer, self.by, BEGIN + timedelta(hours=self.start))
        cover_shift(store, cover, author, FORCED)


@dataclass(frozen=True, slots=True)
class Publish:
    turned_by: int

    def __call__(self, store: MemorySchedule, author: Author) -> None:
        names = dict(zip(PEOPLE, PEOPLE[self.turned_by :] + PEOPLE[: self.turned_by], strict=True))
        seats = tuple(replace(seat, engineer=names[seat.engineer]) for seat in PLAN.seats)
        plan = Plan(PLAN.team, PLAN.zone, seats, first_day=PLAN.first_day, last_day=PLAN.last_day)
        publish_plan(store, PublishablePlan(plan, ROSTER), author)


@dataclass(frozen=True, slots=True)
class Undo:
    version: int

    def __call__(self, store: MemorySchedule, author: Author) -> None:
        undo_version(store, self.version, author, FORCED)


CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(Override, PERSON, st.sampled_from(["primary", "secondary"]), st.integers(0, HOURS), st.integers(1, 40)),
    st.builds(Covered, PERSON, PERSON, st.integers(0, HOURS)),
    st.builds(Publish, st.integers(1, 5)),
    st.builds(Undo, st.integers(1, 6)),
)
SEQUENCES = st.lists(st.tuples(CHANGES, st.integers(0, 48)), min_size=1, max_size=6)
"""Changes, each with the hours since the one before."""
INSTANTS = st.lists(st.integers(0, HOURS * 60), min_size=6, max_size=6)


def at_minute(minute: int) -> datetime:
    return BEGIN + timedelta(minutes=minute)


def made(store: MemorySchedule, change: Change, at: datetime) -> bool:
    """Make a change; return False if it was refused, and then nothing is stored."""
    before = len(store.versions)
    try:
        change(store, Author("mei", at, "a test"))
    except (NotFound, Refused):
        # An undo stores its version before it is judged, and a database would roll it back.
        del store.versions[before:]
        return False
    return True


@settings(max_examples=20, deadline=None)
@given(sequence=SEQUENCES)
def test_an_event_of_a_calendar_rises_exactly_when_it_changes(sequence: list[tuple[Change, int]]) -> None:
    store, now, changes = MemorySchedule(), BEGIN, ShiftChanges()
    publish(store, RESTLESS, Author("mei", BEGIN - timedelta(days=3), "the plan"))
    before, last = events_of(store), changes.after(rows(store), store.schedule().fallback)
    for change, hours in sequence:
        now = min(now + timedelta(hours=hours), END)
        made(store, change, now)
        after, newest = events_of(store), changes.after(rows(store), store.schedule().fallback)
        assert after.keys() <= newest.keys()
        for key in after.keys() & before.keys():
            has_changed = after[key] != before[key]
            assert (newest[key].sequence > last[key].sequence) is has_changed, key
            assert (newest[key].at > last[key].at) is has_changed, key
        before, last = after, newest
    fallback = store.schedule().fallback
    assert last == ShiftChanges().after(rows(store), fallback)


def events_of(store: MemorySchedule) -> dict[str, tuple[object, ...]]:
    """Return what each event of the team's calendar shows, by its key."""
    return {each.key: (each.window, each.kind, each.engineer) for each in shift_events(store.schedule())}


@settings(max_examples=30, deadline=None)
@given(sequence=SEQUENCES, minutes=INSTANTS)
def test_every_surface_agrees_and_the_past_stays(sequence: list[tuple[Change, int]], minutes: list[int]) -> None:
    store, now = MemorySchedule(), BEGIN
    publish(store, RESTLESS, Author("mei", BEGIN - timedelta(days=3), "the plan"))
    for change, hours in sequence:
        now = min(now + timedelta(hours=hours), END)
        past = {minute: holders(store.schedule(), at_minute(minute)) for minute in minutes if at_minute(minute) < now}
        made(store, change, now)
        assert {minute: holders(store.schedule(), at_minute(minute)) for minute in past} == past
    for minute in minutes:
        check_surfaces(store, at_minute(minute), PEOPLE)
    assert [line["version"] for line in history_view(store.schedule())["versions"]] == [
        *range(1, len(store.versions) + 1)
    ]


@settings(max_examples=30, deadline=None)
@given(sequence=SEQUENCES, minutes=INSTANTS)
def test_the_undo_of_the_last_change_restores_exactly_what_was(
    sequence: list[tuple[Change, int]], minutes: list[int]
) -> None:
    store, now = MemorySchedule(), BEGIN
    publish(store, RESTLESS, Author("mei", BEGIN - timedelta(days=3), "the plan"))
    for change, hours in sequence:
        now = min(now + timedelta(hours=hours), END)
        before = store.schedule()
        if not made(store, change, now) or isinstance(change, Undo):
            continue
        if not made(store, Undo(len(store.versions)), now):
            assert now >= END
            continue
        after = store.schedule()
        for minute in minutes:
            at = max(at_minute(minute), now)
            assert holders(after, at) == holders(before, at)
            assert after.policy_version_at(at) == before.policy_version_at(at)
        assert after.people == before.people
        assert (after.latest and after.latest.version) == (before.latest and before.latest.version)
        made(store, change, now)
