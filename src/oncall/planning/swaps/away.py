"""Mark an engineer as away, and find covers for their shifts with the fewest seats changed.

The absence is part of a version of the schedule, so that every later plan and change sees it. The covers come with it
when all have agreed; otherwise each engineer who would cover is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from oncall.errors import PlanInfeasible, Refused
from oncall.paging.outgoing.codes import free_swap_code
from oncall.paging.ports.records import NewVersion
from oncall.planning.change_rules import broken_rules, refuse_broken, roster_in_force
from oncall.planning.change_schedule import ChangeTerms
from oncall.planning.known_absences import with_absence
from oncall.planning.schedule_version import AppendedVersion, Author, append_version
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
from oncall.schedule.swap_requests import SeatMove, SwapRequest
from oncall.support.calendar import first_instant
from oncall.support.windows import Window


@dataclass(frozen=True, slots=True)
class AwayAsked:
    """An absence as it is asked for; both dates are inside, in the roster's zone."""

    engineer: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class AwayMade:
    """An absence that was marked. version: the version that entered it. requests: who was asked to cover."""

    asked: AwayAsked
    version: AppendedVersion
    covers: Covers
    requests: tuple[SwapRequest, ...]


def mark_away(
    tx: SwapTransaction,
    asked: AwayAsked,
    author: Author,
    times: NoteTimes,
    *,
    is_agreed: bool,
    terms: ChangeTerms | None = None,
    time_limit: timedelta | None = None,
) -> AwayMade:
    """Enter an absence, and cover the shifts that it blocks: at once if all have agreed, else by asking.

    author: the reason is that of the absence. time_limit: wall time of the repair. Raises NotFound for an unknown
    engineer; Refused for dates that are over or in the wrong order, without a reason, and if no cover is possible, with
    the rules that clash; ScheduleMoved as `append_version` does.
    """
    tx.lock_schedule()
    schedule, now = tx.schedule(), author.at.replace(microsecond=0)
    roster = _checked_roster(tx, schedule, asked, author, now)
    absence = Absence(asked.first_day, asked.last_day, author.reason.strip())
    roster = with_absence(roster, asked.engineer, absence)
    shifts = shifts_to_cover(schedule, roster, asked.engineer, absence, now)
    try:
        covers = find_covers(schedule, roster, shifts, now, time_limit=time_limit) if shifts else Covers((), True)
    except PlanInfeasible as clash:
        raise Refused(f"no cover is possible for {asked.engineer}; nothing was changed\n{clash}") from clash
    moves = covers.moves if is_agreed else ()
    version = _entered(tx, asked, roster, moves, author, terms or ChangeTerms())
    requests = () if is_agreed else _ask_all(tx, asked, covers.moves, version, author, times)
    return AwayMade(asked, version, covers, requests)


def _checked_roster(tx: SwapTransaction, schedule: Schedule, asked: AwayAsked, author: Author, now: datetime) -> Roster:
    """Return the published roster for an absence that can be entered. Raises NotFound and Refused."""
    known_engineer(schedule, asked.engineer)
    roster = roster_in_force(tx)
    if roster is None:
        raise Refused("the published roster cannot be read by this version of oncall; publish the plan again")
    today = now.astimezone(roster.zone).date()
    if asked.last_day < asked.first_day:
        raise Refused(f"the absence ends on {asked.last_day}, before it begins on {asked.first_day}")
    if asked.last_day < today:
        raise Refused(f"the absence ended on {asked.last_day}; an absence changes what is to come")
    if not author.reason.strip():
        raise Refused("an absence needs a reason; write --reason TEXT")
    return roster


def _entered(
    tx: SwapTransaction,
    asked: AwayAsked,
    roster: Roster,
    moves: Sequence[SeatMove],
    author: Author,
    terms: ChangeTerms,
) -> AppendedVersion:
    """Append the version with the absence and these covers, after all rules have been checked."""
    zone, pieces = roster.zone, pieces_of(moves)
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
            refuse_broken(broken_rules(schedule, after, span_of(moves), roster), is_forced=False)

    version = NewVersion(author.at, AWAY, author.by, author.reason.strip(), document)
    return append_version(tx, version, check, expected=terms.expected)


def _ask_all(
    tx: SwapTransaction,
    asked: AwayAsked,
    moves: Sequence[SeatMove],
    version: AppendedVersion,
    author: Author,
    times: NoteTimes,
) -> tuple[SwapRequest, ...]:
    """Ask each engineer who would take a seat, once for all their seats."""
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
