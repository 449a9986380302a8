"""Planning in the terminal: check a roster, generate a plan, verify one, show how fair it is."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import typer

from oncall.cli.show import JSON_OPTION, print_json, tell
from oncall.errors import FileFaults, Refused

if TYPE_CHECKING:
    from oncall.rosters.roster import Roster
    from oncall.rotation.check import Examination
    from oncall.rotation.search import Progress
    from oncall.schedule.plan import Plan, Shift

POLICY_SUFFIX = ".policy.yaml"
ROSTER = typer.Argument(..., metavar="ROSTER", help="The roster's YAML file.")
PLAN = typer.Argument(..., metavar="PLAN", help="A plan file, .csv or .json.")
PLANS_ROSTER = typer.Option(..., "--roster", help="The roster that the plan is for.")
MOST_WEEKS = 530
SUFFIXES = (".csv", ".json", ".ics")


def register(app: typer.Typer) -> None:
    """Add these commands to the front door."""
    app.command("check")(check)
    app.command("generate")(generate)
    app.command("verify")(verify)
    app.command("fairness")(fairness)


def check(roster: Path = ROSTER, json: bool = JSON_OPTION) -> None:
    """Validate a roster and the policy it names, or a *.policy.yaml alone; every fault at once, with line and column.

    Examples: oncall check rosters/itopia-cas.yaml · oncall check my.policy.yaml
    """
    if roster.name.endswith(POLICY_SUFFIX):
        _check_policy(roster, json)
        return
    from oncall.rosters.file import read_roster

    try:
        team = read_roster(roster)
    except FileFaults as refusal:
        if json:
            print_json({"roster": str(roster), "ok": False, "faults": [_fault_view(fault) for fault in refusal.faults]})
        raise
    if json:
        print_json(_roster_view(roster, team))
    else:
        typer.echo(f"{roster}: no faults. {_roster_line(team)}")


def _check_policy(path: Path, json: bool) -> None:
    from oncall.support.policyfile import read_policy

    try:
        policy = read_policy(path)
    except FileFaults as refusal:
        if json:
            print_json({"policy": str(path), "ok": False, "faults": [_fault_view(fault) for fault in refusal.faults]})
        raise
    if json:
        names = {"name": policy.name, "timezone": policy.zone.key, "plans": list(policy.plans)}
        print_json({"policy": str(path), "ok": True, "faults": [], **names, "impacts": list(policy.impacts)})
        return
    plans, customers = ", ".join(policy.plans), _count(len(policy.customers), "customer")
    typer.echo(f"{path}: no faults. Policy {policy.name}: plans {plans} in {policy.zone.key}, {customers}.")


def _fault_view(fault: Any) -> dict[str, Any]:
    keys = ("file", "line", "column", "path", "message")
    return {key: getattr(fault, key) for key in keys}


def _roster_view(path: Path, team: Roster) -> dict[str, Any]:
    return {
        "roster": str(path),
        "ok": True,
        "faults": [],
        "team": team.team,
        "timezone": team.zone.key,
        "policy": team.policy.name,
        "roles": list(team.rules.roles),
        "engineers": [engineer.id for engineer in team.engineers],
    }


def _roster_line(team: Roster) -> str:
    roles = ", ".join(team.rules.roles)
    people = _count(len(team.engineers), "engineer")
    return f"Team {team.team}: {people} for {roles} in {team.zone.key}, policy {team.policy.name}."


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number:,} {thing}s"


def _date_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f'"{text[:40]}" is not a date; write "2027-01-04"') from None


def _output_of(path: Path | None) -> Path | None:
    if path is not None and path.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter(f'"{path}" should end in .csv, .json or .ics')
    return path


def generate(
    roster: Path = ROSTER,
    start: str = typer.Option(
        ..., "--start", metavar="DATE", callback=lambda text: str(_date_of(text)), help="First date, like 2027-01-04."
    ),
    weeks: int = typer.Option(..., "--weeks", min=1, max=MOST_WEEKS, help="How many weeks from there."),
    output: Path | None = typer.Option(
        None, "--output", "-o", callback=_output_of, help="A .csv, .json or .ics file; stdout as CSV when absent."
    ),
    time_limit: float | None = typer.Option(
        None,
        "--time-limit",
        metavar="SECONDS",
        min=0.001,
        help="Take the best plan found by then; without it the search goes on until the proof.",
    ),
    seed: int = typer.Option(0, "--seed", min=0, max=2**31 - 1, help="Another seed gives another plan, as fair."),
    json: bool = JSON_OPTION,
) -> None:
    """Make the fairest plan that keeps the rules, and prove that none is fairer.

    Shows the cost found, the bound that no plan can beat and the gap between them while it works. Ctrl-C or
    --time-limit take the best plan so far, marked feasible. The same roster, dates and seed give the same plan.

    Examples: oncall generate rosters/itopia-cas.yaml --start 2027-01-04 --weeks 13 --output plan.csv
    · oncall generate rosters/itopia-cas.yaml --start 2027-01-04 --weeks 52 --time-limit 30 --json
    """
    from oncall.rosters.file import read_roster
    from oncall.schedule.planfile import csv_of, json_of, write_plan

    if output is not None and not output.parent.is_dir():
        raise Refused(f"{output}: there is no folder {output.parent}; make it first")
    team = read_roster(roster)
    plan = _solved(team, *_span(_date_of(start), weeks), seed=seed, limit=time_limit)
    if output is not None:
        write_plan(plan, output, {engineer.id: engineer.name for engineer in team.engineers})
        tell(f"written to {output}")
    if json or output is None:
        typer.echo(json_of(plan) if json else csv_of(plan), nl=False)


def _span(first_day: date, weeks: int) -> tuple[date, date]:
    try:
        return first_day, first_day + timedelta(weeks=weeks, days=-1)
    except OverflowError:
        raise Refused(f"{weeks} weeks from {first_day} lie outside the calendar") from None


def _solved(team: Roster, first_day: date, last_day: date, *, seed: int, limit: float | None) -> Plan:
    """The checked plan for these dates, with the story on stderr."""
    shifts = _shifts(team, first_day, last_day)
    from oncall.rotation.model import solve

    with interruption() as is_interrupted, _progress_line() as show:
        plan = solve(
            team,
            shifts,
            seed=seed,
            time_limit=None if limit is None else timedelta(seconds=limit),
            on_progress=show,
            should_stop=is_interrupted,
        )
    plan = replace(plan, first_day=first_day, last_day=last_day)
    _refuse_broken(plan, team)
    tell(_outcome_line(plan, len(shifts)))
    for note in plan.notes:
        tell(note)
    return plan


def _shifts(team: Roster, first_day: date, last_day: date) -> tuple[Shift, ...]:
    from oncall.schedule.shifts import shifts_between
    from oncall.support.calendar import calendar_of

    calendar = calendar_of(team.policy, team.holidays)
    shifts = shifts_between(calendar, first_day=first_day, last_day=last_day, weekend=team.rules.weekend)
    if not shifts:
        raise Refused(f"no on-call shift starts from {first_day} to {last_day}; name other dates or more weeks")
    return shifts


def _refuse_broken(plan: Plan, team: Roster) -> None:
    """No plan leaves the house unchecked. A fault found here is one of the planner."""
    from oncall.rotation.check import check_plan

    violations = check_plan(plan, team)
    if violations:
        lines = "\n".join(f"  {violation}" for violation in violations)
        raise Refused(
            f"the plan made does not pass the check, which is a fault of this program; it is not used:\n{lines}"
        )


def _outcome_line(plan: Plan, shifts: int) -> str:
    assert plan.fairness is not None
    cost, bound = plan.fairness.cost, plan.fairness.bound
    what = f"{_count(shifts, 'shift')} from {plan.first_day} to {plan.last_day}"
    if cost == bound:
        return f"optimal: {what}, fairness cost {cost}, proven: no plan that keeps the rules costs less"
    gap = (cost - bound) / cost
    return f"feasible: {what}, fairness cost {cost}; no plan can cost less than {bound} (gap {gap:.1%})"


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """While this lasts, the first Ctrl-C only asks to stop; the next one breaks off as usual."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        tell("stopping: the best plan so far will be the answer; Ctrl-C once more breaks off")
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _progress_line() -> Iterator[Callable[[Progress], None]]:
    """Shows progress on stderr: one live line on a terminal, elsewhere a line now and then when something changed."""
    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("searching") as status:
            yield lambda progress: status.update(_progress_text(progress))
        return
    told: tuple[int | None, int] | None = None
    told_at = timedelta(0)

    def show(progress: Progress) -> None:
        nonlocal told, told_at
        now = (progress.cost, progress.bound)
        if now != told and progress.elapsed - told_at >= timedelta(seconds=1):
            told, told_at = now, progress.elapsed
            tell(_progress_text(progress))

    yield show


