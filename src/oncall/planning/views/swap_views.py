"""Swaps and absences as JSON objects for `--json` and the API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, NotRequired, TypedDict
from zoneinfo import ZoneInfo

from oncall.paging.actions.field_faults import FieldFault, FieldFaults, shown
from oncall.planning.posted.carry_out import CarriedOut
from oncall.planning.posted.carry_out_swaps import AwayDone, SwapDone
from oncall.planning.posted.posted_swaps import read_shift_day, shift_day_advice
from oncall.planning.published.schedule_version import ScheduleTransaction
from oncall.planning.swaps.ask_to_swap import SwapAsked, SwapTransaction, list_takers
from oncall.planning.swaps.held_shifts import HeldShift
from oncall.planning.swaps.swap_answers import listed_swaps
from oncall.planning.swaps.takers import Taker
from oncall.planning.views.version_views import ChangeView, change_view
from oncall.schedule.schedule import Schedule
from oncall.schedule.swap_requests import SeatMove, SwapRequest
from oncall.support.json_types import IsoTime


class BalanceView(TypedDict):
    before: Annotated[float, "Shifts of this kind beyond the engineer's share, over all roles, now."]
    after: Annotated[float, "The same after the swap."]


"""How a swap changes one engineer's balance."""


class TakerView(TypedDict):
    """One engineer who could take the shift."""

    engineer: Annotated[str, "The engineer's id."]
    legal: Annotated[bool, "True if no rule of the published roster forbids it."]
    why: Annotated[str | None, "The rules that forbid it; null if it is legal."]
    cost_change: Annotated[int, "By how much the fairness cost of the plan rises; below 0, the plan becomes fairer."]
    balances: Annotated[dict[str, BalanceView], "By id: of the engineer who gives the shift away, and of this one."]


class TakersView(TypedDict):
    """The engineers who could take a shift."""

    engineer: Annotated[str, "The engineer who gives it away."]
    role: str
    kind: Annotated[str, "`holiday`, or the name of an on-call window in the policy, like `weeknight`."]
    start: Annotated[IsoTime, "When it starts."]
    end: Annotated[IsoTime, "Exclusive."]
    timezone: Annotated[str, "The policy's zone."]
    takers: Annotated[list[TakerView], "Every other engineer: legal ones first, by rising cost."]


SwapMoveView = TypedDict(
    "SwapMoveView",
    {
        "start": IsoTime,
        "end": Annotated[IsoTime, "Exclusive."],
        "kind": str,
        "role": str,
        "from": Annotated[str, "Id of the engineer who gives the seat away."],
        "to": Annotated[str, "Id of the engineer who takes it."],
    },
)
"""A seat that goes to another engineer."""

SwapView = TypedDict(
    "SwapView",
    {
        "id": Annotated[str, "The code by which it is answered: `oncall accept ID`, or an SMS `YES ID`."],
        "engineer": Annotated[str, "Id of the engineer who asks."],
        "with": Annotated[str, "Id of the engineer who is asked."],
        "shift": Annotated[IsoTime, "When the first of its shifts begins; an open request ends then."],
        "state": Annotated[
            str,
            "`asked`, `agreed` (it waits for other covers), `accepted`, `declined`, `withdrawn`, `expired`, or `gone`: "
            "the schedule changed.",
        ],
        "moves": Annotated[list[SwapMoveView], "Every seat that changes hands."],
        "asked_at": IsoTime,
        "by": Annotated[str, "Who asked."],
        "reason": str,
        "answered_by": NotRequired[Annotated[str, "Who ended it; absent while it is open."]],
        "version": NotRequired[Annotated[int, "The version of the schedule that made the change."]],
        "told": NotRequired[
            Annotated[list[str], "Ids of the engineers who get an SMS, because the change is within 48 hours."]
        ],
        "warnings": NotRequired[Annotated[list[str], "The rules that a forced change breaks, or ignored fields."]],
    },
)
"""A request to swap."""


class SwapsView(TypedDict):
    """The requests whose shifts are in the future or began in the last seven days."""

    swaps: Annotated[list[SwapView], "The next shift first."]


CoverView = TypedDict(
    "CoverView",
    {
        "start": Annotated[IsoTime, "When the seat starts, or now if it has begun."],
        "end": Annotated[IsoTime, "Exclusive."],
        "kind": str,
        "role": str,
        "from": Annotated[str, "Id of the engineer who had the seat."],
        "to": Annotated[str, "Id of the engineer who covers it."],
    },
)
"""One seat that another engineer covers."""

AwayView = TypedDict(
    "AwayView",
    {
        "engineer": Annotated[str, "Id of the engineer who is away."],
        "from": Annotated[str, "The first date."],
        "to": Annotated[str, "The last date, included."],
        "version": Annotated[int, "The version of the schedule with the absence."],
        "covers": Annotated[list[CoverView], "The seats that change hands, by start."],
        "changes": Annotated[int, "How many seats change hands."],
        "fewest": Annotated[bool, "True if it is proven that no plan changes fewer seats."],
        "agreed": Annotated[bool, "True if the covers are made; false if each engineer was asked."],
        "asked": Annotated[list[SwapView], "The requests to the engineers who would cover."],
        "told": Annotated[list[str], "Ids of the engineers who get an SMS, because the change is within 48 hours."],
        "warnings": NotRequired[Annotated[list[str], "Ignored fields."]],
    },
)
"""An absence that was entered, with its covers."""


