"""What if the team or its rules were others, in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from oncall.cli.amounts import weeks_of
from oncall.cli.planning import (
    ROSTER,
    date_of,
    interruption,
    shifts_of,
    span_of,
)
from oncall.cli.show import JSON_OPTION, print_json, print_rows

if TYPE_CHECKING:
    from oncall.rosters.roster import Roster
    from oncall.rotation.whatif import Side
    from oncall.schedule.plan import Load, Plan, Shift
    from oncall.support.windows import WindowKind


def register(app: typer.Typer) -> None:
    """Add these commands to the front door."""
    app.command("whatif")(whatif)


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
    if one.requests is None:
        return "-"
    return f"{one.requests.avoided_taken} of {one.requests.avoided}" if one.requests.avoided else "none asked"


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
