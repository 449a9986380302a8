"""`oncall verify` and `oncall fairness`: check a plan, also with a second solver, and show how fair it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.backends.plan_inputs import PLAN, PLANS_ROSTER, read_both
from oncall.cli.planning.second_opinion_lines import opinion_lines
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.option_values import seconds_of
from oncall.cli.terminal.output import counted, print_json, print_table, say, tell
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.planning.plans.verify_plan import Verification
    from oncall.planning.sources.context_sources import NamedPlan
    from oncall.rosters.roster import Roster
    from oncall.schedule.plan import Fairness, Plan


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("verify")(verify)
    app.command("fairness")(fairness)


def verify(
    plan: Path = PLAN,
    roster: Path = PLANS_ROSTER,
    optimal: bool = typer.Option(False, "--optimal", help="Also check with a second solver that no plan costs less."),
    time_limit: float = typer.Option(
        60.0,
        "--time-limit",
        metavar="SECONDS",
        parser=seconds_of,
        help="The time limit of --optimal. After it, the best bounds so far are printed.",
    ),
    history: list[Path] = typer.Option(
        [],
        "--history",
        metavar="PLAN",
        help="A plan before or after this one; the rules are checked across both. Repeatable.",
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Check a plan, independently of the planner.

    Checks the coverage minute by minute, every rule of the roster, and the cost and bound that the plan claims.
    Accepts and lists relaxations that a manager agreed to (`generate --relax`). With --optimal, a second solver, with a
    model of its own, proves that no plan costs less, or prints a bound. Among plans of equal cost, the planner prefers
    those that meet more requests, have more even totals (or points), and have fewer clumps (four weeks in a row with
    more or less than an engineer's share). --optimal checks these choices, too.

    Examples: oncall verify plan.csv --roster rosters/itopia-cas.yaml
    · oncall verify plan.json --roster rosters/itopia-cas.yaml --optimal
    """
    from oncall.planning.plans.verify_plan import AnotherSolver, verify_plan
    from oncall.planning.sources.context_sources import read_named_plan

    team, named = read_both(plan, roster)
    plans_around = [read_named_plan(path, team) for path in history]
    another = AnotherSolver(timedelta(seconds=time_limit), lambda: _waiting(time_limit)) if optimal else None
    verified = verify_plan(named.plan, team, plans_around, another_solver=another, say=tell)
    violations = verified.examination.violations
    if json:
        from oncall.planning.views.verification_views import verification_view

        print_json(verification_view(named.name, verified))
    elif not violations:
        _print_verified(named, team, verified)
    for violation in violations if not json else ():
        say(str(violation))
    if violations:
        raise Refused(f"{plan}: {counted(len(violations), 'violation')}")


def _print_verified(named: NamedPlan, team: Roster, verified: Verification) -> None:
    found, agreed, opinion = verified.examination, verified.relaxations, verified.second_opinion
    but = f" except for {counted(len(agreed), 'relaxation')} that it is marked with" if agreed else ""
    say(f"{named.name}: keeps every rule{but}")
    roles = counted(len(team.rules.roles), "role")
    say(f"checked {counted(found.minutes, 'minute')} in {roles}, {counted(found.shifts, 'shift')}")
    say(f"fairness cost {found.cost}{_claim(named.plan)}")
    for each in agreed:
        uses = f"used {counted(each.uses, 'time')}" if each.uses else "not used"
        say(f"  accepted: {each.relaxation.text}; {uses}")
    for line in opinion_lines(opinion) if opinion is not None else ():
        say(line)


@contextmanager
def _waiting(limit: float) -> Iterator[Callable[[timedelta], None]]:
    """Show how long the second solver has run: a live line on a terminal, elsewhere a line every ten seconds."""
    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("asking another solver") as status:
            yield lambda taken: status.update(f"asking another solver ({taken.total_seconds():.0f} of {limit:g} s)")
        return
    told = timedelta(0)

    def tell_now_and_then(taken: timedelta) -> None:
        nonlocal told
        if taken - told >= timedelta(seconds=10):
            told = taken
            tell(f"asking another solver ({taken.total_seconds():.0f} of {limit:g} s)")

    yield tell_now_and_then


def _claim(plan: Plan) -> str:
    if plan.fairness is None or plan.status is None:
        return ""
    return f"; the plan says: {plan.status}, bound {plan.fairness.bound}"


def fairness(plan: Path = PLAN, roster: Path = PLANS_ROSTER, json: bool = JSON_OPTION) -> None:
    """Show how fair a plan is: each engineer's load and share.

    Prints a bar for each engineer, by kind of shift and for all kinds together. Names the engineers whose roles limit
    their share (for example because they take only one role), and ends with a calendar of the weeks.

    Example: oncall fairness plan.csv --roster rosters/itopia-cas.yaml
    """
    from oncall.planning.sources.context_sources import refuse_unknown_engineers
    from oncall.rotation.problem.fairness import fairness_of_plan, load_table
    from oncall.rotation.problem.plan_points import points_of_plan, points_view
    from oncall.rotation.problem.share_notes import share_notes

    team, named = read_both(plan, roster)
    refuse_unknown_engineers(named, team)
    content = named.plan
    measured = fairness_of_plan(content, team)
    if json:
        rows = load_table(measured).to_dict(orient="records")
        bound = content.fairness.bound if content.fairness else None
        answer = {"plan": str(plan), "status": content.status, "cost": measured.cost, "bound": bound, "loads": rows}
        points = points_of_plan(content, team)
        print_json(
            {**answer, "notes": share_notes(content, team), **({"points": points_view(points)} if points else {})}
        )
        return
    say(str(plan))
    say(f"fairness cost {measured.cost}{_claim(content)}")
    for note in share_notes(content, team):
        say(note)
    _draw(measured, content, team)
    if points := points_of_plan(content, team):
        say(f"\n{points.name}, all kinds and roles together:")
        totals = [[each.engineer, f"{float(each.points):.1f}", f"{float(each.share):.1f}"] for each in points.totals]
        print_table(["engineer", points.name, "share"], totals)


def _draw(measured: Fairness, plan: Plan, team: Roster) -> None:
    from rich.console import Console

    from oncall.rotation.report.heatmap import heat_map_of
    from oncall.rotation.report.terminal_charts import calendar_lines, load_lines

    console = Console(highlight=False)
    plain = "utf" not in console.encoding
    for line in load_lines(measured, width=console.width, plain=plain, titles=team.policy.titles):
        console.print(line, soft_wrap=True)
    console.print()
    for line in calendar_lines(heat_map_of(plan, team), width=console.width, plain=plain):
        console.print(line, soft_wrap=True)
