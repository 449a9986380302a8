"""What stands around a new plan, for the terminal: earlier plans, the published schedule, balances, other teams.

Whatever is taken into account is said on stderr: a plan never depends on something that nobody was told.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.output import tell
from oncall.errors import OncallError, Refused

if TYPE_CHECKING:
    from oncall.rosters.roster import Roster
    from oncall.rotation.problem.context import PlanningContext
    from oncall.rotation.problem.ledger import Ledger, Membership, Served
    from oncall.schedule.plan import Balance, Plan, Seat

HISTORY = typer.Option(
    [], "--history", metavar="PLAN", help="An earlier or later plan that stands: rest and balances go on; repeatable."
)
NO_HISTORY = typer.Option(
    False, "--no-history", help="Leave the published schedule of the local database out of account."
)
LEDGER = typer.Option(None, "--ledger", metavar="FILE", help="Balances to begin with, as `oncall ledger` writes them.")
LOOKED_BACK = timedelta(days=3660)
"""How far before a plan shifts are missed that nobody has written down."""
_LONGEST = timedelta(days=5)
"""No shift lasts longer."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to look for what stands. `use_published`: in the local database, when it has this team's schedule.

    say: takes each sentence about what was found.
    """

    history: Sequence[Path] = ()
    ledger: Path | None = None
    use_published: bool = True
    say: Callable[[str], None] = tell


@dataclass(slots=True)
class Record:
    """What was served by the published schedule and the plans named, in time order, and whom they were made for."""

    served: list[Served] = field(default_factory=list)
    plans: list[Membership] = field(default_factory=list)


def what_stands(
    team: Roster,
    first_day: date,
    last_day: date,
    sources: Sources,
    *,
    balances: Sequence[Balance] | None = None,
    kept_until: date | None = None,
) -> PlanningContext:
    """What a plan of these dates has to respect, each thing said. balances: to make up for whatever was served before.

    kept_until: for a plan that is mended; who covered a shift before that date is to have their rest.

    Raises FileFaults for a file that cannot be read, Refused for one that does not fit the team or the dates.
    """
    from oncall.rotation.problem.context import PlanningContext, busy_elsewhere

    record = record_of(team, sources)
    if balances is None:
        balances = ledger_before(team, record, sources, before=first_day).balances
    if balances:
        people = len({each.engineer for each in balances})
        sources.say(f"taken into account: balances of {people} people from before; see `oncall ledger show`")
    covers = _covers(team, record.served, first_day, kept_until, sources.say) if kept_until is not None else ()
    elsewhere = busy_elsewhere(team)
    for name in team.busy:
        sources.say(f"taken into account: shifts on another team in {name}")
    return PlanningContext(
        _outside(team, record.served, first_day, last_day, sources.say), elsewhere, tuple(balances), covers
    )


def record_of(team: Roster, sources: Sources) -> Record:
    """Who served what by the published schedule and the plans named; where two speak of the same time, the first does.

    Raises FileFaults for a plan that cannot be read, Refused for one of another team.
    """
    from oncall.rotation.problem.ledger import Membership, served_by_plan

    record = _published(team, sources.say) if sources.use_published else Record()
    for path in sources.history:
        plan = read_history(path, team, sources.say)
        new = [each for each in served_by_plan(plan.seats) if not _is_known(each, record.served)]
        days = [seat.window.start.astimezone(team.policy.zone).date() for seat in plan.seats]
        people = frozenset(each.engineer for each in plan.fairness.engineers) if plan.fairness else None
        record.served = sorted([*record.served, *new], key=lambda each: each.seat.window.start)
        record.plans.append(Membership(min(days), max(days), people))
    return record


def _is_known(one: Served, served: Sequence[Served]) -> bool:
    """Whether somebody else's word on that role at that time counts; `served` is in time order."""
    window = one.seat.window
    near = bisect_left(served, window.start - _LONGEST, key=lambda each: each.seat.window.start)
    for other in served[near:]:
        if other.seat.window.start >= window.end:
            return False
        if other.seat.role == one.seat.role and window.start < other.seat.window.end:
            return True
    return False