def _progress_text(progress: Progress) -> str:
    seconds = progress.elapsed.total_seconds()
    if progress.gap is None:
        return f"searching for a first plan; none can cost less than {progress.bound} ({seconds:.0f} s)"
    return f"cost {progress.cost}, bound {progress.bound}, gap {progress.gap:.1%} ({seconds:.0f} s)"


def verify(plan: Path = PLAN, roster: Path = PLANS_ROSTER, json: bool = JSON_OPTION) -> None:
    """Check a plan independently of what made it: coverage minute by minute, every rule, and its claims of fairness.

    Example: oncall verify plan.csv --roster rosters/itopia-cas.yaml
    """
    from oncall.rotation.check import examine

    team, content = _read_both(plan, roster)
    found = examine(content, team)
    if json:
        print_json(_examination_view(plan, found))
    if found.violations:
        for violation in found.violations if not json else ():
            typer.echo(str(violation))
        raise Refused(f"{plan}: {_count(len(found.violations), 'violation')}")
    if not json:
        roles = _count(len(team.rules.roles), "role")
        checked = f"{_count(found.minutes, 'minute')} in {roles}, {_count(found.shifts, 'shift')}, cost {found.cost}"
        typer.echo(f"{plan}: keeps every rule. Checked {checked}{_claim(content)}.")


