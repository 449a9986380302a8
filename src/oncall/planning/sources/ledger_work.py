"""The ledger: who served how much before a date, balances to export, and balances to take over from another tool."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from oncall.errors import Refused
from oncall.planning.sources.context_sources import ContextSources, NamedLedger, are_not, names_of
from oncall.planning.sources.service_record import ServiceRecord, service_record
from oncall.rosters.roster import Roster
from oncall.rotation.problem.ledger import Ledger, ledger_of, with_join_dates, zero_sum_balances
from oncall.rotation.problem.ledger_file import LedgerFile, refuse_unknown_engineers, refuse_unknown_kinds
from oncall.rotation.problem.served_seats import ServedPart, inferred_join_dates
from oncall.schedule.plan import Balance
from oncall.schedule.shifts import shift_of, shifts_between
from oncall.support.calendar import calendar_of
from oncall.support.windows import WindowKind

LOOKED_BACK = timedelta(days=3660)
"""How far back to look for shifts that are in no plan."""
NOTHING_YET = "No shift was served yet, and no balances are given"


def ledger_for(roster: Roster, sources: ContextSources, *, before: date | None, say: Callable[[str], None]) -> Ledger:
    """Return the ledger: what each person served before a date, added to the balances of the ledger file.

    before: None counts all shifts. say: called with a message for each source whose shifts may be counted twice or not
    at all. Raises Refused for a ledger file that counts shifts beyond that date, and for a plan of another team.
    """
    return ledger_of_record(roster, service_record(roster, sources, say), sources, before=before, say=say)


def ledger_of_record(
    roster: Roster,
    record: ServiceRecord,
    sources: ContextSources,
    *,
    before: date | None,
    say: Callable[[str], None],
) -> Ledger:
    """Return the ledger, like `ledger_for`, from a service record that the caller already has."""
    opening, since = _opening_balances(roster, sources.ledger, say)
    if since is not None and before is not None and since > before:
        assert sources.ledger is not None, "only a ledger file says up to when it counts"
        raise Refused(
            f"{sources.ledger.name} counts shifts up to {since - timedelta(days=1)}, but only shifts before {before} "
            f"count here; export it again with --before {before}"
        )
    zone = roster.policy.zone
    counted = [each for each in record.served if since is None or shift_of(each.seat, zone).day >= since]
    new = inferred_join_dates(roster, record.plans)
    for engineer, day in new.items():
        say(f"{engineer} is on no plan before {day}, so has no share of that time")
    found = ledger_of(with_join_dates(roster, new), counted, before=before, opening=opening, plans=record.plans)
    for doubt in _doubts(roster, record, found, sources.ledger, since, before):
        say(doubt)
    return found


def served_before(roster: Roster, sources: ContextSources, today: date) -> dict[tuple[str, WindowKind], Fraction]:
    """Return how many shifts each engineer served before `today`, by engineer and kind.

    The other shifts of a ledger are planned. today: in the policy's zone.
    """
    since = sources.ledger.written.as_of if sources.ledger is not None else None
    if since is not None and since > today:
        return {}
    found = ledger_for(roster, sources, before=today, say=lambda words: None)
    return {(entry.engineer, entry.kind): entry.served for entry in found.entries}


def export_ledger(
    roster: Roster, sources: ContextSources, *, before: date | None, say: Callable[[str], None]
) -> LedgerFile:
    """Return the balances before a date as a ledger file, with the date up to which shifts are counted.

    before: None counts all shifts. Raises Refused if there is nothing to write.
    """
    found = ledger_for(roster, sources, before=before, say=say)
    if not found.entries:
        raise Refused(f"{NOTHING_YET}; nothing was written")
    as_of = before or (found.last_day + timedelta(days=1) if found.last_day else None)
    carried = {(each.engineer, each.kind): each.thousandths for each in found.balances}
    # A row for each person who takes part: a file without rows could not say up to when it counts.
    taking_part = [each for each in found.entries if each.served or each.share or each.opening]
    rows = (Balance(each.engineer, each.kind, carried.get((each.engineer, each.kind), 0)) for each in taking_part)
    return LedgerFile(tuple(rows), as_of)


def open_ledger(roster: Roster, opening: NamedLedger, *, as_of: date | None, say: Callable[[str], None]) -> LedgerFile:
    """Return another tool's balances as a ledger file, checked against the roster and adjusted to add up to 0 by kind.

    as_of: the first date whose shifts are not in these balances. Raises FileFaults for a person who is not on the
    roster, and Refused for a file without balances or with another `as_of`.
    """
    written = opening.written
    if not written.balances:
        raise Refused(
            f"{opening.name} has no balances; without any, everyone starts level and no ledger file is needed"
        )
    refuse_unknown_engineers(written, Path(opening.name), [engineer.id for engineer in roster.engineers], roster.team)
    refuse_unknown_kinds(written, Path(opening.name), roster.policy)
    if as_of is not None and written.as_of not in (None, as_of):
        raise Refused(f"{opening.name} says as_of {written.as_of}, and --as-of {as_of}; leave one of them out")
    opened = _with_zeros(written.balances, roster)
    for kind in dict.fromkeys(each.kind for each in opened):
        total = sum(each.thousandths for each in opened if each.kind is kind)
        if total:
            people = len(roster.engineers)
            say(
                f"{kind} balances add up to {total / 1000:+g}, not to 0; "
                f"each of the {people} is changed by {-total / 1000 / people:+.3f}"
            )
    return LedgerFile(zero_sum_balances(roster, opened), as_of or written.as_of)


def _with_zeros(balances: tuple[Balance, ...], roster: Roster) -> tuple[Balance, ...]:
    """Return the balances, with a balance of 0 for each person and kind that the other tool's file leaves out."""
    named = {(each.engineer, each.kind) for each in balances}
    absent = (
        Balance(engineer.id, kind, 0)
        for kind in dict.fromkeys(each.kind for each in balances)
        for engineer in roster.engineers
        if (engineer.id, kind) not in named
    )
    return (*balances, *absent)