def read_history(path: Path, team: Roster, say: Callable[[str], None] = tell) -> Plan:
    """A plan of this team from before or after. Raises FileFaults, or Refused for the plan of another team."""
    from oncall.schedule.plan_file import read_plan

    plan = read_plan(path, team=team.team, zone=team.policy.zone)
    if plan.team != team.team:
        raise Refused(f"{path} is a plan of team {plan.team}, and {team.source} is the roster of team {team.team}")
    if not plan.seats:
        raise Refused(f"{path}: the plan has no shift; leave it out")
    strangers = strangers_on(path, plan, team)
    if strangers:
        say(f"{path}: {_names(strangers)} not on the roster of team {team.team}; their shifts are left out of account")
    return plan


def strangers_on(path: Path, plan: Plan, team: Roster) -> list[str]:
    """Whom a plan names and the roster does not. Raises Refused when it is everybody: CSV names no team."""
    people = {seat.engineer for seat in plan.seats}
    strangers = sorted(people - {engineer.id for engineer in team.engineers})
    if len(strangers) == len(people):
        names = _names(strangers)
        raise Refused(f"{path}: nobody of {names} is on the roster of team {team.team}; name a plan of this team")
    return strangers


def seats_around(team: Roster, plan: Plan, sources: Sources) -> tuple[Seat, ...]:
    """The seats of this team before and after a plan that there is already, said on stderr."""
    from oncall.schedule.shifts import shift_of

    days = [shift_of(seat, team.policy.zone).day for seat in plan.seats]
    first, last = plan.first_day or min(days), plan.last_day or max(days)
    return _outside(team, record_of(team, sources).served, first, last, sources.say)


def _names(people: Sequence[str]) -> str:
    return ", ".join(people[:6]) + (f" and {len(people) - 6} more" if len(people) > 6 else "")


def ledger_before(team: Roster, record: Record, sources: Sources, *, before: date | None) -> Ledger:
    """What everybody served before a date (all there is, when None), on top of the ledger file's balances.

    Raises FileFaults for a ledger file that cannot be read, Refused for one that counts beyond that date.
    """
    from oncall.rotation.problem.ledger import joined, ledger_of, newcomers
    from oncall.schedule.shifts import shift_of

    opening, since = _opening_balances(team, sources)
    if since is not None and before is not None and since > before:
        raise Refused(
            f"{sources.ledger} counts shifts up to {since - timedelta(days=1)}, and here only those before {before} "
            f"are to count; export it with --before {before}"
        )
    zone = team.policy.zone
    counted = [each for each in record.served if since is None or shift_of(each.seat, zone).day >= since]
    new = newcomers(team, record.plans)
    for engineer, day in new.items():
        sources.say(f"{engineer} is on no plan before {day} and owes nothing for that time")
    found = ledger_of(joined(team, new), counted, before=before, opening=opening)
    _say_doubts(team, record, found, sources, since, before)
    return found


def _say_doubts(
    team: Roster, record: Record, found: Ledger, sources: Sources, since: date | None, before: date | None
) -> None:
    """What may be counted twice or not at all."""
    if sources.ledger is not None and team.rules.holidays_apart > 1 and not record.served:
        sources.say(
            f"{sources.ledger} does not say who had which holiday: for holidays_apart {team.rules.holidays_apart} name "
            "the plans of the years before with --history"
        )
    if sources.ledger is not None and since is None and found.shifts:
        sources.say(
            f"{sources.ledger} does not say up to when it counts: the {found.shifts} shifts from {found.first_day} to "
            f"{found.last_day} are added to it; give it a column as_of when they are in it already"
        )
    unseen = _unseen(team, record, found)
    if unseen:
        sources.say(
            f"{_names(unseen)} had no shift in all that time, and neither the roster nor a plan says since when they "
            "are there: they owe their share of it; write joins: DATE where that is wrong"
        )
    end = before or (found.last_day and found.last_day + timedelta(days=1))
    begin = since or found.first_day
    missing = _missing(team, record.served, begin, end) if begin and end else []
    if missing:
        number = "1 shift" if len(missing) == 1 else f"{len(missing)} shifts"
        span = str(missing[0]) if missing[0] == missing[-1] else f"{missing[0]} to {missing[-1]}"
        sources.say(f"{number} of {span} in no plan or ledger that was given: whoever served them gets nothing for it")


def _unseen(team: Roster, record: Record, found: Ledger) -> list[str]:
    """Who owes for a time of which nothing shows that they were there."""
    if all(plan.people is not None for plan in record.plans):
        return []
    owing = {each.engineer for each in found.entries if each.share and not each.opening}
    seen = {each.engineer for each in record.served}
    return [each.id for each in team.engineers if each.joins is None and each.id in owing - seen]


