"""The outcome of a rehearsal: which SLA targets were met, and how often people were paged and woken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from oncall.paging.clocks.clock_book import clocks
from oncall.paging.domain.events import Acknowledged, Event
from oncall.paging.domain.people import DESK
from oncall.paging.domain.ticket import Attempt, Purpose, TicketStatus
from oncall.paging.outgoing.ticket_work import known_clocks
from oncall.paging.ports.records import TicketSpan
from oncall.rehearsal.player import Played
from oncall.rehearsal.responders import is_night
from oncall.reports.attainment import Cell, Percentiles, Tally, percentiles
from oncall.schedule.schedule import Schedule
from oncall.support.windows import Window, WindowKind

ONE_WAKING = timedelta(minutes=30)
"""A page that comes this soon after the one before it does not count as another wake-up."""

_HALF_A_DAY = timedelta(hours=12)
_EVER = 10**9


@dataclass(frozen=True, slots=True)
class PageLoad:
    """The pages of one person in a rehearsal.

    nights: nights with at least one page in on-call time. wake_ups: pages between 23:00 and 07:00 in the person's own
    time zone, without those within half an hour of the one before. worst_night: pages in the night with the most pages.
    """

    person: str
    pages: int
    nights: int
    wake_ups: int
    worst_night: int


@dataclass(frozen=True, slots=True)
class RehearsalOutcome:
    """The numbers of one rehearsal. A bundle counts as one page. Notices and messages to the desk are not pages.

    loads: every person on the schedule, the manager last. nights: the number of nights, each from noon to noon in
    policy time. night_pages: pages in on-call time; the other pages came in business hours. quiet_nights: nights
    without a page in on-call time. worst_night: the number of such pages in the night with the most. manager_tickets:
    tickets for which the manager was paged. taken: the time from a ticket's first page until a person took the ticket.
    """

    tickets: int
    resolved: int
    cells: tuple[Cell, ...]
    loads: tuple[PageLoad, ...]
    pages: int
    night_pages: int
    nights: int
    quiet_nights: int
    worst_night: int
    manager_tickets: int
    taken: Percentiles | None

    @property
    def wake_ups(self) -> int:
        """Return the number of wake-ups of all people together."""
        return sum(load.wake_ups for load in self.loads)

    @property
    def manager_share(self) -> float | None:
        """Return the share of all tickets for which the manager was paged, 0 to 1; None without tickets."""
        return self.manager_tickets / self.tickets if self.tickets else None

    @property
    def pages_per_night(self) -> float:
        """Return the average number of pages in a night, in on-call time."""
        return self.night_pages / self.nights if self.nights else 0.0


def outcome_of(played: Played, span: Window) -> RehearsalOutcome:
    """Return the numbers of a rehearsal. span: the window in which its tickets arrived."""
    store = played.store
    schedule, policy = store.schedule(), store.policy()
    stored = store.tickets_between(TicketSpan(span.start, span.end, limit=_EVER))
    tally = Tally(schedule.calendar)
    for one in stored:
        name = one.ticket.id
        # The last transaction of nearly every ticket has left its clocks, so do not fold its log again.
        tally.add(
            known_clocks(store, name, played.until) or clocks(store, one.ticket, store.events(name), played.until)
        )
    paged = [one for one in played.messages if one.purpose is Purpose.PAGE and one.to != DESK]
    pages = [page for page in paged if not page.is_member]
    nights, dates = _Nights(pages, schedule, policy.zone), _dates_of(span, policy.zone)
    manager = schedule.manager.id if schedule.manager is not None else None
    return RehearsalOutcome(
        tickets=len(stored),
        resolved=sum(one.status is TicketStatus.RESOLVED for one in stored),
        cells=tally.cells(policy),
        loads=tuple(nights.load(person) for person in _everybody(schedule)),
        pages=len(pages),
        night_pages=sum(nights.all.values()),
        nights=len(dates),
        quiet_nights=sum(night not in nights.all for night in dates),
        worst_night=max(nights.all.values(), default=0),
        manager_tickets=len({page.ticket for page in paged if page.to == manager}),
        taken=percentiles(_times_to_take(paged, played)),
    )


class _Nights:
    """Counts pages by person and night. A night lasts from noon to noon and is named by the date on which it begins."""

    def __init__(self, pages: Sequence[Attempt], schedule: Schedule, zone: ZoneInfo) -> None:
        self._schedule, self._pages = schedule, pages
        self.all: Counter[date] = Counter()
        self._of: dict[str, Counter[date]] = {}
        for page in pages:
            if schedule.calendar.window_at(page.at).kind is not WindowKind.BUSINESS:
                night = (page.at.astimezone(zone).replace(tzinfo=None) - _HALF_A_DAY).date()
                self.all[night] += 1
                self._of.setdefault(page.to, Counter())[night] += 1

    def load(self, person: str) -> PageLoad:
        """Return the counted pages of one person."""
        mine = [page.at for page in self._pages if page.to == person]
        nights = self._of.get(person, Counter())
        zone = self._schedule.people[person].zone
        return PageLoad(person, len(mine), len(nights), _wake_ups(mine, zone), max(nights.values(), default=0))


def _wake_ups(pages: Iterable[datetime], zone: ZoneInfo) -> int:
    woken, last = 0, None
    for at in pages:
        if is_night(at, zone) and (last is None or at - last > ONE_WAKING):
            woken += 1
        last = at
    return woken


def _everybody(schedule: Schedule) -> list[str]:
    manager = schedule.manager.id if schedule.manager is not None else None
    return [*(name for name in schedule.people if name != manager), *([manager] if manager is not None else [])]


def _dates_of(span: Window, zone: ZoneInfo) -> list[date]:
    first, end = span.start.astimezone(zone).date(), span.end.astimezone(zone).date()
    return [first + timedelta(days=number) for number in range((end - first).days)]


def _times_to_take(pages: Sequence[Attempt], played: Played) -> list[timedelta]:
    """Return, for each ticket that a person took, the time from its first page to the acknowledgement."""
    first: dict[str, datetime] = {}
    for page in pages:
        first.setdefault(page.ticket, page.at)
    taken = (_taken_after(played.store.events(name), at) for name, at in first.items())
    return [time for time in taken if time is not None]


def _taken_after(log: Iterable[Event], paged_at: datetime) -> timedelta | None:
    taken = next((one.at for one in log if isinstance(one, Acknowledged) and one.at >= paged_at), None)
    return taken - paged_at if taken is not None else None
