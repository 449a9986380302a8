"""The status of the published plan: who is above or below their share so far, and the risks of the coming days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import Protocol
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.paging.ports.store import ReportStore
from oncall.paging.views.paged_people import SentPage, paged_people
from oncall.planning.published.change_rules import PublishedTexts, roster_in_force
from oncall.planning.published.last_resorts import LastResort, last_resorts
from oncall.planning.sources.context_sources import ContextSources
from oncall.planning.sources.known_absences import with_absences
from oncall.planning.sources.ledger_work import ledger_of_record
from oncall.planning.sources.service_record import ServiceRecord, service_record
from oncall.rosters.roster import Roster
from oncall.rotation.problem.served_seats import published_seats, seats_as_served
from oncall.schedule.gaps import Gap, gaps_ahead, schedule_end, time_ahead
from oncall.schedule.schedule import Schedule
from oncall.schedule.timeline import Assignment
from oncall.support.windows import Window, WindowKind

LOOKED_BACK = timedelta(days=28)
"""How far back to look for pages at night."""
REST_AFTER_PAGE = timedelta(hours=11)
NIGHT_ENDS = time(6)
_ZERO = Fraction(0)


class StatusStore(ReportStore, PublishedTexts, Protocol):
    """The database queries for the status of the plan."""


@dataclass(frozen=True, slots=True)
class ShareSoFar:
    """One engineer's shifts of one kind that began before today, and their share of these shifts, over all roles.

    taken, given: how many shifts the engineer took from others and gave to others, by swaps and other changes.
    """

    engineer: str
    kind: WindowKind
    served: Fraction
    share: Fraction
    taken: Fraction
    given: Fraction

    @property
    def over(self) -> Fraction:
        """Return how many shifts the engineer served above their share; negative if below it."""
        return self.served - self.share


@dataclass(frozen=True, slots=True)
class BrokenRest:
    """A page between midnight and 06:00 to an engineer whose next shift began less than 11 hours later."""

    page: SentPage
    shift: Assignment

    @property
    def rest(self) -> timedelta:
        """Return the time from the page to the beginning of the shift."""
        return self.shift.window.start - self.page.at


@dataclass(frozen=True, slots=True)
class PlanStatus:
    """The content of `oncall plan status` at an instant (aware UTC), looking `days` days ahead."""

    team: str
    zone: ZoneInfo
    as_of: datetime
    days: int
    shares: tuple[ShareSoFar, ...]
    changes: int
    gaps: tuple[Gap, ...]
    broken_rest: tuple[BrokenRest, ...]
    last_resorts: tuple[LastResort, ...]
    ends_at: datetime


def plan_status(tx: StatusStore, now: datetime, days: int) -> PlanStatus:
    """Return the status of the published plan. now: policy time, aware UTC. days: how far to look ahead.

    Raises Refused if nothing is published, or if the published roster cannot be read.
    """
    now, schedule = now.replace(microsecond=0), tx.schedule()
    latest = schedule.latest
    if latest is None:
        raise Refused("nothing is published yet; publish a plan with `oncall publish`")
    roster = roster_in_force(tx)
    if roster is None:
        raise Refused("this version of oncall cannot read the published roster; publish the plan again with its roster")
    present = with_absences(roster, schedule)
    record = service_record(roster, ContextSources(published=schedule), say=lambda words: None)
    ahead = time_ahead(schedule, now, days)
    pages = paged_people(tx, Window(now - LOOKED_BACK, now)).pages
    return PlanStatus(
        latest.team,
        roster.policy.zone,
        now,
        days,
        tuple(_shares(roster, record, schedule, now)),
        len({each.version for each in schedule.overrides}),
        tuple(gaps_ahead(schedule, now, days)),
        tuple(_broken_rest(schedule, pages, roster.policy.zone)),
        tuple(last_resorts(present, seats_as_served(record.served), ahead.start, ahead.end)),
        schedule_end(schedule) or now,
    )


def _shares(roster: Roster, record: ServiceRecord, schedule: Schedule, now: datetime) -> Iterable[ShareSoFar]:
    today = now.astimezone(roster.policy.zone).date()
    sources = ContextSources(published=schedule)
    found = ledger_of_record(roster, record, sources, before=today, say=lambda words: None)
    taken, given = _changed_hands(record, schedule, now)
    for entry in found.entries:
        key = (entry.engineer, entry.kind)
        yield ShareSoFar(*key, entry.served, entry.share, taken.get(key, _ZERO), given.get(key, _ZERO))


def _changed_hands(
    record: ServiceRecord, schedule: Schedule, now: datetime
) -> tuple[Mapping[tuple[str, WindowKind], Fraction], Mapping[tuple[str, WindowKind], Fraction]]:
    """Return what each engineer took from others, and what each gave to others, of each kind.

    Both are in shifts, by engineer and kind, and count only shifts that began before `now`.
    """
    planned = {(seat.window, seat.role): seat.engineer for seat in published_seats(schedule)}
    taken: dict[tuple[str, WindowKind], Fraction] = defaultdict(Fraction)
    given: dict[tuple[str, WindowKind], Fraction] = defaultdict(Fraction)
    for each in record.served:
        owner = planned.get((each.seat.window, each.seat.role))
        if owner is not None and owner != each.engineer and each.seat.window.start < now:
            taken[each.engineer, each.seat.kind] += each.part
            given[owner, each.seat.kind] += each.part
    return taken, given


def _broken_rest(schedule: Schedule, pages: Sequence[SentPage], zone: ZoneInfo) -> Iterable[BrokenRest]:
    """Yield one broken rest for each engineer and shift: the last page before the shift."""
    found: dict[tuple[str, datetime], BrokenRest] = {}
    for page in pages:
        if page.at.astimezone(zone).time() < NIGHT_ENDS:
            coming = schedule.assignments_of(page.engineer, page.at, page.at + REST_AFTER_PAGE)
            running = {each.shift for each in coming if page.at in each.window and each.shift is not None}
            # An override can cut a shift in two. Its second part is not the engineer's next shift.
            later = (each for each in coming if each.window.start > page.at and each.shift not in running)
            following = next(later, None)
            if following is not None:
                found[page.engineer, following.window.start] = BrokenRest(page, following)
    return found.values()
