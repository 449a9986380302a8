"""What if, in the terminal: today's plan beside that of a changed team or other rules, each as `generate` makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from oncall.cli.numbers import seconds_of, seed_of, weeks_of
from oncall.cli.output import JSON_OPTION, print_json, print_rows, say, tell
from oncall.cli.plan_inputs import ROSTER, date_of, shifts_of, span_of
from oncall.cli.planning_context import HISTORY, LEDGER, NO_HISTORY, Sources, what_stands
from oncall.cli.search_progress import interruption, progress_line
from oncall.errors import PlanInfeasible, Refused

if TYPE_CHECKING:
    from oncall.rosters.relaxation import Relaxation
    from oncall.rosters.roster import Roster
    from oncall.rotation.explain.scenario import Scenario
    from oncall.schedule.plan import Load, Plan, Shift
    from oncall.support.windows import WindowKind


def register(app: typer.Typer) -> None:
    """Add this command to the front door."""
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
        None, "--time-limit", metavar="SECONDS", parser=seconds_of, help="For each of the two plans."
    ),
    seed: int = typer.Option(0, "--seed", metavar="N", parser=seed_of, help="As for generate."),
    relax: list[str] = typer.Option(
        [], "--relax", metavar="ID", help="An exception that is agreed in both, as for generate; repeatable."
    ),
    history: list[Path] = HISTORY,
    no_history: bool = NO_HISTORY,
    ledger: Path | None = LEDGER,
    json: bool = JSON_OPTION,
) -> None:
    """Today's plan beside that of a changed team or other rules: load of each person, proof, cost, requests broken.

    Both are what `generate` would make with the same options: with the published schedule, --history and --ledger.
    Nothing is written. Examples: oncall whatif rosters/itopia-cas.yaml --start 2027-01-04 --weeks 13 --without ana
    --with-new 1 · oncall whatif rosters/itopia-cas.yaml --start 2027-01-04 --weeks 13 --set rotation.rest_nights=1
    --set engineers.ben.fte=0.5
    """
    from oncall.rosters.relaxation import relaxation_named
    from oncall.rosters.relaxed_roster import relaxed
    from oncall.rosters.settings import roster_with
    from oncall.rotation.explain.scenario import with_people

    if not (without or with_new or settings):
        raise typer.BadParameter("say what is different: --without, --with-new or --set")
    first, last = span_of(date_of(start), weeks)
    today = roster_with(roster, [])
    agreed = tuple(dict.fromkeys(relaxation_named(each) for each in relax))
    relaxed(today, agreed)
    changed = with_people(roster_with(roster, settings), without=without, new=with_new, joins=first)
    story = _Story()
    limit = None if time_limit is None else timedelta(seconds=time_limit)
    sides = [
        _side(team, (first, last), fitting, Sources(history, ledger, not no_history, say), seed=seed, limit=limit)
        for team, fitting, say in (
            (today, agreed, story.today),
            (changed, _fitting(changed, agreed), story.changed),
        )
    ]
    if json:
        print_json({"today": _side_view(sides[0]), "changed": _side_view(sides[1])})
        return
    _print_sides(*sides)


class _Story:
    """Tells what both sides have in common one time, and of the changed one what is different."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def today(self, sentence: str) -> None:
        """Tell something of today's side."""
        self._said.add(sentence)
        tell(sentence)

    def changed(self, sentence: str) -> None:
        """Tell something of the changed side."""
        if sentence not in self._said:
            tell(f"changed: {sentence}")


def _fitting(changed: Roster, agreed: Sequence[Relaxation]) -> tuple[Relaxation, ...]:
    """The exceptions that the changed roster leaves something to agree to."""
    from oncall.rosters.relaxed_roster import relaxed

    fitting: list[Relaxation] = []
    for each in agreed:
        try:
            relaxed(changed, [*fitting, each])
            fitting.append(each)
        except Refused as refusal:
            tell(f"changed: an exception is left out: {refusal}")
    return tuple(fitting)