def _missing(team: Roster, served: Sequence[Served], begin: date, end: date) -> list[date]:
    """The dates of shifts in that time that no plan has."""
    from oncall.schedule.shifts import shifts_between
    from oncall.support.calendar import calendar_of

    begin = max(begin, end - LOOKED_BACK)
    if begin >= end:
        return []
    calendar = calendar_of(team.policy, team.holidays)
    last = end - timedelta(days=1)
    expected = shifts_between(calendar, first_day=begin, last_day=last, weekend=team.rules.weekend)
    windows = sorted({each.seat.window for each in served}, key=lambda window: window.start)
    starts = [window.start for window in windows]
    missing = []
    for shift in expected:
        place = bisect_right(starts, shift.window.start)
        if not place or shift.window.start not in windows[place - 1]:
            missing.append(shift.day)
    return missing


def _opening_balances(team: Roster, sources: Sources) -> tuple[tuple[Balance, ...], date | None]:
    """The balances of a ledger file, and from which date on shifts are to be added to them."""
    if sources.ledger is None:
        return (), None
    from oncall.rotation.problem.ledger import levelled
    from oncall.rotation.problem.ledger_file import read_ledger

    written = read_ledger(sources.ledger)
    people = {engineer.id for engineer in team.engineers}
    gone = sorted({each.engineer for each in written.balances} - people)
    if gone and len(gone) == len({each.engineer for each in written.balances}):
        names = _names(gone)
        raise Refused(f"{sources.ledger}: nobody of {names} is on the roster of team {team.team}; name its own ledger")
    if gone:
        sources.say(f"{sources.ledger}: {_names(gone)} not on the roster; what they leave is spread over the others")
    return levelled(team, written.balances), written.as_of


def _covers(
    team: Roster, served: Sequence[Served], first_day: date, kept_until: date, say: Callable[[str], None]
) -> tuple[Seat, ...]:
    """The seats of these dates that somebody else served than was planned, for most of the shift."""
    from oncall.rotation.problem.ledger import seats_as_served
    from oncall.schedule.shifts import shift_of

    planned = {(each.seat.window, each.seat.role): each.seat.engineer for each in served}
    zone = team.policy.zone
    covers = [
        (shift_of(seat, zone).day, seat)
        for seat in seats_as_served(served)
        if planned[seat.window, seat.role] != seat.engineer
    ]
    covers = [(day, seat) for day, seat in covers if first_day <= day < kept_until]
    for day, seat in covers:
        say(f"taken into account: {seat.engineer} covered {seat.role} on {day:%a} {day}")
    return tuple(seat for _, seat in covers)


def published_around(team: Roster) -> tuple[Seat, ...]:
    """The seats of the published schedule of this team, with whoever serves most of each; empty when there is none."""
    from oncall.rotation.problem.ledger import seats_as_served

    return seats_as_served(_published(team, tell).served)


def _published(team: Roster, say: Callable[[str], None]) -> Record:
    from oncall import wiring
    from oncall.rotation.problem.ledger import Membership, really_served

    settings = wiring.read_settings()
    if settings.server is not None:
        return Record()
    try:
        schedule = wiring.quick_schedule(settings)
    except OncallError as error:
        say(f"the published schedule cannot be read and is not taken into account: {error}")
        return Record()
    if schedule is None or schedule.latest is None or schedule.latest.team != team.team:
        return Record()
    zone = team.policy.zone
    plans = [
        Membership(
            each.span.start.astimezone(zone).date(),
            max(seat.window.start for seat in each.seats).astimezone(zone).date(),
            frozenset(each.people) or None,
        )
        for each in schedule.publications
        if each.seats
    ]
    return Record(really_served(schedule), plans)


def _outside(
    team: Roster, served: Sequence[Served], first_day: date, last_day: date, say: Callable[[str], None]
) -> tuple[Seat, ...]:
    """The seats on other dates than the plan's."""
    from oncall.rotation.problem.ledger import seats_as_served
    from oncall.schedule.shifts import shift_of

    zone = team.policy.zone
    dated = [(shift_of(seat, zone).day, seat) for seat in seats_as_served(served)]
    before = [day for day, _ in dated if day < first_day]
    after = [day for day, _ in dated if day > last_day]
    for days, where in ((before, "before"), (after, "after")):
        if days:
            say(f"taken into account: shifts that stand {where} the plan, {min(days)} to {max(days)}")
    return tuple(seat for day, seat in dated if not first_day <= day <= last_day)