def _opening_balances(
    roster: Roster, ledger: NamedLedger | None, say: Callable[[str], None]
) -> tuple[tuple[Balance, ...], date | None]:
    """Return a ledger file's balances, and the first date whose shifts must be added to them (None without a file)."""
    if ledger is None:
        return (), None
    refuse_unknown_kinds(ledger.written, Path(ledger.name), roster.policy)
    everybody = {each.engineer for each in ledger.written.balances}
    gone = sorted(everybody - {engineer.id for engineer in roster.engineers})
    if gone and len(gone) == len(everybody):
        raise Refused(
            f"{ledger.name}: none of {names_of(gone)} is on the roster of team {roster.team}; name this team's ledger"
        )
    if gone:
        say(f"{ledger.name}: {are_not(gone)} on the roster; their balances are spread over the others")
    return zero_sum_balances(roster, ledger.written.balances), ledger.written.as_of


def _doubts(
    roster: Roster,
    record: ServiceRecord,
    found: Ledger,
    ledger: NamedLedger | None,
    since: date | None,
    before: date | None,
) -> list[str]:
    """Return a sentence about each source whose shifts may be counted twice or not at all.

    since: the first date that the ledger file does not count. before: the end of the ledger.
    """
    doubts = _ledger_doubts(roster, record, found, ledger, since) if ledger is not None else []
    unseen = _unseen(roster, record, found)
    if unseen:
        doubts.append(
            f"{names_of(unseen)} had no shift in that time, and no date of joining in the roster or a plan, so has a "
            "full share; write joins: DATE where that is wrong"
        )
    end = before or (found.last_day and found.last_day + timedelta(days=1))
    begin = since or found.first_day
    missing = _missing(roster, record.served, begin, end) if begin and end else []
    if missing:
        one = len(missing) == 1
        shifts = f"1 shift on {missing[0]}" if one else f"{len(missing)} shifts from {missing[0]} to {missing[-1]}"
        doubts.append(
            f"no plan or ledger says who served {shifts}, so {'it counts' if one else 'they count'} for no one"
        )
    return doubts


def _ledger_doubts(
    roster: Roster, record: ServiceRecord, found: Ledger, ledger: NamedLedger, since: date | None
) -> list[str]:
    doubts = []
    if roster.rules.holidays_apart > 1 and not record.served:
        doubts.append(
            f"{ledger.name} does not say who had which holiday: for holidays_apart {roster.rules.holidays_apart} name "
            "the plans of the years before with --history"
        )
    if since is None and found.shifts:
        doubts.append(
            f"{ledger.name} does not say up to when it counts: the {found.shifts} shifts from {found.first_day} to "
            f"{found.last_day} are added to it; if it includes them already, give it a column as_of"
        )
    return doubts


def _unseen(roster: Roster, record: ServiceRecord, found: Ledger) -> list[str]:
    """Return the engineers who have a share but no shift, and whose date of joining is unknown."""
    if all(plan.people is not None for plan in record.plans):
        return []
    owing = {each.engineer for each in found.entries if each.share and not each.opening}
    seen = {each.engineer for each in record.served}
    return [each.id for each in roster.engineers if each.joins is None and each.id in owing - seen]


def _missing(roster: Roster, served: Sequence[ServedPart], begin: date, end: date) -> list[date]:
    """Return the dates in [begin, end) on which shifts start that are in no plan."""
    begin = max(begin, end - LOOKED_BACK)
    if begin >= end:
        return []
    calendar = calendar_of(roster.policy, roster.holidays)
    last = end - timedelta(days=1)
    expected = shifts_between(calendar, first_day=begin, last_day=last, rules=roster.rules)
    windows = sorted({each.seat.window for each in served}, key=lambda window: window.start)
    starts = [window.start for window in windows]
    missing = []
    for shift in expected:
        place = bisect_right(starts, shift.window.start)
        if not place or shift.window.start not in windows[place - 1]:
            missing.append(shift.day)
    return missing
