"""Records an engineer's absence, and finds the covers for it that change the fewest seats.

The absence is part of a version of the schedule, so that every later plan and change takes it into account. If all
engineers have agreed, the covers are part of the same version; if not, each engineer who would cover is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from oncall.errors import PlanInfeasible, Refused
from oncall.paging.outgoing.codes import free_swap_code
from oncall.paging.ports.records import NewVersion
from oncall.planning.published.change_rules import broken_rules, refuse_broken, roster_in_force
from oncall.planning.published.change_schedule import ChangeTerms
from oncall.planning.published.schedule_version import AppendedVersion, Author, ScheduleTransaction, append_version
from oncall.planning.sources.known_absences import with_absence
from oncall.planning.swaps.ask_to_swap import SwapTransaction
from oncall.planning.swaps.find_covers import Covers, find_covers, shifts_to_cover
from oncall.planning.swaps.held_shifts import known_engineer
from oncall.planning.swaps.swap_notes import NoteTimes, tell_asked
from oncall.planning.swaps.swap_texts import SwapWords
from oncall.planning.swaps.takers import pieces_of, span_of
from oncall.rosters.roster import Absence, Roster
from oncall.schedule.absences import absence_document
from oncall.schedule.change_checks import check_pieces
from oncall.schedule.change_document import AWAY, away_document
from oncall.schedule.schedule import Schedule
from oncall.schedule.swap_requests import SeatMove, SwapRequest, SwapState, state_at
from oncall.support.calendar import first_instant
from oncall.support.windows import Window

_IN_SPITE = (
    "to put another engineer on in spite of a rule: "
    "oncall override ENGINEER --role ROLE --from TIME --to TIME --reason TEXT --force"
)


@dataclass(frozen=True, slots=True)
class AwayAsked:
    """A requested absence, from `first_day` to `last_day`, both included, in local dates of the roster's zone."""

    engineer: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class AwaySituation:
    """The schedule, and the published roster with the new absence, at the time of the request."""

    asked: AwayAsked
    absence: Absence
    schedule: Schedule
    roster: Roster


@dataclass(frozen=True, slots=True)
class AwayPlan:
    """Covers for an absence, with the schedule for which they were found."""

    situation: AwaySituation
    covers: Covers


@dataclass(frozen=True, slots=True)
class AwayMade:
    """An absence that was entered. version: the version that has it.

    requests: to the engineers who were asked to cover.
    """

    asked: AwayAsked
    version: AppendedVersion
    covers: Covers
    requests: tuple[SwapRequest, ...]


def read_for_away(tx: ScheduleTransaction, asked: AwayAsked, author: Author) -> AwaySituation:
    """Return the facts that `plan_away` needs to find covers. author: gives the reason of the absence.

    Raises NotFound for an unknown engineer, and Refused for dates that are over or in the wrong order, and for a
    missing reason.
    """
    schedule = tx.schedule()
    known_engineer(schedule, asked.engineer)
    roster = roster_in_force(tx)
    if roster is None:
        raise Refused("the published roster cannot be read by this version of oncall; publish the plan again")
    if asked.last_day < asked.first_day:
        raise Refused(f"the absence ends on {asked.last_day}, before it begins on {asked.first_day}")
    if asked.last_day < author.at.astimezone(roster.zone).date():
        raise Refused(f"the absence ended on {asked.last_day}; an absence changes what is to come")
    if not author.reason.strip():
        raise Refused("an absence needs a reason; write --reason TEXT")
    absence = Absence(asked.first_day, asked.last_day, author.reason.strip())
    return AwaySituation(asked, absence, schedule, with_absence(roster, asked.engineer, absence))


def plan_away(situation: AwaySituation, now: datetime, *, time_limit: timedelta | None = None) -> AwayPlan:
    """Find covers for an absence. It may take seconds, so call it outside a transaction.

    now: policy time, aware UTC. time_limit: the most wall time. Raises Refused, with the rules that conflict, if no
    cover is possible.
    """
    schedule, roster, now = situation.schedule, situation.roster, now.replace(microsecond=0)
    shifts = shifts_to_cover(schedule, roster, situation.asked.engineer, situation.absence, now)
    if not shifts:
        return AwayPlan(situation, Covers((), is_fewest=True))
    try:
        return AwayPlan(situation, find_covers(schedule, roster, shifts, now, time_limit=time_limit))
    except PlanInfeasible as clash:
        # The advice about `generate --relax` does not belong here.
        reasons = [reason for reason in (clash.summary, *clash.reasons) if "--relax" not in reason]
        found = "\n".join(f"  {reason}" for reason in reasons)
        words = f"no cover is possible for {situation.asked.engineer}; nothing was changed\n{found}"
        raise Refused(f"{words}\n{_IN_SPITE}", on_page=words) from clash


