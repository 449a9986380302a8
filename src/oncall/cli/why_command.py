"""Why this person has this shift, in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from oncall.cli.numbers import seconds_of
from oncall.cli.output import JSON_OPTION, parse_time, print_json, say, tell
from oncall.cli.plan_inputs import PLAN, PLANS_ROSTER, date_of, read_both, refuse_strangers
from oncall.cli.planning_context import HISTORY, NO_HISTORY, Sources, seats_around
from oncall.cli.search_progress import interruption
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.rosters.roster import Roster
    from oncall.rotation.explain.why_seat import Alternative, Remade, SeatExplanation
    from oncall.schedule.plan import Plan, Seat


def register(app: typer.Typer) -> None:
    """Add this command to the front door."""
    app.command("why")(why)


def why(
    plan: Path = PLAN,
    roster: Path = PLANS_ROSTER,
    shift: str = typer.Option(..., "--shift", metavar="START", help="When the shift starts: a date, or a time in it."),
    role: str | None = typer.Option(None, "--role", help="Of this role alone; every role when absent."),
    time_limit: float = typer.Option(
        10.0,
        "--time-limit",
        metavar="SECONDS",
        parser=seconds_of,
        help="For each person; what is not proven by then says so.",
    ),
    history: list[Path] = HISTORY,
    no_history: bool = NO_HISTORY,
    json: bool = JSON_OPTION,
) -> None:
    """Why this person has this shift: for everybody else the rule that forbids them, or what choosing them would cost.

    Costs are solved: the whole plan is made anew with that seat given to that person. Ctrl-C ends the search for one.
    Shifts around the plan count as they do for generate. A seat of the role shadow covers nothing and costs nothing.

    Examples: oncall why plan.json --roster rosters/itopia-cas.yaml --shift 2027-02-12
    · oncall why plan.json --roster rosters/itopia-cas.yaml --shift 2027-02-12T19:01 --role primary
    """
    from oncall.rotation.explain.why_seat import why as answer_why

    team, content = read_both(plan, roster)
    refuse_strangers(content, team, plan)
    seats = _seats(content, team, shift, role)
    day = seats[0].window.start.astimezone(team.policy.zone).date()
    if content.kept_until is not None and day < content.kept_until:
        raise Refused(
            f"the shift of {day} stands as an earlier plan had it; this one was made from {content.kept_until} on"
        )
    around = seats_around(team, content, Sources(history, None, not no_history))
    with interruption() as is_interrupted:
        answers = [
            answer_why(
                content,
                team,
                seat,
                time_limit=timedelta(seconds=time_limit),
                around=around,
                should_stop=is_interrupted,
                on_person=_teller(),
            )
            for seat in seats
        ]
    if json:
        print_json(_view(plan, answers, team))
        return
    _print_head(answers[0], team)
    for answer in answers:
        _print_answer(answer)


def _teller() -> Callable[[str], None]:
    return (lambda person: tell(f"making the plan anew around {person}")) if sys.stderr.isatty() else (lambda _: None)


def _seats(plan: Plan, team: Roster, text: str, role: str | None) -> list[Seat]:
    """The seats asked about. Raises Refused with what there is when none is meant, or several shifts are."""
    from oncall.rosters.roster import SHADOW
    from oncall.suggestions import suggestion

    roles = [*team.rules.roles, *([SHADOW] if any(engineer.shadows for engineer in team.engineers) else [])]
    if role is not None and role not in roles:
        raise Refused(f'"{role[:40]}" is not a role of this rotation; {suggestion(role, roles)}')
    held = [seat for seat in plan.seats if seat.role in (*team.rules.roles, SHADOW)]
    start = _start(held, text, plan)
    found = [seat for seat in held if seat.window.start == start and role in (None, seat.role)]
    if not found:
        at = start.astimezone(plan.zone)
        raise Refused(f"nobody is {role} on the shift that starts {at:%Y-%m-%dT%H:%M}")
    return found


def _start(held: Sequence[Seat], text: str, plan: Plan) -> datetime:
    """When the shift that is meant starts (aware UTC)."""
    zone = plan.zone
    starts = sorted({seat.window.start for seat in held})
    if len(text) == 10:
        day = date_of(text, "--shift")
        found = [start for start in starts if start.astimezone(zone).date() == day]
    else:
        at = parse_time("--shift", text, zone)
        found = [start for start in starts if start == at]
        found = found or [seat.window.start for seat in held if at in seat.window][:1]
    if len(found) > 1:
        times = " or ".join(f"{start.astimezone(zone):%Y-%m-%dT%H:%M}" for start in found)
        raise Refused(f"{len(found)} shifts start on {text}; name one by its time: {times}")
    if not found:
        raise Refused(_no_shift(text, starts, plan))
    return found[0]


def _no_shift(text: str, starts: Sequence[datetime], plan: Plan) -> str:
    local = [start.astimezone(plan.zone) for start in starts]
    near = [start for start in local if f"{start:%Y-%m-%d}" >= text[:10]]
    mend = (
        f"the next one starts {near[0]:%Y-%m-%dT%H:%M}" if near else f"the last one starts {local[-1]:%Y-%m-%dT%H:%M}"
    )
    return f"no shift of the plan starts at {text}; {mend}"


def _print_head(answer: SeatExplanation, team: Roster) -> None:
    from oncall.support.wording import full_time

    seat, zone = answer.seat, team.policy.zone
    say(f"{full_time(seat.window.start, zone)} to {full_time(seat.window.end, zone)} ({seat.kind})")


def _print_answer(answer: SeatExplanation) -> None:
    from oncall.rosters.roster import SHADOW

    what = "who comes along and covers nothing" if answer.seat.role == SHADOW else f"fairness cost {answer.cost}"
    say(f"{answer.seat.role}: {answer.seat.engineer}, {what}")
    for other in answer.others:
        say(f"  {other.engineer}")
        for line in _lines(other):
            say(f"    {line}")


def _lines(other: Alternative) -> Iterator[str]:
    if other.never is not None:
        yield f"cannot ({other.rule}): {other.never}"
        return
    if other.asked_to_avoid:
        yield "asked to avoid this shift"
    for rule in other.rules:
        yield f"as the plan stands: {rule}"
    if other.swap is not None:
        yield f"as the plan stands: allowed, and costs {_difference(other.swap)}"
    if other.remade is not None:
        yield f"made anew around {other.engineer}: {_remade(other.remade)}"
    for cause in other.because:
        yield f"  {cause}"


def _remade(remade: Remade) -> str:
    if remade.at_least is None:
        return "no plan keeps the rules, proven"
    if remade.more is None:
        return f"no plan was found in this time; the price is {_floor(remade.at_least)}"
    if remade.is_proven:
        return f"costs {_difference(remade.more)}, proven"
    return f"costs {_difference(remade.more)} at most, {_floor(remade.at_least)}"


def _difference(cost: int) -> str:
    return "the same" if cost == 0 else f"{abs(cost)} {'more' if cost > 0 else 'less'}"


def _floor(cost: int) -> str:
    """What is proven where the search was cut short: nothing below this."""
    if cost > 0:
        return f"at least {cost} more"
    return "perhaps nothing more" if cost == 0 else f"perhaps up to {-cost} less"


def _view(plan: Path, answers: Sequence[SeatExplanation], team: Roster) -> dict[str, Any]:
    seat, zone = answers[0].seat, team.policy.zone
    start, end = (at.astimezone(zone).isoformat() for at in (seat.window.start, seat.window.end))
    seats = [
        {
            "role": answer.seat.role,
            "engineer": answer.seat.engineer,
            "cost": answer.cost,
            "others": [_alternative_view(other) for other in answer.others],
        }
        for answer in answers
    ]
    return {"plan": str(plan), "start": start, "end": end, "kind": str(seat.kind), "seats": seats}


def _alternative_view(other: Alternative) -> dict[str, Any]:
    remade = other.remade
    anew = remade and {"more": remade.more, "at_least": remade.at_least, "proven": remade.is_proven}
    return {
        "engineer": other.engineer,
        "rule": other.rule,
        "cannot": other.never,
        "rules": list(other.rules),
        "swap": other.swap,
        "asked_to_avoid": other.asked_to_avoid,
        "anew": anew,
        "because": list(other.because),
    }
