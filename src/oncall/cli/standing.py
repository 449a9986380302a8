"""What stands around a new plan, for the terminal: earlier plans, the published schedule, balances, other teams.

Whatever is taken into account is said on stderr: a plan never depends on something that nobody was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.show import tell
from oncall.errors import OncallError

if TYPE_CHECKING:
    from oncall.rosters.roster import Roster
    from oncall.rotation.given import Given
    from oncall.rotation.ledger import Served
    from oncall.schedule.plan import Balance, Plan, Seat

HISTORY = typer.Option(
    [], "--history", metavar="PLAN", help="An earlier or later plan that stands: rest and balances go on; repeatable."
)
NO_HISTORY = typer.Option(
    False, "--no-history", help="Leave the published schedule of the local database out of account."
)
LEDGER = typer.Option(None, "--ledger", metavar="FILE", help="Balances to begin with, as `oncall ledger` writes them.")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to look for what stands. `use_published`: in the local database, when it has this team's schedule."""

    history: Sequence[Path] = ()
    ledger: Path | None = None
    use_published: bool = True


def what_stands(team: Roster, first_day: date, last_day: date, sources: Sources) -> Given:
    """What a plan of these dates has to respect, said on stderr. Raises FileFaults for a file that cannot be read."""
    from oncall.rotation.given import Given, busy_elsewhere

    served = served_before_and_after(team, sources)
    opening, since = opening_balances(team, sources.ledger)
    balances = _balances(team, served, opening, first_day, since)
    elsewhere = busy_elsewhere(team)
    for name in team.busy:
        tell(f"taken into account: shifts on another team in {name}")
    return Given(_outside(team, served, first_day, last_day), elsewhere, balances)


def served_before_and_after(team: Roster, sources: Sources) -> list[Served]:
    """Who served what by the published schedule and the plans named; where both speak, the schedule does."""
    from oncall.rotation.ledger import served_by_plan
    from oncall.schedule.planfile import read_plan

    served = _published(team) if sources.use_published else []
    known = {(each.seat.window.start, each.seat.role) for each in served}
    for path in sources.history:
        plan = read_plan(path, team=team.team, zone=team.policy.zone)
        new = [e for e in served_by_plan(plan.seats) if (e.seat.window.start, e.seat.role) not in known]
        served += new
        known |= {(each.seat.window.start, each.seat.role) for each in new}
    return sorted(served, key=lambda each: each.seat.window.start)


def seats_around(team: Roster, plan: Plan, sources: Sources) -> tuple[Seat, ...]:
    """The seats of this team before and after a plan that there is already, said on stderr."""
    from oncall.rotation.given import shift_of

    days = [shift_of(seat, team.policy.zone).day for seat in plan.seats]
    first, last = plan.first_day or min(days), plan.last_day or max(days)
    return _outside(team, served_before_and_after(team, sources), first, last)


def opening_balances(team: Roster, ledger: Path | None) -> tuple[tuple[Balance, ...], date | None]:
    """The balances of a ledger file, and from which date on shifts are to be added to them."""
    if ledger is None:
        return (), None
    from oncall.rotation.ledger import levelled
    from oncall.rotation.ledgerfile import read_ledger

    written = read_ledger(ledger)
    people = {engineer.id for engineer in team.engineers}
    gone = sorted({each.engineer for each in written.balances} - people)
    if gone:
        tell(f"{ledger}: {', '.join(gone)} not on the roster; what they leave is spread over the others")
    return levelled(team, written.balances), written.as_of


def published_around(team: Roster) -> tuple[Seat, ...]:
    """The seats of the published schedule of this team, with whoever serves most of each; empty when there is none."""
    from oncall.rotation.ledger import seats_as_served

    return seats_as_served(_published(team))


def _published(team: Roster) -> list[Served]:
    from oncall import wiring
    from oncall.rotation.ledger import really_served

    settings = wiring.read_settings()
    if settings.server is not None:
        return []
    try:
        schedule = wiring.quick_schedule(settings)
    except OncallError as error:
        tell(f"the published schedule cannot be read and is not taken into account: {error}")
        return []
    if schedule is None or schedule.latest is None or schedule.latest.team != team.team:
        return []
    return really_served(schedule)


def _outside(team: Roster, served: Sequence[Served], first_day: date, last_day: date) -> tuple[Seat, ...]:
    """The seats on other dates than the plan's."""
    from oncall.rotation.given import shift_of
    from oncall.rotation.ledger import seats_as_served

    zone = team.policy.zone
    dated = [(shift_of(seat, zone).day, seat) for seat in seats_as_served(served)]
    before = [day for day, _ in dated if day < first_day]
    after = [day for day, _ in dated if day > last_day]
    for days, where in ((before, "before"), (after, "after")):
        if days:
            tell(f"taken into account: shifts that stand {where} the plan, {min(days)} to {max(days)}")
    return tuple(seat for day, seat in dated if not first_day <= day <= last_day)


def _balances(
    team: Roster, served: Sequence[Served], opening: tuple[Balance, ...], first_day: date, since: date | None
) -> tuple[Balance, ...]:
    from oncall.rotation.given import shift_of
    from oncall.rotation.ledger import ledger_of

    zone = team.policy.zone
    counted = [each for each in served if since is None or shift_of(each.seat, zone).day >= since]
    balances = ledger_of(team, counted, before=first_day, opening=opening).balances
    if balances:
        people = len({each.engineer for each in balances})
        tell(f"taken into account: balances of {people} people from before; see `oncall ledger show`")
    return balances