def _claim(plan: Plan) -> str:
    if plan.fairness is None or plan.status is None:
        return ""
    return f" as the plan says, which calls itself {plan.status} with bound {plan.fairness.bound}"


def _examination_view(plan: Path, found: Examination) -> dict[str, Any]:
    return {
        "plan": str(plan),
        "ok": not found.violations,
        "minutes": found.minutes,
        "shifts": found.shifts,
        "cost": found.cost,
        "violations": [
            {"rule": each.rule, "day": each.day.isoformat(), "people": list(each.people), "sentence": each.sentence}
            for each in found.violations
        ],
    }


def _read_both(plan: Path, roster: Path) -> tuple[Roster, Plan]:
    from oncall.rosters.file import read_roster
    from oncall.schedule.planfile import read_plan

    team = read_roster(roster)
    return team, read_plan(plan, team=team.team, zone=team.policy.zone)


def fairness(plan: Path = PLAN, roster: Path = PLANS_ROSTER, json: bool = JSON_OPTION) -> None:
    """Show each engineer's load of every kind and role against their share, as a table and as bars.

    Example: oncall fairness plan.csv --roster rosters/itopia-cas.yaml
    """
    from oncall.rotation.fairness import drawing_of, fairness_of_plan, table_of, wide_table

    team, content = _read_both(plan, roster)
    _refuse_strangers(content, team, plan)
    measured = fairness_of_plan(content, team)
    table = table_of(measured)
    if json:
        rows = table.to_dict(orient="records")
        bound = content.fairness.bound if content.fairness else None
        print_json({"plan": str(plan), "status": content.status, "cost": measured.cost, "bound": bound, "loads": rows})
        return
    from rich.console import Console

    console = Console(highlight=False)
    typer.echo(f"{plan}: fairness cost {measured.cost}{_claim(content)}")
    typer.echo(wide_table(table).to_string())
    for drawing in drawing_of(measured, plain="utf" not in console.encoding):
        console.print(drawing)


def _refuse_strangers(content: Plan, team: Roster, plan: Path) -> None:
    strangers = sorted({seat.engineer for seat in content.seats} - {engineer.id for engineer in team.engineers})
    if strangers:
        raise Refused(
            f"{plan}: {', '.join(strangers)} not on the roster of team {team.team}; name the plan's own roster"
        )
    if not content.seats:
        raise Refused(f"{plan}: the plan has no shift")
