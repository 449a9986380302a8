"""Questions about plans in the terminal: why this person, what if the team were another, is it really the optimum."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from oncall.cli.amounts import weeks_of
from oncall.cli.planning import (
    PLAN,
    PLANS_ROSTER,
    ROSTER,
    date_of,
    interruption,
    read_both,
    refuse_strangers,
    shifts_of,
    span_of,
)
from oncall.cli.show import JSON_OPTION, parse_time, print_json, print_rows, tell
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.rosters.roster import Roster
    from oncall.rotation.secondopinion import SecondOpinion
    from oncall.rotation.whatif import Side
    from oncall.rotation.why import Alternative, Answer, Remade
    from oncall.schedule.plan import Load, Plan, Seat, Shift
    from oncall.support.windows import WindowKind


def register(app: typer.Typer) -> None:
    """Add these commands to the front door."""
    app.command("why")(why)
    app.command("whatif")(whatif)


# ---- why


def why(
    plan: Path = PLAN,
    roster: Path = PLANS_ROSTER,
    shift: str = typer.Option(..., "--shift", metavar="START", help="When the shift starts: a date, or a time in it."),
    role: str | None = typer.Option(None, "--role", help="Of this role alone; every role when absent."),
    time_limit: float = typer.Option(
        10.0, "--time-limit", metavar="SECONDS", min=0.001, help="For each person; what is not proven by then says so."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Why this person has this shift: for everybody else the rule that forbids them, or what choosing them would cost.

    Costs are solved: the whole plan is made anew with that seat given to that person. Ctrl-C ends the search for one.

    Examples: oncall why plan.json --roster rosters/itopia-cas.yaml --shift 2027-02-12
    · oncall why plan.json --roster rosters/itopia-cas.yaml --shift 2027-02-12T19:01 --role primary
    """
    from oncall.rotation.why import why as answer_why

    team, content = read_both(plan, roster)
    refuse_strangers(content, team, plan)
    seats = _seats(content, team, shift, role)
    day = seats[0].window.start.astimezone(team.policy.zone).date()
    if content.kept_until is not None and day < content.kept_until:
        raise Refused(
            f"the shift of {day} stands as an earlier plan had it; this one was made from {content.kept_until} on"
        )
    with interruption() as is_interrupted:
        answers = [
            answer_why(
                content,
                team,
                seat,
                time_limit=timedelta(seconds=time_limit),
                should_stop=is_interrupted,
                on_person=_teller(),
            )
            for seat in seats
        ]
    if json:
        print_json(_why_view(plan, answers, team))
        return
    for answer in answers:
        _print_answer(answer, team)


def _teller() -> Callable[[str], None]:
    import sys

    return (lambda person: tell(f"making the plan anew around {person}")) if sys.stderr.isatty() else (lambda _: None)


def _seats(plan: Plan, team: Roster, text: str, role: str | None) -> list[Seat]:
    """The seats asked about. Raises Refused with what there is when none is meant, or several shifts are."""
    from oncall.suggestions import suggestion

    if role is not None and role not in team.rules.roles:
        raise Refused(f'"{role[:40]}" is not a role of this rotation; {suggestion(role, team.rules.roles)}')
    zone = plan.zone
    held = [seat for seat in plan.seats if seat.role in team.rules.roles]
    starts = sorted({seat.window.start for seat in held})
    if len(text) == 10:
        day = date_of(text)
        found = [start for start in starts if start.astimezone(zone).date() == day]
    else:
        at = parse_time("--shift", text, zone)
        found = [start for start in starts if start == at]
        found = found or [seat.window.start for seat in held if at in seat.window][:1]
    if len(found) == 1:
        return [seat for seat in held if seat.window.start == found[0] and role in (None, seat.role)]
    if found:
        times = " or ".join(f"{start.astimezone(zone):%Y-%m-%dT%H:%M}" for start in found)
        raise Refused(f"{len(found)} shifts start on {text}; name one by its time: {times}")
    raise Refused(_no_shift(text, starts, plan))


def _no_shift(text: str, starts: Sequence[datetime], plan: Plan) -> str:
    local = [start.astimezone(plan.zone) for start in starts]
    near = [start for start in local if f"{start:%Y-%m-%d}" >= text[:10]]
    mend = (
        f"the next one starts {near[0]:%Y-%m-%dT%H:%M}" if near else f"the last one starts {local[-1]:%Y-%m-%dT%H:%M}"
    )
    return f"no shift of the plan starts at {text}; {mend}"


