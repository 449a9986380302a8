"""With turns of weeks, one engineer covers all shifts of a turn where the rules allow it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from oncall.planning.published.publish_plan import PublishablePlan, publish_plan
from oncall.planning.published.schedule_version import Author
from oncall.planning.swaps.away import AwayAsked, AwayMade, enter_away, plan_away, read_for_away
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.schedule.plan import Plan
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of
from tests.planning.conftest import roster_of
from tests.planning.swaps.conftest import NOW, TEN, TIMES, SwapMemory, by

FRIDAY, THURSDAY = date(2027, 1, 8), date(2027, 1, 14)
WEEKLY = TEN + "rotation: {turn: week, handover: fri, rest_nights: 6, weekends_apart: 2}\n"


def publish(store: SwapMemory) -> Plan:
    """Publish the fairest plan of five weeks from Friday 2027-01-08."""
    roster = roster_of(WEEKLY)
    last = FRIDAY + timedelta(days=34)
    calendar = calendar_of(roster.policy, roster.holidays)
    plan = fairest_plan(roster, shifts_between(calendar, first_day=FRIDAY, last_day=last, rules=roster.rules))
    plan = replace(plan, first_day=FRIDAY, last_day=last)
    publish_plan(store, PublishablePlan(plan, roster), Author("mei", NOW, "published"))
    return plan


def mark_away(store: SwapMemory, asked: AwayAsked) -> AwayMade:
    author = by("mei", reason="ill")
    plan = plan_away(read_for_away(store, asked, author), author.at)
    return enter_away(store, plan, author, replace(TIMES, real_now=author.at), is_agreed=True)


def test_one_engineer_covers_the_whole_turn_of_an_engineer_who_is_away() -> None:
    store = SwapMemory()
    first = publish(store).seats[0]
    made = mark_away(store, AwayAsked(first.engineer, FRIDAY, THURSDAY))
    assert len(made.covers.moves) == 5
    assert made.covers.is_fewest
    assert len({move.taker for move in made.covers.moves}) == 1


def test_one_engineer_covers_the_rest_of_a_turn_when_the_first_shifts_are_not_blocked() -> None:
    store = SwapMemory()
    first = publish(store).seats[0]
    made = mark_away(store, AwayAsked(first.engineer, FRIDAY + timedelta(days=4), THURSDAY))
    assert 1 < len(made.covers.moves) < 5
    assert len({move.taker for move in made.covers.moves}) == 1