def enter_away(
    tx: SwapTransaction,
    plan: AwayPlan,
    author: Author,
    times: NoteTimes,
    *,
    is_agreed: bool,
    terms: ChangeTerms | None = None,
) -> AwayMade:
    """Enter an absence, and cover the shifts that it blocks: at once if `is_agreed`, else by asking the engineers.

    Raises ScheduleMoved if the schedule has changed since the covers were found, and Refused while requests for the
    same absence are unanswered.
    """
    if not is_agreed:
        _refuse_repeated(tx, plan.situation, author.at)
    moves = plan.covers.moves if is_agreed else ()
    version = _entered(tx, plan.situation, moves, author, terms or ChangeTerms())
    requests = () if is_agreed else _ask_all(tx, plan, version, author, times)
    return AwayMade(plan.situation.asked, version, plan.covers, requests)


def _refuse_repeated(tx: SwapTransaction, situation: AwaySituation, now: datetime) -> None:
    """Raise Refused if the same absence is already entered and an engineer who was asked to cover has not answered."""
    asked, schedule = situation.asked, situation.schedule
    versions = {
        each.version
        for each in schedule.absences
        if (each.engineer, each.first_day, each.last_day) == (asked.engineer, asked.first_day, asked.last_day)
    }
    for request in tx.swaps(begins_after=now - timedelta(days=1)):
        if request.absence in versions and state_at(request, schedule, now) is SwapState.ASKED:
            raise Refused(
                f"{asked.engineer} is away from {asked.first_day} to {asked.last_day} already (version "
                f"{request.absence}), and {request.other} has not answered request {request.code}; "
                f"`oncall undo {request.absence}` takes the absence back"
            )


def _entered(
    tx: SwapTransaction,
    situation: AwaySituation,
    moves: Sequence[SeatMove],
    author: Author,
    terms: ChangeTerms,
) -> AppendedVersion:
    """Append the version with the absence and these covers, after checking all rules. Return that version."""
    asked, zone, pieces = situation.asked, situation.roster.zone, pieces_of(moves)
    start = first_instant(zone, datetime.combine(asked.first_day, time()))
    end = first_instant(zone, datetime.combine(asked.last_day + timedelta(days=1), time()))
    document = away_document(
        absence_document(asked.engineer, asked.first_day, asked.last_day, author.reason.strip()),
        Window(start, end),
        pieces,
    )

    def check(schedule: Schedule) -> None:
        if pieces:
            check_pieces(schedule, pieces, author.at)
            after = schedule.with_pieces(pieces, AWAY, author.at)
            broken = broken_rules(schedule, after, span_of(moves), situation.roster)
            refuse_broken(broken, schedule, is_forced=False)

    version = NewVersion(author.at, AWAY, author.by, author.reason.strip(), document)
    seen = situation.schedule.newest if terms.expected is None else terms.expected
    return append_version(tx, version, check, expected=seen)


def _ask_all(
    tx: SwapTransaction, plan: AwayPlan, version: AppendedVersion, author: Author, times: NoteTimes
) -> tuple[SwapRequest, ...]:
    """Send each engineer who would cover one request for all their seats. Return the requests."""
    asked, moves = plan.situation.asked, plan.covers.moves
    words, requests = SwapWords(version.after, tx.policy()), []
    for taker in dict.fromkeys(move.taker for move in moves):
        request = SwapRequest(
            code=free_swap_code(tx),
            engineer=asked.engineer,
            other=taker,
            moves=tuple(move for move in moves if move.taker == taker),
            asked_at=author.at.replace(microsecond=0),
            by=author.by,
            reason=author.reason.strip(),
            absence=version.number,
        )
        tx.add_swap(request)
        tell_asked(tx, request, words, times)
        requests.append(request)
    return tuple(requests)