def _print_answer(answer: Answer, team: Roster) -> None:
    from oncall.support.wording import full_time

    seat, zone = answer.seat, team.policy.zone
    typer.echo(f"{full_time(seat.window.start, zone)} to {full_time(seat.window.end, zone)} ({seat.kind})")
    typer.echo(f"{seat.role}: {seat.engineer}, in a plan whose fairness cost is {answer.cost}")
    print_rows([row for other in answer.others for row in _rows(other)])


def _rows(other: Alternative) -> Iterator[list[str]]:
    """The person's name once, then every line about them."""
    for number, line in enumerate(_lines(other)):
        yield [f"  {other.engineer}" if number == 0 else "", line]


def _lines(other: Alternative) -> Iterator[str]:
    if other.never is not None:
        yield f"cannot: {other.never}"
        return
    if other.asked_to_avoid:
        yield "asked to avoid this shift"
    for rule in other.rules:
        yield f"as the plan stands: {rule}"
    if other.swap is not None:
        yield f"as the plan stands: allowed, and costs {_difference(other.swap)}"
    if other.remade is not None:
        yield f"made anew around {other.engineer}: {_remade(other.remade)}"


def _remade(remade: Remade) -> str:
    if remade.at_least is None:
        return "no plan keeps the rules, proven"
    if remade.more is None:
        return f"no plan was found in this time; none costs less than {_difference(remade.at_least)}"
    if remade.is_proven:
        return f"costs {_difference(remade.more)}, proven"
    return f"costs {_difference(remade.more)} at most; none costs less than {_difference(remade.at_least)}"


def _difference(cost: int) -> str:
    return "the same" if cost == 0 else f"{abs(cost)} {'more' if cost > 0 else 'less'}"


def _why_view(plan: Path, answers: Sequence[Answer], team: Roster) -> dict[str, Any]:
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
        "cannot": other.never,
        "rules": list(other.rules),
        "swap": other.swap,
        "asked_to_avoid": other.asked_to_avoid,
        "anew": anew,
    }


# ---- what if


def whatif(
    roster: Path = ROSTER,
    start: str = typer.Option(
        ..., "--start", metavar="DATE", callback=lambda text: str(date_of(text)), help="First date, like 2027-01-04."
    ),
    weeks: int = typer.Option(..., "--weeks", metavar="N", parser=weeks_of, help="How many weeks from there."),
    without: list[str] = typer.Option([], "--without", metavar="ENGINEER", help="Somebody who is gone; repeatable."),
    with_new: int = typer.Option(0, "--with-new", min=0, max=50, help="So many new people, never away, in every role."),
    settings: list[str] = typer.Option(
        [], "--set", metavar="KEY=VALUE", help="Another value, like rotation.rest_nights=1; repeatable."
    ),
    time_limit: float | None = typer.Option(
        None, "--time-limit", metavar="SECONDS", min=0.001, help="For each of the two plans."
    ),
    seed: int = typer.Option(0, "--seed", min=0, max=2**31 - 1, help="As for generate."),
    json: bool = JSON_OPTION,
) -> None:
    """Today's plan beside that of a changed team or other rules: load of each person, proof, cost, requests broken.

    Nothing is written. Examples: oncall whatif rosters/itopia-cas.yaml --start 2027-01-04 --weeks 13 --without ana
    --with-new 1 · oncall whatif rosters/itopia-cas.yaml --start 2027-01-04 --weeks 13 --set rotation.rest_nights=1
    --set engineers.ben.fte=0.5
    """
    from oncall.rosters.settings import roster_with
    from oncall.rotation.given import Given, busy_elsewhere
    from oncall.rotation.model import solve
    from oncall.rotation.whatif import side, with_people

    if not (without or with_new or settings):
        raise typer.BadParameter("say what is different: --without, --with-new or --set")
    today = roster_with(roster, [])
    changed = with_people(roster_with(roster, settings), without=without, new=with_new)
    first, last = span_of(date_of(start), weeks)
    limit = None if time_limit is None else timedelta(seconds=time_limit)

    def make(team: Roster, shifts: Sequence[Shift]) -> Plan:
        with interruption() as is_interrupted:
            given = Given(elsewhere=busy_elsewhere(team))
            return solve(team, shifts, seed=seed, time_limit=limit, should_stop=is_interrupted, given=given)

    sides = [side(team, shifts_of(team, first, last), make) for team in (today, changed)]
    if json:
        print_json({"today": _side_view(sides[0]), "changed": _side_view(sides[1])})
        return
    _print_sides(*sides)


