"""Compares a plan draft with the published plan: broken rules, differences, who gets an SMS, each engineer's shifts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from oncall.paging.outgoing.schedule_notices import soon_changed
from oncall.planning.posted.posted_publication import PublicationAsked
from oncall.planning.published.publish_plan import broken_by_plan, gaps_from, violation_in_names
from oncall.planning.published.schedule_diff import Difference, VersionsTransaction, would_change
from oncall.planning.sources.context_sources import NamedPlan
from oncall.planning.sources.service_record import published_seats_of
from oncall.planning.views.diff_view import DiffView, diff_view
from oncall.planning.views.plan_dates import last_duty_day
from oncall.rosters.roster import Roster
from oncall.rotation.problem.fairness import ALL_KINDS, fairness_of_plan, loads_by_kind
from oncall.rotation.problem.share_notes import share_notes
from oncall.schedule.gaps import gap_sentence
from oncall.schedule.plan import Plan, PlanStatus, Seat, UnmetRequest
from oncall.schedule.schedule import Schedule


@dataclass(frozen=True, slots=True)
class DraftLoad:
    """The number of shifts of one kind that one engineer has on the draft's dates, over all roles.

    published: in the schedule as it is now. drafted: after the draft is published; swaps and overrides that stay are
    counted. share: the engineer's share in the draft.
    """

    engineer: str
    published: int
    drafted: int
    share: float


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft compared with the schedule whose newest version is `version`.

    first, last: the first and the last date on which the draft has an engineer on call. cost: the fairness cost of the
    draft's loads. status, bound: from the draft's proof; None without a proof. broken: each rule that the draft breaks.
    loads: by kind; engineers who would get more shifts come first. told: ids of the engineers who would get an SMS.
    gaps: a sentence for each gap that remains after publication. is_first: True if nothing is published yet.
    """

    version: int
    first: date
    last: date
    cost: int
    status: PlanStatus | None
    bound: int | None
    broken: tuple[str, ...]
    loads: tuple[tuple[str, tuple[DraftLoad, ...]], ...]
    unmet: tuple[UnmetRequest, ...]
    notes: tuple[str, ...]
    diff: DiffView
    told: tuple[str, ...]
    gaps: tuple[str, ...]
    is_first: bool


def draft_difference(tx: VersionsTransaction, asked: PublicationAsked, now: datetime) -> Difference:
    """Return the difference that publishing a draft would make, like `publish --dry-run`. now: aware UTC."""
    return would_change(tx, asked.named, asked.roster, now, asked.policy_from)


def draft_view(asked: PublicationAsked, schedule: Schedule, found: Difference, *, by: str, now: datetime) -> DraftView:
    """Return a draft compared with the schedule. by: who would publish it. now: aware UTC.

    found: the difference, read in the same transaction as `schedule`. Takes long for a large plan, so call it outside
    the transaction. Raises Refused for a plan of another team.
    """
    named, roster = asked.named, asked.roster
    plan, zone, proof = named.plan, roster.policy.zone, named.plan.fairness
    told = soon_changed(found.shifts, found.after.schedule, by=by, now=now) if schedule.publications else []
    starts = [seat.window.start.astimezone(zone).date() for seat in plan.seats]
    return DraftView(
        schedule.newest,
        min(starts),
        last_duty_day(plan, roster) or max(starts),
        fairness_of_plan(plan, roster).cost,
        plan.status,
        proof.bound if proof is not None else None,
        tuple(violation_in_names(each, roster) for each in broken_by_plan(named, roster, schedule)),
        _loads(named, roster, schedule, found.after.schedule),
        plan.unmet,
        share_notes(plan, roster, {each.id: each.name for each in roster.engineers}),
        diff_view(found),
        tuple(each.engineer for each in told),
        tuple(gap_sentence(gap, zone) for gap in gaps_from(found.after.schedule, now)),
        not schedule.publications,
    )


def _loads(
    named: NamedPlan, roster: Roster, schedule: Schedule, published: Schedule
) -> tuple[tuple[str, tuple[DraftLoad, ...]], ...]:
    """Return the loads on the draft's dates by kind, in the schedule now and after publication.

    published: the schedule after the draft is published, in which swaps and overrides of these dates stay.
    """
    before, after = (_counted(_published_meanwhile(named.plan, roster, each)) for each in (schedule, published))
    found = []
    for kind in loads_by_kind(fairness_of_plan(named.plan, roster)):
        drafted = {who: by_role[None] for who, by_role in kind.loads if None in by_role}
        shares = {who: load.share for who, load in drafted.items()}
        shares |= {who: 0.0 for who, name in before | after if name == kind.name and who not in drafted}
        loads = [DraftLoad(who, before[who, kind.name], after[who, kind.name], share) for who, share in shares.items()]
        loads.sort(key=lambda each: (each.published - each.drafted, each.engineer))
        found.append((kind.name, tuple(loads)))
    return tuple(found)


def _published_meanwhile(plan: Plan, roster: Roster, schedule: Schedule) -> list[Seat]:
    """Return the published seats that start within the span of a plan."""
    span = plan.window
    seats = published_seats_of(roster, schedule)
    within = [seat for seat in seats if span.start <= seat.window.start < span.end]
    return [seat for seat in within if seat.role in roster.rules.roles]


def _counted(seats: list[Seat]) -> Counter[tuple[str, str]]:
    """Return the number of seats of each engineer, by engineer and kind, and over all kinds (`ALL_KINDS`)."""
    by_kind = Counter((seat.engineer, str(seat.kind)) for seat in seats)
    return by_kind + Counter((seat.engineer, ALL_KINDS) for seat in seats)