def _side(
    team: Roster,
    span: tuple[date, date],
    agreed: Sequence[Relaxation],
    sources: Sources,
    *,
    seed: int,
    limit: timedelta | None,
) -> Scenario:
    """One of the two plans, made as `generate` makes it."""
    from oncall.rosters.relaxed_roster import relaxed
    from oncall.rotation.explain.scenario import side
    from oncall.rotation.generate.fairest_plan import solve

    given = what_stands(team, *span, sources)

    def make(team: Roster, shifts: Sequence[Shift]) -> Plan:
        with interruption() as is_interrupted, progress_line() as show:
            plan = solve(
                team,
                shifts,
                seed=seed,
                time_limit=limit,
                on_progress=show,
                should_stop=is_interrupted,
                given=given,
            )
        return replace(plan, first_day=span[0], last_day=span[1])

    return side(relaxed(team, agreed), shifts_of(team, *span), make, given)


def _side_view(one: Scenario) -> dict[str, Any]:
    view: dict[str, Any] = {
        "engineers": [engineer.id for engineer in one.roster.engineers],
        "shifts": len(one.shifts),
    }
    if isinstance(one.refusal, PlanInfeasible):
        reasons = list(one.refusal.reasons)
        return {**view, "status": "infeasible", "summary": one.refusal.summary, "reasons": reasons}
    if one.plan is None:
        return {**view, "status": "unknown", "summary": str(one.refusal), "reasons": []}
    assert one.plan.fairness is not None and one.requests is not None
    loads = [
        {"engineer": each.engineer, "kind": str(load.kind), "count": load.count, "share": load.share}
        for each in one.plan.fairness.engineers
        for load in each.loads
        if load.role is None
    ]
    tally = one.requests
    requests = {"broken": tally.avoided_taken, "avoided": tally.avoided, "together": tally.together}
    fairness = one.plan.fairness
    numbers = {"cost": fairness.cost, "bound": fairness.bound, "requests": requests, "loads": loads}
    return {**view, "status": str(one.plan.status), **numbers}


def _print_sides(today: Scenario, changed: Scenario) -> None:
    rows = [["", "today", "changed"]]
    pairs = any(one.roster.rules.prefer_together for one in (today, changed))
    facts = (*_FACTS, _TOGETHER) if pairs else _FACTS
    rows += [[name, read(today), read(changed)] for name, read in facts]
    print_rows(rows)
    for one, name in ((today, "today"), (changed, "changed")):
        if one.refusal is not None:
            say(f"\n{name}: {one.refusal}")
    typer.echo("")
    print_rows(list(_load_rows(today, changed)))


def _proof(one: Scenario) -> str:
    if one.plan is None or one.plan.fairness is None:
        return "no plan"
    cost, bound = one.plan.fairness.cost, one.plan.fairness.bound
    return "optimal" if cost == bound else f"none below {bound}"


def _cost(one: Scenario) -> str:
    return "-" if one.plan is None or one.plan.fairness is None else str(one.plan.fairness.cost)


def _requests(one: Scenario) -> str:
    if one.requests is None:
        return "-"
    return f"{one.requests.avoided_taken} of {one.requests.avoided}" if one.requests.avoided else "none asked"


def _together(one: Scenario) -> str:
    if one.requests is None or one.requests.together is None:
        return "-"
    return str(one.requests.together)


_FACTS: tuple[tuple[str, Callable[[Scenario], str]], ...] = (
    ("people", lambda one: str(len(one.roster.engineers))),
    ("shifts", lambda one: str(len(one.shifts))),
    ("fairness cost", _cost),
    ("proof", _proof),
    ("requests broken", _requests),
)
_TOGETHER = ("shifts together", _together)
"""On how many shifts people are together who should be; only where some roster asks for that."""


def _load_rows(today: Scenario, changed: Scenario) -> Iterator[list[str]]:
    """Of each person and kind the shifts (and the share), today and changed."""
    kinds = list(dict.fromkeys(shift.kind for one in (today, changed) for shift in one.shifts))
    people = dict.fromkeys(engineer.id for one in (today, changed) for engineer in one.roster.engineers)
    yield ["shifts (share)", *map(str, kinds)]
    for person in people:
        yield [person, *(_change(person, kind, today, changed) for kind in kinds)]


def _change(person: str, kind: WindowKind, today: Scenario, changed: Scenario) -> str:
    before, after = today.load(person, kind), changed.load(person, kind)
    return f"{_load(before)} -> {_load(after)}"


def _load(load: Load | None) -> str:
    return "-" if load is None else f"{load.count} ({load.share:.1f})"
