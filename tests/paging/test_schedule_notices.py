"""An engineer whose shifts change within 48 hours is told once by SMS; later changes are there for a digest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from oncall.paging.domain.reachability import Alert
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.schedule_notices import ScheduleChange, changes_since, tell_changed
from oncall.paging.ports.store import Transaction
from oncall.schedule.changes import changes_between
from tests.paging.world import SATURDAY_NIGHT, World, at

NOW = SATURDAY_NIGHT


@pytest.fixture
def published(tmp_path: Path) -> Iterator[World]:
    """A quarter with ana and ben on call, since 1 January."""
    world = World(tmp_path, now=at("2027-01-01 12:00"))
    world.publish()
    world.clock.moment = NOW
    yield world
    world.store.close()


def told(world: World, start: str, end: str, *, engineer: str = "chloe") -> dict[str, str]:
    """Make an override of the primary, and return the text to each person."""

    def tell(tx: Transaction) -> dict[str, str]:
        before = tx.schedule_as_of(tx.schedule().newest - 1)
        schedule = tx.schedule()
        changes = changes_between(before, schedule, NOW, NOW + timedelta(days=60))
        context = ActionContext("mei", NOW, world.clock.real_now())
        found = tell_changed(tx, ScheduleChange(schedule.log[-1], changes), context)
        alerts: list[Alert] = list(tx.alerts(written_since=world.clock.real_now() - timedelta(hours=1)))
        assert {alert.to for alert in alerts} >= set(found)
        return {alert.to: alert.body for alert in alerts}

    world.override(engineer, role="primary", start=start, end=end)
    return world.store.write(tell)


def test_who_gains_and_who_loses_a_shift_of_tomorrow_gets_an_sms(published: World) -> None:
    assert told(published, "2027-01-10 12:00", "2027-01-11 08:00") == {
        "chloe": "You are on call as primary from 10 Jan Sun 12:00 EST to Mon 08:00 EST. (override by mei: test)",
        "ana": "You are no longer on call as primary from 10 Jan Sun 12:00 EST to Mon 08:00 EST. "
        "(override by mei: test)",
    }


def test_a_change_that_is_further_away_is_left_to_the_digest(published: World) -> None:
    assert told(published, "2027-01-14 19:01", "2027-01-15 08:00") == {}

    def digest(tx: Transaction) -> list[tuple[int, int] | None]:
        found = [changes_since(tx, person, NOW - timedelta(hours=1), NOW) for person in ("chloe", "ana", "ben")]
        return [(len(change.gained), len(change.lost)) if change is not None else None for change in found]

    assert published.store.read(digest) == [(1, 0), (0, 1), None]
    later = published.store.read(lambda tx: changes_since(tx, "ana", NOW + timedelta(hours=1), NOW))
    assert later is None


def test_a_person_is_told_once_of_a_version(published: World) -> None:
    told(published, "2027-01-10 12:00", "2027-01-11 08:00")

    def again(tx: Transaction) -> tuple[str, ...]:
        schedule = tx.schedule()
        changes = changes_between(tx.schedule_as_of(1), schedule, NOW, NOW + timedelta(days=60))
        context = ActionContext("mei", NOW, published.clock.real_now())
        return tell_changed(tx, ScheduleChange(schedule.log[-1], changes), context)

    assert published.store.write(again) == ()


def test_a_pager_that_starts_hours_later_sends_no_old_news(published: World) -> None:
    told(published, "2027-01-10 12:00", "2027-01-11 08:00")
    published.clock.moment = NOW + timedelta(hours=13)
    published.run()
    published.expect_silence()
    alerts = published.store.read(lambda tx: tx.alerts(written_since=NOW - timedelta(hours=1)))
    assert {(alert.to, alert.due_at, alert.error) for alert in alerts} == {
        (person, None, "not sent: no pager ran for hours after the schedule was changed") for person in ("ana", "chloe")
    }


def test_a_running_pager_sends_it_once(published: World) -> None:
    told(published, "2027-01-10 12:00", "2027-01-11 08:00")
    published.run()
    published.expect_pages("ana", "chloe")
    published.advance(timedelta(hours=1))
    published.expect_silence()