def takers_view(held: HeldShift, found: Iterable[Taker], schedule: Schedule) -> TakersView:
    """Return the engineers who could take a shift, as JSON."""
    zone = schedule.calendar.zone
    return {
        "engineer": held.engineer,
        "role": held.role,
        "kind": str(held.parts[0].kind),
        "start": held.start.astimezone(zone).isoformat(),
        "end": held.parts[-1].window.end.astimezone(zone).isoformat(),
        "timezone": zone.key,
        "takers": [_taker_view(held, each) for each in found],
    }


def _taker_view(held: HeldShift, taker: Taker) -> TakerView:
    giver, own = taker.giver_balance, taker.balance
    return {
        "engineer": taker.engineer,
        "legal": taker.is_legal,
        "why": taker.why,
        "cost_change": taker.cost_change,
        "balances": {
            held.engineer: {"before": giver.before, "after": giver.after},
            taker.engineer: {"before": own.before, "after": own.after},
        },
    }


def swap_view(request: SwapRequest, zone: ZoneInfo) -> SwapView:
    """Return a request to swap as JSON. Times have the UTC offset of `zone`."""
    view: SwapView = {
        "id": request.code,
        "engineer": request.engineer,
        "with": request.other,
        "shift": request.begins_at.astimezone(zone).isoformat(),
        "state": request.state.value,
        "moves": [_move_view(move, zone) for move in request.moves],
        "asked_at": request.asked_at.astimezone(zone).isoformat(),
        "by": request.by,
        "reason": request.reason,
    }
    if request.answered_by is not None:
        view["answered_by"] = request.answered_by
    if request.version is not None:
        view["version"] = request.version
    return view


def swap_done_view(done: SwapDone, zone: ZoneInfo) -> SwapView:
    """Return a request to swap and the change that it caused, as JSON. Times have the UTC offset of `zone`."""
    view = swap_view(done.request, zone)
    if done.carried is not None:
        view["told"], view["warnings"] = list(done.carried.told), list(done.carried.made.warnings)
    return view


def swaps_view(requests: Sequence[SwapRequest], schedule: Schedule) -> SwapsView:
    """Return requests to swap as JSON. Times are in the policy's zone."""
    return {"swaps": [swap_view(request, schedule.calendar.zone) for request in requests]}


def away_view(done: AwayDone) -> AwayView:
    """Return an absence and its covers as JSON."""
    made, zone = done.made, done.made.version.after.calendar.zone
    covers = [_move_view(move, zone) for move in sorted(made.covers.moves, key=lambda m: (m.window.start, m.role))]
    return {
        "engineer": made.asked.engineer,
        "from": made.asked.first_day.isoformat(),
        "to": made.asked.last_day.isoformat(),
        "version": made.version.number,
        "covers": [CoverView(**cover) for cover in covers],
        "changes": len(covers),
        "fewest": made.covers.is_fewest,
        "agreed": not made.requests,
        "asked": [swap_view(request, zone) for request in made.requests],
        "told": list(done.told),
    }


def _move_view(move: SeatMove, zone: ZoneInfo) -> SwapMoveView:
    return {
        "start": move.window.start.astimezone(zone).isoformat(),
        "end": move.window.end.astimezone(zone).isoformat(),
        "kind": str(move.kind),
        "role": move.role,
        "from": move.giver,
        "to": move.taker,
    }


def asked_takers_view(tx: ScheduleTransaction, engineer: str, day: str, role: str | None, now: datetime) -> TakersView:
    """Return the engineers who could take a shift, as JSON. now: aware UTC.

    day: the text of the shift's date, or of a time in the shift. Raises FieldFaults for any other text, and the errors
    of `list_takers`.
    """
    read = read_shift_day(day)
    if read is None:
        raise FieldFaults([FieldFault("day", f"{shown(day)} is not the date of a shift; {shift_day_advice(str(day))}")])
    held, found = list_takers(tx, SwapAsked(engineer, read, role), now)
    return takers_view(held, found, tx.schedule())


def listed_swaps_view(tx: SwapTransaction, now: datetime) -> SwapsView:
    """Return the requests whose shifts are in the future or began lately, as JSON. now: policy time, aware UTC."""
    return swaps_view(listed_swaps(tx, now), tx.schedule())


def swap_answer_view(done: SwapDone | CarriedOut, zone: ZoneInfo, now: datetime) -> SwapView | ChangeView:
    """Return a request to swap, or a swap that was made at once, as JSON. now: aware UTC."""
    return swap_done_view(done, zone) if isinstance(done, SwapDone) else change_view(done, now)
