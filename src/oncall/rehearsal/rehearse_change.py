"""Rehearses a change: plays the same tickets with today's roster and policy, and with a proposed roster or policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from oncall.errors import PlanInfeasible
from oncall.rehearsal.arrivals import Arrival, made_up, rate_of
from oncall.rehearsal.comparison import Comparison
from oncall.rehearsal.outcome import RehearsalOutcome
from oncall.rehearsal.rehearsal_schedule import span_of
from oncall.rehearsal.responders import People
from oncall.rehearsal.scenario import Scenario, planned, rehearse
from oncall.rosters.roster import Roster
from oncall.schedule.plan import Plan
from oncall.support.calendar import calendar_of
from oncall.support.policy_changes import changes
from oncall.support.windows import Window

YEAR_OF_WEEKS = 52
_WITHOUT_A_PLAN = "to rehearse anyway: other dates with --from, or --plan with a plan that `oncall generate` made"


@dataclass(frozen=True, slots=True)
class RehearsalRequest:
    """What to rehearse. today: the date of the request, in the time zone of the policy.

    tickets: those in a file, ordered by time. rate: the rate of random tickets if there is no file, like `10000/year`.
    plan: who is on call; None: a plan is generated from the roster. first_day, weeks: None: the dates of the tickets,
    else of the plan, else a year from next Monday. time_limit: wall time of each search for a plan.
    """

    roster: Roster
    today: date
    people: People
    tickets: Sequence[Arrival] = ()
    rate: str | None = None
    plan: Plan | None = None
    first_day: date | None = None
    weeks: int | None = None
    seed: int = 0
    time_limit: timedelta = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class RehearsalWatch:
    """Functions of the caller that a rehearsal calls.

    say: called with a sentence about tickets that are left out, or about planning. playing: called with the name and
    span of each side; returns a context manager in which that side is played, and which yields a function for the
    simulated time.
    """

    say: Callable[[str], None]
    playing: Callable[[str, Window], AbstractContextManager[Callable[[datetime], None]]]


@dataclass(frozen=True, slots=True)
class RehearsalReport:
    """The outcomes of today and of the proposal.

    policy_changes: what the proposal changes, one sentence for each change.
    """

    team: str
    first_day: date
    last_day: date
    seed: int
    outcomes: Comparison
    policy_changes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the report as JSON. It has `policy_changes` if the proposal changes the policy."""
        span = {"from": self.first_day.isoformat(), "to": self.last_day.isoformat()}
        view = {"team": self.team, **span, "seed": self.seed, **self.outcomes.as_json()}
        return {**view, "policy_changes": list(self.policy_changes)} if self.policy_changes else view


def rehearse_change(request: RehearsalRequest, proposal: Roster | None, watch: RehearsalWatch) -> RehearsalReport:
    """Play the tickets with today's roster and policy, and with the proposal if there is one.

    Raises PlanInfeasible if a plan is needed and none keeps the hard rules. Raises Refused if there is no ticket, or if
    the plan or a ticket does not fit the roster and its policy.
    """
    first, last = _days(request)
    span = span_of(request.roster, first, last)
    arrivals = _arrivals(request, span, watch)

    def played(name: str, scenario: Scenario) -> RehearsalOutcome:
        with watch.playing(name, span) as show:
            return rehearse(scenario, arrivals, span, request.people, seed=request.seed, on_progress=show)

    today = _scenario(request, request.roster, request.plan, (first, last), watch)
    outcome = played("today", today)
    report = RehearsalReport(request.roster.team, first, last, request.seed, Comparison(outcome))
    if proposal is None:
        return report
    plan = today.plan if _has_the_same_shifts(request.roster, proposal) else None
    proposed = played("the proposal", _scenario(request, proposal, plan, (first, last), watch))
    changed = tuple(changes(request.roster.policy, proposal.policy))
    return replace(report, outcomes=Comparison(outcome, proposed), policy_changes=changed)


def _has_the_same_shifts(today: Roster, proposal: Roster) -> bool:
    """Return True if the proposal needs no new plan: only its policy differs, and not the hours or the time zone."""
    hours = [(roster.policy.spans, roster.policy.zone) for roster in (today, proposal)]
    return replace(proposal, policy=today.policy) == today and hours[0] == hours[1]


def _scenario(
    request: RehearsalRequest, roster: Roster, plan: Plan | None, days: tuple[date, date], watch: RehearsalWatch
) -> Scenario:
    if plan is not None:
        return Scenario(roster, plan)
    # A search over less than a week may find no shift to staff.
    first, last = days[0], max(days[1], days[0] + timedelta(days=6))
    watch.say(f"planning {roster.team} from {first} to {last}")
    try:
        return planned(roster, first, last, seed=request.seed, time_limit=request.time_limit)
    except PlanInfeasible as error:
        # The relaxations that it names are for `oncall generate`; a rehearsal takes none.
        raise PlanInfeasible(error.summary, (*error.reasons, _WITHOUT_A_PLAN), error.relaxations) from None


def _arrivals(request: RehearsalRequest, span: Window, watch: RehearsalWatch) -> list[Arrival]:
    """Return the tickets of the file that arrive in the span, or random tickets at the requested rate."""
    policy = request.roster.policy
    if request.rate is not None:
        calendar = calendar_of(policy, request.roster.holidays)
        return made_up(rate_of(request.rate), span, policy, calendar, seed=request.seed)
    kept = [arrival for arrival in request.tickets if arrival.at in span]
    left_out = len(request.tickets) - len(kept)
    if left_out:
        watch.say(f"{left_out:,} of {len(request.tickets):,} tickets lie outside these dates and are left out")
    return kept


def _days(request: RehearsalRequest) -> tuple[date, date]:
    """Return the first and the last date to rehearse."""
    zone, plan = request.roster.policy.zone, request.plan
    last: date | None = None
    if request.tickets:
        first, last = (request.tickets[place].at.astimezone(zone).date() for place in (0, -1))
    elif plan is not None:
        first = plan.window.start.astimezone(zone).date()
        last = (plan.window.end - timedelta(microseconds=1)).astimezone(zone).date()
    else:
        first = request.today + timedelta(days=7 - request.today.weekday())
    first = request.first_day or first
    if request.weeks is not None or last is None:
        last = first + timedelta(weeks=request.weeks or YEAR_OF_WEEKS, days=-1)
    return first, max(last, first if plan is not None else first + timedelta(days=6))
