"""The load of the engineers: how often each was paged, in which nights, and in how many nights in a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from oncall.errors import Refused
from oncall.paging.ports.store import ReportStore
from oncall.paging.views.paged_people import SentPage, paged_people
from oncall.reports.duty_month import refuse_unpublished
from oncall.reports.duty_view_types import EngineerLoadView, LoadView
from oncall.reports.nights import is_at_night, night_of
from oncall.reports.sla_report import Days

MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class EngineerLoad:
    """The pages to one engineer.

    by_night: the number of pages by night; a night has the date on which it begins. woken: for each night with pages
    between 23:00 and 06:00, how many there were. on_call: time on call, in all roles together.
    """

    engineer: str
    by_night: dict[date, int]
    woken: dict[date, int]
    tickets: int
    on_call: timedelta

    @property
    def pages(self) -> int:
        """Return the number of pages to the engineer."""
        return sum(self.by_night.values())

    @property
    def at_night(self) -> int:
        """Return the number of pages between 23:00 and 06:00."""
        return sum(self.woken.values())

    @property
    def longest_run(self) -> int:
        """Return the largest number of nights in a row that each had a page between 23:00 and 06:00."""
        longest = run = 0
        before: date | None = None
        for night in sorted(self.woken):
            run = run + 1 if before is not None and night - before == timedelta(days=1) else 1
            longest, before = max(longest, run), night
        return longest


@dataclass(frozen=True, slots=True)
class LoadReport:
    """The content of `oncall report load`. as_of: the instant (aware UTC) for which it was computed."""

    days: Days
    as_of: datetime
    engineers: tuple[EngineerLoad, ...]
    tickets: int

    @property
    def pages(self) -> int:
        """Return the number of pages to all engineers together."""
        return sum(each.pages for each in self.engineers)

    def as_json(self) -> LoadView:
        """Return the report as JSON."""
        zone = self.days.zone
        return {
            "from": self.days.first.isoformat(),
            "to": self.days.last.isoformat(),
            "timezone": zone.key,
            "as_of": self.as_of.astimezone(zone).isoformat(),
            "pages": self.pages,
            "tickets": self.tickets,
            "engineers": [_view(each) for each in self.engineers],
        }


def load_report(tx: ReportStore, days: Days, *, as_of: datetime) -> LoadReport:
    """Return the load of all engineers who were on call or paged on some dates, the one with the most pages first.

    Raises Refused if nothing is published, and for more than 366 days.
    """
    if (days.last - days.first).days >= MOST_DAYS:
        raise Refused(f"{days} is longer than {MOST_DAYS} days; ask for a year at most")
    schedule = tx.schedule()
    refuse_unpublished(schedule)
    span = days.window
    pages = paged_people(tx, span).pages
    served: dict[str, timedelta] = {}
    for each in schedule.assignments(span.start, span.end):
        inside = min(each.window.end, span.end) - max(each.window.start, span.start)
        served[each.engineer] = served.get(each.engineer, timedelta(0)) + inside
    people = dict.fromkeys([*schedule.people, *served, *(page.engineer for page in pages)])
    loads = [_load(person, [page for page in pages if page.engineer == person], served, days) for person in people]
    shown = [each for each in loads if each.pages or each.on_call]
    shown.sort(key=lambda each: (-each.pages, -each.at_night, each.engineer))
    return LoadReport(days, as_of, tuple(shown), len({page.ticket for page in pages}))


def _load(person: str, pages: Sequence[SentPage], served: dict[str, timedelta], days: Days) -> EngineerLoad:
    zone = days.zone
    by_night = Counter(night_of(page.at, zone) for page in pages)
    woken = Counter(night_of(page.at, zone) for page in pages if is_at_night(page.at, zone))
    tickets = len({page.ticket for page in pages})
    return EngineerLoad(person, dict(by_night), dict(woken), tickets, served.get(person, timedelta(0)))


def _view(load: EngineerLoad) -> EngineerLoadView:
    return {
        "engineer": load.engineer,
        "pages": load.pages,
        "tickets": load.tickets,
        "at_night": load.at_night,
        "nights_woken": len(load.woken),
        "longest_run": load.longest_run,
        "on_call_seconds": load.on_call // timedelta(seconds=1),
        "nights": [
            {"night": night.isoformat(), "pages": pages, "at_night": load.woken.get(night, 0)}
            for night, pages in sorted(load.by_night.items())
        ],
    }
