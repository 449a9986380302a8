"""The status of the plan as a JSON object for `--json` and the API. Shares are in shifts."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Annotated, TypedDict
from zoneinfo import ZoneInfo

from oncall.planning.published.last_resorts import LastResort
from oncall.planning.published.plan_status import BrokenRest, PlanStatus, ShareSoFar
from oncall.support.json_types import IsoTime


class ShareSoFarView(TypedDict):
    """One engineer's shifts of one kind so far, over all roles, with their share."""

    engineer: str
    kind: str
    served: Annotated[float, "Shifts that began before today, changes of the schedule applied."]
    share: float
    over: Annotated[float, "served - share; below 0: less than the share."]
    taken: Annotated[float, "Of served, what the engineer took from others by swaps and other changes."]
    given: Annotated[float, "What other engineers took from this one."]


class HoleView(TypedDict):
    """A future gap: on-call time in which no engineer has a role."""

    start: IsoTime
    end: IsoTime
    role: str


class BrokenRestView(TypedDict):
    """A page at night, less than 11 hours before the engineer's next shift."""

    engineer: str
    ticket: str
    paged_at: IsoTime
    shift: Annotated[IsoTime, "The beginning of the next shift."]
    kind: str
    rest_seconds: int


class LastResortView(TypedDict):
    """A future seat that no other engineer may take."""

    start: IsoTime
    end: IsoTime
    kind: str
    role: str
    engineer: str
    why: str


class PlanStatusView(TypedDict):
    """The status of the published plan: shares so far, and the risks of the coming days."""

    team: str
    timezone: str
    as_of: IsoTime
    schedule_ends: IsoTime
    days: Annotated[int, "How many days ahead gaps and risks are looked for."]
    changes: Annotated[int, "Versions that changed single shifts: overrides, swaps, covers, absences."]
    shares: list[ShareSoFarView]
    holes: list[HoleView]
    broken_rest: list[BrokenRestView]
    nobody_left: list[LastResortView]


def plan_status_view(status: PlanStatus) -> PlanStatusView:
    """Return the status of the plan as JSON."""
    zone = status.zone
    return {
        "team": status.team,
        "timezone": zone.key,
        "as_of": _iso(status.as_of, zone),
        "schedule_ends": _iso(status.ends_at, zone),
        "days": status.days,
        "changes": status.changes,
        "shares": [_share(each) for each in status.shares],
        "holes": [
            {"start": _iso(gap.window.start, zone), "end": _iso(gap.window.end, zone), "role": gap.role}
            for gap in status.gaps
        ],
        "broken_rest": [_rest(each, zone) for each in status.broken_rest],
        "nobody_left": [_last_resort(each, zone) for each in status.last_resorts],
    }


def _share(each: ShareSoFar) -> ShareSoFarView:
    return {
        "engineer": each.engineer,
        "kind": str(each.kind),
        "served": _rounded(each.served),
        "share": _rounded(each.share),
        "over": _rounded(each.over),
        "taken": _rounded(each.taken),
        "given": _rounded(each.given),
    }


def _rest(each: BrokenRest, zone: ZoneInfo) -> BrokenRestView:
    return {
        "engineer": each.page.engineer,
        "ticket": each.page.ticket,
        "paged_at": _iso(each.page.at, zone),
        "shift": _iso(each.shift.window.start, zone),
        "kind": str(each.shift.kind),
        "rest_seconds": each.rest // timedelta(seconds=1),
    }


def _last_resort(each: LastResort, zone: ZoneInfo) -> LastResortView:
    seat = each.seat
    return {
        "start": _iso(seat.window.start, zone),
        "end": _iso(seat.window.end, zone),
        "kind": str(seat.kind),
        "role": seat.role,
        "engineer": seat.engineer,
        "why": each.why,
    }


def _iso(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat()


def _rounded(value: Fraction) -> float:
    return round(float(value), 3)
