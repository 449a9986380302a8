"""Compares a roster with a changed one: plans the same dates for both with `make_plan`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from oncall.errors import Refused
from oncall.planning.plans.make_plan import search_plan, shifts_of
from oncall.planning.plans.planning_context import planning_context
from oncall.planning.sources.context_sources import ContextSources
from oncall.planning.sources.watch import SILENT, PlanningWatch, SearchOptions
from oncall.rosters.relaxation import Relaxation
from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Roster
from oncall.rosters.roster_settings import roster_with
from oncall.rotation.explain.what_if import ComparedPlan, compared_plan, with_people
from oncall.schedule.plan import Plan, Shift


@dataclass(frozen=True, slots=True)
class RosterChange:
    """The changes to compare. without: ids of people who leave. new: the number of new people.

    settings: changed keys, like `rotation.rest_nights=1`.
    """

    without: Sequence[str] = ()
    new: int = 0
    settings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class RosterComparison:
    """The plan of the roster today and that of the changed roster, or for each the reason why there is none."""

    today: ComparedPlan
    changed: ComparedPlan


def compare_rosters(
    roster: Roster,
    change: RosterChange,
    first_day: date,
    last_day: date,
    sources: ContextSources,
    relaxations: Sequence[Relaxation] = (),
    *,
    options: SearchOptions,
    watch: PlanningWatch = SILENT,
) -> RosterComparison:
    """Plan these dates (both included) for the roster as it is now, and for the changed roster.

    Relaxations that do not fit the changed roster are left out. Raises Refused for a change or a relaxation that does
    not fit the roster as it is now.
    """
    relaxed(roster, relaxations)
    changed = with_people(roster_with(roster, change.settings), without=change.without, new=change.new, joins=first_day)
    story = _OnceForBoth(watch)
    fitting = _fitting(changed, relaxations, watch.say)
    return RosterComparison(
        _planned(roster, (first_day, last_day), relaxations, sources, options, replace(watch, say=story.today)),
        _planned(changed, (first_day, last_day), fitting, sources, options, replace(watch, say=story.changed)),
    )


class _OnceForBoth:
    """Passes messages about the two plans to the caller: a message about both only once.

    A message about the changed plan alone is marked as such.
    """

    def __init__(self, watch: PlanningWatch) -> None:
        self._say = watch.say
        self._said: set[str] = set()

    def today(self, sentence: str) -> None:
        """Pass a message about today's plan to the caller."""
        self._said.add(sentence)
        self._say(sentence)

    def changed(self, sentence: str) -> None:
        """Pass a message about the changed plan, marked so, unless today's plan had the same message."""
        if sentence not in self._said:
            self._say(f"changed: {sentence}")


def _fitting(changed: Roster, relaxations: Sequence[Relaxation], say: Callable[[str], None]) -> tuple[Relaxation, ...]:
    """Return the relaxations that fit the changed roster. say: called with a message for each one that does not."""
    fitting: list[Relaxation] = []
    for each in relaxations:
        try:
            relaxed(changed, [*fitting, each])
            fitting.append(each)
        except Refused as refusal:
            say(f"changed: a relaxation is left out: {refusal}")
    return tuple(fitting)


def _planned(
    roster: Roster,
    days: tuple[date, date],
    relaxations: Sequence[Relaxation],
    sources: ContextSources,
    options: SearchOptions,
    watch: PlanningWatch,
) -> ComparedPlan:
    context = planning_context(roster, *days, sources, watch.say)

    def make(roster: Roster, shifts: Sequence[Shift]) -> Plan:
        plan = search_plan(roster, shifts, context, options, watch)
        return replace(plan, first_day=days[0], last_day=days[1])

    return compared_plan(relaxed(roster, relaxations), shifts_of(roster, *days), make, context)
