"""The report on a month's duty: hours and shifts by kind, pages and work at night, breaches of working time rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.paging.ports.store import ReportStore
from oncall.paging.views.paged_people import PagedPeople, paged_people
from oncall.reports.duty_view_types import DutyReportView, EngineerDutyView, KindDutyView, WorkingTimeBreachView
from oncall.reports.month import Month
from oncall.reports.nights import is_at_night, nights_in
from oncall.reports.working_time import AROUND, WorkingTimeBreach, breaches_of, joined_windows, within
from oncall.schedule.gaps import gaps_between
from oncall.schedule.schedule import Schedule
from oncall.schedule.timeline import Assignment
from oncall.support.policy import Policy
from oncall.support.windows import Window, WindowKind

_SECOND = timedelta(seconds=1)


def duty_view(tx: ReportStore, month: Month, now: datetime) -> DutyReportView:
    """Return who was on call in a month, as of `now` (aware UTC). Raises Refused when nothing is published."""
    schedule = tx.schedule()
    refuse_unpublished(schedule)
    paged = paged_people(tx, month.days(schedule.calendar.zone).window)
    return duty_of(schedule, tx.policy(), paged, month, now)


def duty_of(schedule: Schedule, policy: Policy, paged: PagedPeople, month: Month, now: datetime) -> DutyReportView:
    """Return the report on a month's duty under this schedule.

    policy: gives the order of the kinds. paged: the pages and the work of the month. now: aware UTC.
    """
    zone = schedule.calendar.zone
    span = month.days(zone).window
    served = list(schedule.assignments(span.start, span.end))
    people = dict.fromkeys([*schedule.people, *(each.engineer for each in served)])
    rows = [_engineer_view(person, served, paged, span, zone) for person in people]
    return {
        "month": str(month),
        "timezone": zone.key,
        "kinds": [*policy.in_order({*_policy_kinds(schedule, span), *(each.kind for each in served)})],
        "is_over": span.end <= now,
        "gap_seconds": _seconds(gap.window for gap in gaps_between(schedule, span.start, span.end)),
        "engineers": [row for row in rows if row["kinds"] or row["night_pages"] or row["night_work_seconds"]],
        "breaches": [_breach_view(breach, zone) for breach in _breaches(schedule, span, zone)],
    }


def refuse_unpublished(schedule: Schedule) -> None:
    """Raise Refused if no plan is published."""
    if schedule.latest is None:
        raise Refused("nothing is published yet; publish a plan with `oncall publish`")


def _policy_kinds(schedule: Schedule, span: Window) -> Iterator[WindowKind]:
    """Yield the kinds of on-call shifts of the policies in force at the start and at the end of a span."""
    for at in (span.start, span.end):
        yield from (each.kind for each in schedule.calendar_at(at).spans if each.kind is not WindowKind.BUSINESS)
    yield WindowKind.HOLIDAY


def _engineer_view(
    person: str, served: Sequence[Assignment], paged: PagedPeople, span: Window, zone: ZoneInfo
) -> EngineerDutyView:
    own = [each for each in served if each.engineer == person]
    kinds: dict[str, KindDutyView] = {
        str(kind): {
            "seconds": _seconds(_cut(each.window, span) for each in own if each.kind is kind),
            "shifts": sum(1 for each in own if each.kind is kind and each.window.start in span),
        }
        for kind in dict.fromkeys(each.kind for each in own)
    }
    work = joined_windows(each.window for each in paged.work if each.engineer == person)
    pages = [page for page in paged.pages if page.engineer == person and is_at_night(page.at, zone)]
    nights = [_cut(night, span) for night in nights_in(span, zone)]
    return {
        "engineer": person,
        "kinds": kinds,
        "night_pages": len(pages),
        "night_work_seconds": sum(within(work, night) // _SECOND for night in nights),
    }


def _breaches(schedule: Schedule, span: Window, zone: ZoneInfo) -> list[WorkingTimeBreach]:
    around: dict[str, list[Window]] = {}
    for each in schedule.assignments(span.start - AROUND, span.end + AROUND):
        around.setdefault(each.engineer, []).append(each.window)
    found = (breach for person in around for breach in breaches_of(person, around[person], span, zone))
    return sorted(found, key=lambda breach: (breach.window.start, breach.engineer, breach.rule))


def _breach_view(breach: WorkingTimeBreach, zone: ZoneInfo) -> WorkingTimeBreachView:
    return {
        "engineer": breach.engineer,
        "rule": breach.rule.value,
        "start": breach.window.start.astimezone(zone).isoformat(),
        "end": breach.window.end.astimezone(zone).isoformat(),
        "seconds": breach.length // _SECOND,
    }


def _cut(window: Window, span: Window) -> Window:
    return Window(max(window.start, span.start), min(window.end, span.end))


def _seconds(windows: Iterable[Window]) -> int:
    return sum((each.end - each.start) // _SECOND for each in windows)
