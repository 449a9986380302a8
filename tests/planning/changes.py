"""A published schedule that the tests change: two weeks of six people, without rules about rest unless a test asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from oncall.planning.published.change_schedule import ChangeMade, ChangeTerms, change_schedule
from oncall.planning.published.publish_plan import check_for_publication, publish_plan
from oncall.planning.published.schedule_version import Author
from oncall.planning.sources.context_sources import NamedPlan
from oncall.schedule.change_document import OVERRIDE
from oncall.schedule.versions import Piece
from oncall.support.windows import Window
from tests.planning.conftest import AUTHOR, ROSTER, MemorySchedule, in_turn, roster_of

NEW_YORK = ZoneInfo("America/New_York")
RESTLESS = ROSTER + "rotation: {rest_nights: 0, weekends_apart: 1}\n"


def local(text: str) -> datetime:
    """A New York wall time as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def night(day: str) -> Window:
    """The weeknight shift that begins on a date."""
    start = local(f"{day}T19:01")
    return Window(start, local(f"{start.astimezone(NEW_YORK).date() + timedelta(days=1)}T08:00"))


MONDAY, TUESDAY, WEDNESDAY = night("2027-01-04"), night("2027-01-05"), night("2027-01-06")
"""ana and ben, cai and dee, eve and fay: primary and secondary of these nights."""


def publish(store: MemorySchedule, text: str = RESTLESS, author: Author = AUTHOR) -> None:
    """Publish the plan in which each pair of the roster has every third shift."""
    roster = roster_of(text)
    plan = NamedPlan("plan.csv", in_turn(roster_of(ROSTER)))
    publish_plan(store, check_for_publication(plan, roster, None), author)


def put_on(
    store: MemorySchedule,
    *pieces: Piece,
    kind: str = OVERRIDE,
    author: Author = AUTHOR,
    terms: ChangeTerms | None = None,
) -> ChangeMade:
    """Make a change of these pieces."""
    return change_schedule(store, kind, pieces, author, terms)


def holders(store: MemorySchedule, at: datetime) -> dict[str, str]:
    """Who holds each role at an instant."""
    return {role: holder.engineer for role, holder in store.schedule().who(at).roles.items()}
