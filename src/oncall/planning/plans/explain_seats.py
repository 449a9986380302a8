"""Explains the seats of a shift: for each other person, the rule that forbids them or the cost of choosing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from oncall.errors import Refused
from oncall.planning.sources.context_sources import ContextSources, NamedPlan, refuse_unknown_engineers
from oncall.planning.sources.service_record import seats_around
from oncall.planning.sources.watch import SILENT, PlanningWatch
from oncall.rosters.roster import SHADOW, Roster
from oncall.rotation.explain.why_seat import SeatExplanation, why_seat
from oncall.schedule.plan import Plan, Seat
from oncall.suggestions import suggestion


@dataclass(frozen=True, slots=True)
class SeatQuestion:
    """The seats to explain. start: the date on which the shift starts, or an instant in the shift (aware UTC).

    role: None for every role. time_limit: the most wall time for each person. on_person: called with a person's id
    before the search for the cost of choosing that person.
    """

    start: date | datetime
    role: str | None = None
    time_limit: timedelta = timedelta(seconds=10)
    on_person: Callable[[str], None] | None = None


def explain_seats(
    named: NamedPlan,
    roster: Roster,
    question: SeatQuestion,
    sources: ContextSources,
    *,
    watch: PlanningWatch = SILENT,
) -> list[SeatExplanation]:
    """Return an explanation for each seat that the question names, in the plan's order.

    Raises Refused if the plan has people who are not on the roster, if the question does not lead to exactly one shift,
    or if a repair left the shift unchanged.
    """
    plan = named.plan
    refuse_unknown_engineers(named, roster)
    seats = _seats(plan, roster, question)
    day = seats[0].window.start.astimezone(roster.policy.zone).date()
    if plan.kept_until is not None and day < plan.kept_until:
        raise Refused(f"the shift of {day} comes from an earlier plan; this plan was made from {plan.kept_until} on")
    around = seats_around(roster, plan, sources, watch.say)
    with watch.search() as hooks:
        return [
            why_seat(
                plan,
                roster,
                seat,
                time_limit=question.time_limit,
                around=around,
                should_stop=hooks.should_stop,
                on_person=question.on_person,
            )
            for seat in seats
        ]


def _seats(plan: Plan, roster: Roster, question: SeatQuestion) -> list[Seat]:
    """Return the seats that the question names. Raises Refused, and suggests other questions, if there is none."""
    role = question.role
    roles = [*roster.rules.roles, *([SHADOW] if any(engineer.shadows for engineer in roster.engineers) else [])]
    if role is not None and role not in roles:
        raise Refused(f'"{role[:40]}" is not a role of this rotation; {suggestion(role, roles)}')
    held = [seat for seat in plan.seats if seat.role in (*roster.rules.roles, SHADOW)]
    start = _start(held, plan, question.start)
    found = [seat for seat in held if seat.window.start == start and role in (None, seat.role)]
    if not found:
        at = start.astimezone(plan.zone)
        raise Refused(f"nobody is {role} on the shift that starts {at:%Y-%m-%dT%H:%M}")
    return found


def _start(held: Sequence[Seat], plan: Plan, asked: date | datetime) -> datetime:
    """Return the start (aware UTC) of the shift that `asked` names. Raises Refused unless exactly one shift matches.

    asked: the local date on which the shift starts, or an instant.
    """
    zone = plan.zone
    starts = sorted({seat.window.start for seat in held})
    if isinstance(asked, datetime):
        found = [start for start in starts if start == asked]
        found = found or [seat.window.start for seat in held if asked in seat.window][:1]
        text, day = f"{asked.astimezone(zone):%Y-%m-%dT%H:%M}", asked.astimezone(zone).date()
    else:
        found = [start for start in starts if start.astimezone(zone).date() == asked]
        text, day = str(asked), asked
    if len(found) > 1:
        times = " or ".join(f"{start.astimezone(zone):%Y-%m-%dT%H:%M}" for start in found)
        raise Refused(f"{len(found)} shifts start on {text}; name one by its time: {times}")
    if not found:
        raise Refused(_no_shift(text, day, [start.astimezone(zone) for start in starts]))
    return found[0]


def _no_shift(text: str, day: date, starts: Sequence[datetime]) -> str:
    later = [start for start in starts if start.date() >= day]
    nearest = (
        f"the next one starts {later[0]:%Y-%m-%dT%H:%M}"
        if later
        else f"the last one starts {starts[-1]:%Y-%m-%dT%H:%M}"
    )
    return f"no shift of the plan starts at {text}; {nearest}"