def _side_view(one: Side) -> dict[str, Any]:
    view: dict[str, Any] = {
        "engineers": [engineer.id for engineer in one.roster.engineers],
        "shifts": len(one.shifts),
        "status": "infeasible" if one.plan is None else str(one.plan.status),
    }
    if one.refusal is not None:
        return {**view, "summary": one.refusal.summary, "reasons": list(one.refusal.reasons)}
    assert one.plan is not None and one.plan.fairness is not None and one.requests is not None
    loads = [
        {"engineer": each.engineer, "kind": str(load.kind), "count": load.count, "share": load.share}
        for each in one.plan.fairness.engineers
        for load in each.loads
        if load.role is None
    ]
    requests = {"broken": one.requests.avoided_taken, "avoided": one.requests.avoided}
    fairness = one.plan.fairness
    return {**view, "cost": fairness.cost, "bound": fairness.bound, "requests": requests, "loads": loads}


def _print_sides(today: Side, changed: Side) -> None:
    rows = [["", "today", "changed"]]
    rows += [[name, read(today), read(changed)] for name, read in _FACTS]
    print_rows(rows)
    for one, name in ((today, "today"), (changed, "changed")):
        if one.refusal is not None:
            typer.echo(f"\n{name}: {one.refusal}")
    typer.echo("")
    print_rows(list(_load_rows(today, changed)))


def _proof(one: Side) -> str:
    if one.plan is None or one.plan.fairness is None:
        return "no plan"
    cost, bound = one.plan.fairness.cost, one.plan.fairness.bound
    return "optimal" if cost == bound else f"none below {bound}"


def _cost(one: Side) -> str:
    return "-" if one.plan is None or one.plan.fairness is None else str(one.plan.fairness.cost)


def _requests(one: Side) -> str:
    return "-" if one.requests is None else f"{one.requests.avoided_taken} of {one.requests.avoided}"


_FACTS: tuple[tuple[str, Callable[[Side], str]], ...] = (
    ("people", lambda one: str(len(one.roster.engineers))),
    ("shifts", lambda one: str(len(one.shifts))),
    ("fairness cost", _cost),
    ("proof", _proof),
    ("requests broken", _requests),
)


def _load_rows(today: Side, changed: Side) -> Iterator[list[str]]:
    """Of each person and kind the shifts (and the share), today and changed."""
    kinds = list(dict.fromkeys(shift.kind for one in (today, changed) for shift in one.shifts))
    people = dict.fromkeys(engineer.id for one in (today, changed) for engineer in one.roster.engineers)
    yield ["shifts (share)", *map(str, kinds)]
    for person in people:
        yield [person, *(_change(person, kind, today, changed) for kind in kinds)]


def _change(person: str, kind: WindowKind, today: Side, changed: Side) -> str:
    before, after = today.load(person, kind), changed.load(person, kind)
    return f"{_load(before)} -> {_load(after)}"


def _load(load: Load | None) -> str:
    return "-" if load is None else f"{load.count} ({load.share:.1f})"


# ---- verify --optimal


def opinion_line(opinion: SecondOpinion) -> str:
    """What another solver says about the cost of a plan."""
    seconds = f"{opinion.seconds:.1f} s"
    without = f", {' and '.join(opinion.left_out)} left out" if opinion.left_out else ""
    if opinion.is_optimal:
        return f"HiGHS, another solver, proves it as well: no plan costs less than {opinion.bound} ({seconds}{without})"
    known = f"; it knows one of {opinion.best}" if opinion.best is not None and opinion.best < opinion.cost else ""
    proven = f"HiGHS, another solver, proves that no plan costs less than {opinion.bound}"
    return f"{proven}; this one costs {opinion.cost}{known} ({seconds}{without})"


def opinion_view(opinion: SecondOpinion) -> dict[str, Any]:
    """The same for machines."""
    return {
        "solver": "HiGHS",
        "optimal": opinion.is_optimal,
        "bound": opinion.bound,
        "best": opinion.best,
        "seconds": round(opinion.seconds, 3),
        "left_out": list(opinion.left_out),
    }
