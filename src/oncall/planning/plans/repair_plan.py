"""Repairs a plan: changes the fewest seats of a baseline so that it keeps today's rules, as fairly as possible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from oncall.errors import Refused
from oncall.planning.plans.make_plan import refuse_broken, shifts_of
from oncall.planning.plans.planning_context import planning_context
from oncall.planning.plans.repair_story import repair_story
from oncall.planning.sources.context_sources import ContextSources, NamedPlan, refuse_other_team, unknown_engineers
from oncall.planning.sources.known_absences import with_absences
from oncall.planning.sources.watch import SILENT, PlanningWatch, SearchOptions
from oncall.rosters.relaxation import Relaxation
from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Roster
from oncall.rotation.check.used_relaxations import with_relaxations
from oncall.rotation.problem.context import PlanningContext
from oncall.rotation.problem.unmet_requests import unmet_requests
from oncall.rotation.repair.repair import repair
from oncall.rotation.repair.repair_result import Repair


@dataclass(frozen=True, slots=True)
class RepairRequest:
    """What to repair. first_open: the first date that may change; earlier shifts do not.

    more_changes: how many seats may change beyond the fewest. frozen_days: for this many days from `first_open` on,
    each person who can keep a seat keeps it, except on the dates in `opened`.
    """

    baseline: NamedPlan
    first_open: date
    more_changes: int = 0
    frozen_days: int = 0
    opened: frozenset[date] = frozenset()


def repair_plan(
    roster: Roster,
    request: RepairRequest,
    sources: ContextSources,
    relaxations: Sequence[Relaxation] = (),
    *,
    options: SearchOptions,
    watch: PlanningWatch = SILENT,
) -> Repair:
    """Return the repaired and checked plan. Its notes say what changed and what that costs.

    Raises PlanInfeasible if no plan keeps the hard rules, and Refused if the baseline, a source or a date does not fit,
    or if the search ended before it found a plan.
    """
    roster = with_absences(roster, sources.published, watch.say)
    first_day, last_day = _dates_of(request.baseline, roster)
    baseline = replace(request.baseline.plan, first_day=first_day, last_day=last_day)
    unknown_engineers(request.baseline, roster)
    if request.first_open < first_day:
        watch.say(f"the plan starts on {first_day}: all of it may change")
        request = replace(request, first_open=first_day)
    _refuse_dates_not_frozen(request)
    context = _context(roster, request, (first_day, last_day), sources, watch.say)
    agreed = tuple(dict.fromkeys([*_still_agreed(request.baseline, roster, watch.say), *relaxations]))
    shifts = shifts_of(roster, first_day, last_day)
    with watch.search() as hooks:
        found = repair(
            relaxed(roster, agreed),
            shifts,
            baseline,
            first_open=request.first_open,
            more_changes=request.more_changes,
            frozen_days=request.frozen_days,
            opened=request.opened,
            seed=options.seed,
            time_limit=options.time_limit,
            on_progress=hooks.on_progress,
            should_stop=hooks.should_stop,
            context=context,
        )
    found = replace(found, plan=with_relaxations(replace(found.plan, notes=tuple(repair_story(found))), agreed))
    refuse_broken(found.plan, roster, context)
    unmet = unmet_requests(relaxed(roster, agreed), shifts, context, found.plan.seats)
    return replace(found, plan=replace(found.plan, unmet=unmet))


def _dates_of(baseline: NamedPlan, roster: Roster) -> tuple[date, date]:
    """Return the baseline's first and last date, computed from its seats if the file has no dates.

    Raises Refused for the plan of another team, or one without shifts.
    """
    refuse_other_team(baseline, roster)
    plan = baseline.plan
    if not plan.seats:
        raise Refused(f"{baseline.name}: the plan has no shift; there is nothing to repair")
    days = [seat.window.start.astimezone(roster.policy.zone).date() for seat in plan.seats]
    return plan.first_day or min(days), plan.last_day or max(days)


def _refuse_dates_not_frozen(request: RepairRequest) -> None:
    last = request.first_open + timedelta(days=request.frozen_days - 1)
    outside = [str(day) for day in sorted(request.opened) if not request.first_open <= day <= last]
    if outside:
        span = str(last) if last == request.first_open else f"{request.first_open} to {last}"
        raise Refused(f"--open {outside[0]}: only {span} is frozen; name one of these dates, or freeze more days")


def _context(
    roster: Roster,
    request: RepairRequest,
    days: tuple[date, date],
    sources: ContextSources,
    say: Callable[[str], None],
) -> PlanningContext:
    """Return the planning context of a repair. It uses the baseline's own balances, so that shares do not change.

    days: the first and the last date of the plan.
    """
    own = request.baseline.plan.balances
    if own and sources.ledger is not None:
        say(
            f"{request.baseline.name} has its own balances, and keeps them; those of {sources.ledger.name} are not used"
        )
    balances = None if sources.ledger is not None and not own else own
    return planning_context(roster, *days, sources, say, balances=balances, first_open=request.first_open)


def _still_agreed(baseline: NamedPlan, roster: Roster, say: Callable[[str], None]) -> list[Relaxation]:
    """Return the baseline's relaxations that still fit the roster. say: called with a message for each one left out."""
    fitting: list[Relaxation] = []
    for each in baseline.plan.relaxed:
        try:
            relaxed(roster, [*fitting, each])
            fitting.append(each)
        except Refused as refusal:
            say(f"a relaxation of {baseline.name} is left out: {refusal}")
    return fitting
