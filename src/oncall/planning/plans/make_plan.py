"""Makes a plan: finds the fairest plan for a roster, dates and a planning context, and checks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from oncall.errors import Refused
from oncall.planning.plans.planning_context import planning_context
from oncall.planning.sources.context_sources import ContextSources
from oncall.planning.sources.known_absences import with_absences
from oncall.planning.sources.watch import SILENT, PlanningWatch, SearchOptions
from oncall.rosters.relaxation import Relaxation
from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Roster
from oncall.rotation.check.checker import check_plan
from oncall.rotation.check.used_relaxations import with_relaxations
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.context import PlanningContext
from oncall.rotation.problem.unmet_requests import unmet_requests
from oncall.schedule.plan import Plan, Shift
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of


@dataclass(frozen=True, slots=True)
class MadePlan:
    """A new plan, and the number of shifts that it staffs."""

    plan: Plan
    shifts: int


def make_plan(
    roster: Roster,
    first_day: date,
    last_day: date,
    sources: ContextSources,
    relaxations: Sequence[Relaxation] = (),
    *,
    options: SearchOptions,
    watch: PlanningWatch = SILENT,
) -> MadePlan:
    """Return the fairest plan for the shifts that start on these dates (both included), checked independently.

    Raises PlanInfeasible if no plan keeps the hard rules, and Refused if no shift starts on these dates, if a source
    does not fit, or if the search ended before it found a plan.
    """
    roster = with_absences(roster, sources.published, watch.say)
    shifts = shifts_of(roster, first_day, last_day)
    context = planning_context(roster, first_day, last_day, sources, watch.say)
    plan = search_plan(relaxed(roster, relaxations), shifts, context, options, watch)
    plan = with_relaxations(replace(plan, first_day=first_day, last_day=last_day), relaxations)
    refuse_broken(plan, roster, context)
    plan = replace(plan, unmet=unmet_requests(relaxed(roster, relaxations), shifts, context, plan.seats))
    return MadePlan(plan, len(shifts))


def search_plan(
    roster: Roster, shifts: Sequence[Shift], context: PlanningContext, options: SearchOptions, watch: PlanningWatch
) -> Plan:
    """Return the fairest plan for these shifts. Raises PlanInfeasible, and Refused if the search found none in time."""
    with watch.search() as hooks:
        return fairest_plan(
            roster,
            shifts,
            seed=options.seed,
            time_limit=options.time_limit,
            on_progress=hooks.on_progress,
            should_stop=hooks.should_stop,
            context=context,
        )


def shifts_of(roster: Roster, first_day: date, last_day: date) -> tuple[Shift, ...]:
    """Return the team's shifts that start on these dates (both included). Raises Refused if there is none."""
    calendar = calendar_of(roster.policy, roster.holidays)
    shifts = shifts_between(calendar, first_day=first_day, last_day=last_day, rules=roster.rules)
    if not shifts:
        raise Refused(f"no on-call shift starts from {first_day} to {last_day}; name other dates or more weeks")
    return shifts


def refuse_broken(plan: Plan, roster: Roster, context: PlanningContext) -> None:
    """Raise Refused if a new plan breaks a rule. That would be a fault of the planner."""
    violations = check_plan(plan, roster, history=context.published, elsewhere=context.other_teams)
    if violations:
        lines = "\n".join(f"  {violation}" for violation in violations)
        raise Refused(f"the new plan does not pass the check, so it is not used; this is a bug in oncall:\n{lines}")
