"""The JSON objects of the reports on duty: who was on call in a month, and who was paged."""

from __future__ import annotations

from typing import Annotated, TypedDict

from oncall.support.json_types import IsoDate, IsoTime, Keyword


class KindDutyView(TypedDict):
    """An engineer's on-call time of one kind of shift in a month."""

    seconds: Annotated[int, "Time on call, cut at the month's ends."]
    shifts: Annotated[int, "Shifts, or parts of one, that begin in the month."]


class EngineerDutyView(TypedDict):
    """An engineer's on-call time in a month, in all roles together."""

    engineer: str
    kinds: Annotated[dict[str, KindDutyView], "By kind of shift; kinds that the engineer did not serve are absent."]
    night_pages: Annotated[int, "Pages between 23:00 and 06:00 in the policy's zone."]
    night_work_seconds: Annotated[int, "Time between 23:00 and 06:00 in which the engineer had a ticket."]


class WorkingTimeBreachView(TypedDict):
    """A breach of the daily rest of 11 hours, or of the week of 48 hours, if on-call time counts as work."""

    engineer: str
    rule: Annotated[str, Keyword("enum", ("daily_rest", "weekly_hours"))]
    start: Annotated[IsoTime, "The beginning of the time on call, or of the week."]
    end: IsoTime
    seconds: Annotated[int, "The longest rest in 24 hours, or the time on call in the week."]


class DutyReportView(TypedDict):
    """Who was on call in a month, by the published schedule with overrides applied."""

    month: Annotated[str, Keyword("pattern", "^[0-9]{4}-[0-9]{2}$"), Keyword("examples", ("2027-01",))]
    timezone: str
    kinds: Annotated[list[str], "The kinds of shift of the policies in force and of the month's shifts."]
    is_over: Annotated[bool, "False if shifts of the month are still to come; they count as planned."]
    gap_seconds: Annotated[int, "On-call time of all roles together that nobody serves."]
    engineers: list[EngineerDutyView]
    breaches: list[WorkingTimeBreachView]


class NightView(TypedDict):
    """The pages to an engineer in one night. A night has the date on which it begins."""

    night: IsoDate
    pages: int
    at_night: Annotated[int, "Those between 23:00 and 06:00 in the policy's zone."]


class EngineerLoadView(TypedDict):
    """The pages to one engineer."""

    engineer: str
    pages: int
    tickets: int
    at_night: Annotated[int, "Pages between 23:00 and 06:00 in the policy's zone."]
    nights_woken: Annotated[int, "Nights with such a page."]
    longest_run: Annotated[int, "The most nights in a row with such a page."]
    on_call_seconds: int
    nights: list[NightView]


LoadView = TypedDict(
    "LoadView",
    {
        "from": IsoDate,
        "to": IsoDate,
        "timezone": str,
        "as_of": IsoTime,
        "pages": int,
        "tickets": int,
        "engineers": list[EngineerLoadView],
    },
)
"""Who was paged on some dates, by engineer and night."""
