"""The content of the web page on fairness: how fair the published plan is.

Each part comes from the function behind `oncall fairness`, `oncall ledger show` or `oncall plan status`.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO

from oncall.planning.published.change_rules import roster_in_force
from oncall.planning.published.plan_status import StatusStore, plan_status
from oncall.planning.sources.context_sources import ContextSources
from oncall.planning.sources.ledger_points import ledger_points
from oncall.planning.sources.ledger_work import ledger_for, served_before
from oncall.planning.sources.service_record import published_seats_of
from oncall.planning.swaps.change_costs import published_balances
from oncall.planning.views.ledger_views import ledger_view
from oncall.planning.views.plan_dates import last_duty_day
from oncall.planning.views.status_views import PlanStatusView, plan_status_view
from oncall.rosters.roster import Roster
from oncall.rotation.problem.context import PlanningContext
from oncall.rotation.problem.fairness import ALL_ROLES, KindLoads, fairness_of_plan, loads_by_kind, shifts_of_plan
from oncall.rotation.problem.share_notes import share_notes
from oncall.rotation.problem.unmet_requests import unmet_requests
from oncall.schedule.plan import Plan, Seat, UnmetRequest
from oncall.schedule.schedule import Schedule
from oncall.schedule.versions import Publication, PublishedProof

DAYS_AHEAD = 90


@dataclass(frozen=True, slots=True)
class FairnessView:
    """The content of the web page on fairness.

    first, last: the first and the last date on which the plan has an engineer on call. cost: the fairness cost, after
    every change since the publication. proof: of the plan when it was published; None if it had none. loads: by kind,
    with the shares. notes: which engineers' roles limit their share. ledger: from `ledger_view`. to_come: the seats
    that have not begun.
    """

    first: date
    last: date
    cost: int
    proof: PublishedProof | None
    loads: list[KindLoads]
    notes: tuple[str, ...]
    ledger: dict[str, object]
    status: PlanStatusView
    unmet: tuple[UnmetRequest, ...]
    to_come: list[Seat]


def fairness_view(tx: StatusStore, now: datetime) -> FairnessView:
    """Return how fair the plan in force at `now` is; if none is in force, the latest plan.

    now: policy time, aware UTC. Raises Refused if nothing is published, or if the published roster cannot be read.
    """
    status, schedule, roster = plan_status(tx, now, DAYS_AHEAD), tx.schedule(), roster_in_force(tx)
    publication = schedule.in_force(now) or schedule.latest
    assert publication is not None, "plan_status refuses an empty schedule"
    assert roster is not None, "plan_status refuses a roster that cannot be read"
    plan = _plan_as_served(schedule, roster, publication)
    measured = fairness_of_plan(plan, roster)
    sources, zone = ContextSources(published=schedule), roster.policy.zone
    found = ledger_for(roster, sources, before=None, say=_ignore)
    past = served_before(roster, sources, now.astimezone(zone).date())
    first = publication.span.start.astimezone(zone).date()
    return FairnessView(
        first,
        last_duty_day(plan, roster) or first,
        measured.cost,
        publication.proof,
        loads_by_kind(measured),
        share_notes(plan, roster),
        ledger_view(found, past, ledger_points(roster, sources, found, past)),
        plan_status_view(status),
        _unmet(schedule, roster, plan),
        [seat for seat in plan.seats if seat.window.start > now],
    )


def loads_csv(loads: Sequence[KindLoads]) -> str:
    """Return the loads as CSV, one row for each kind, engineer and role. The role `all` is all roles together."""
    written = StringIO()
    rows = csv.writer(written)
    rows.writerow(["kind", "engineer", "role", "shifts", "share", "difference"])
    for kind in loads:
        for engineer, by_role in kind.loads:
            for role, load in by_role.items():
                difference = f"{load.count - load.share:.2f}"
                rows.writerow([kind.name, engineer, role or ALL_ROLES, load.count, f"{load.share:.2f}", difference])
    return written.getvalue()


def _plan_as_served(schedule: Schedule, roster: Roster, publication: Publication) -> Plan:
    """Return the seats of a publication as a plan, each with the engineer who serves most of it."""
    span = publication.span
    seats = [seat for seat in published_seats_of(roster, schedule) if span.start <= seat.window.start < span.end]
    seats.sort(key=lambda seat: (seat.window.start, seat.role))
    return Plan(roster.team, roster.zone, tuple(seats), balances=published_balances(schedule, roster, span))


def _unmet(schedule: Schedule, roster: Roster, plan: Plan) -> tuple[UnmetRequest, ...]:
    """Return the requests that the plan does not meet. The plans of other teams are ignored."""
    around = _around(published_seats_of(roster, schedule), plan.seats)
    context = PlanningContext(around, (), plan.balances)
    return unmet_requests(roster, shifts_of_plan(plan, roster), context, plan.seats)


def _around(every: Sequence[Seat], own: Sequence[Seat]) -> tuple[Seat, ...]:
    inside = {seat.window for seat in own}
    return tuple(seat for seat in every if seat.window not in inside)


def _ignore(words: str) -> None:
    """Do nothing: messages for the terminal are not shown on the web page."""
