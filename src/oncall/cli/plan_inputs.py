"""Plans in the terminal: the file that a command takes with its roster, the shifts of some dates, the last check."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.errors import Refused
from oncall.suggestions import listed

if TYPE_CHECKING:
    from oncall.rosters.roster import Roster
    from oncall.rotation.problem.context import PlanningContext
    from oncall.schedule.plan import Plan, Shift

ROSTER = typer.Argument(..., metavar="ROSTER", help="The roster's YAML file.")
PLAN = typer.Argument(..., metavar="PLAN", help="A plan file, .csv or .json.")
PLANS_ROSTER = typer.Option(..., "--roster", help="The roster that the plan is for.")


def date_of(text: str, option: str | None = None) -> date:
    """The date that an option names; a callback of typer's needs no `option`. Raises BadParameter."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f'"{text[:40]}" is not a date; write "2027-01-04"', param_hint=option) from None


def span_of(first_day: date, weeks: int) -> tuple[date, date]:
    """First and last date of so many weeks."""
    try:
        return first_day, first_day + timedelta(weeks=weeks, days=-1)
    except OverflowError:
        raise Refused(f"{weeks} weeks from {first_day} lie outside the calendar") from None


def read_both(plan: Path, roster: Path) -> tuple[Roster, Plan]:
    """The roster and its plan. Raises FileFaults."""
    from oncall.rosters.roster_file import read_roster
    from oncall.schedule.plan_file import read_plan

    team = read_roster(roster)
    return team, read_plan(plan, team=team.team, zone=team.policy.zone)


def refuse_strangers(content: Plan, team: Roster, plan: Path) -> None:
    """Raise Refused when the plan is not one of this roster's people, or holds nothing."""
    strangers = sorted({seat.engineer for seat in content.seats} - {engineer.id for engineer in team.engineers})
    if strangers:
        raise Refused(f"{plan}: {listed(strangers)} not on the roster of team {team.team}; name the plan's own roster")
    if not content.seats:
        raise Refused(f"{plan}: the plan has no shift")


def shifts_of(team: Roster, first_day: date, last_day: date) -> tuple[Shift, ...]:
    """The team's shifts that start on these dates. Raises Refused when there is none."""
    from oncall.schedule.shifts import shifts_between
    from oncall.support.calendar import calendar_of

    calendar = calendar_of(team.policy, team.holidays)
    shifts = shifts_between(calendar, first_day=first_day, last_day=last_day, weekend=team.rules.weekend)
    if not shifts:
        raise Refused(f"no on-call shift starts from {first_day} to {last_day}; name other dates or more weeks")
    return shifts


def refuse_broken(plan: Plan, team: Roster, given: PlanningContext) -> None:
    """No plan leaves the house unchecked. A fault found here is one of the planner."""
    from oncall.rotation.check.checker import check_plan

    violations = check_plan(plan, team, history=given.published, elsewhere=given.elsewhere)
    if violations:
        lines = "\n".join(f"  {violation}" for violation in violations)
        raise Refused(
            f"the plan made does not pass the check, which is a fault of this program; it is not used:\n{lines}"
        )
