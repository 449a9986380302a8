"""What the planning commands take: a roster, a plan, dates, and the sources of the planning context."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.output import tell
from oncall.errors import OncallError, Refused

if TYPE_CHECKING:
    from oncall.planning.context_sources import ContextSources, NamedPlan
    from oncall.planning.watch import SearchOptions
    from oncall.rosters.relaxation import Relaxation
    from oncall.rosters.roster import Roster
    from oncall.schedule.schedule import Schedule

ROSTER = typer.Argument(..., metavar="ROSTER", help="The roster's YAML file.")
PLAN = typer.Argument(..., metavar="PLAN", help="A plan file, .csv or .json.")
PLANS_ROSTER = typer.Option(..., "--roster", help="The roster that the plan is for.")
HISTORY = typer.Option(
    [], "--history", metavar="PLAN", help="An earlier or later plan that stands: rest and balances go on; repeatable."
)
NO_HISTORY = typer.Option(
    False, "--no-history", help="Leave the published schedule of the local database out of account."
)
LEDGER = typer.Option(None, "--ledger", metavar="FILE", help="Balances to begin with, as `oncall ledger` writes them.")


def date_of(text: str, option: str | None = None) -> date:
    """The date that an option names; a callback of typer's needs no `option`. Raises BadParameter."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f'"{text[:40]}" is not a date; write "2027-01-04"', param_hint=option) from None


def span_of(first_day: date, weeks: int) -> tuple[date, date]:
    """First and last date of so many weeks."""
    try:
        return first_day, first_day + timedelta(weeks=weeks, days=-1)
    except OverflowError:
        raise Refused(f"{weeks} weeks from {first_day} lie outside the calendar") from None


def read_both(plan: Path, roster: Path) -> tuple[Roster, NamedPlan]:
    """The roster and its plan. Raises FileFaults."""
    from oncall.planning.context_sources import read_named_plan
    from oncall.rosters.roster_file import read_roster

    team = read_roster(roster)
    return team, read_named_plan(plan, team)


def relaxations_of(ids: Sequence[str], roster: Roster) -> tuple[Relaxation, ...]:
    """The relaxations of `--relax`, each once. Raises Refused for one that is unknown or does not fit the roster."""
    from oncall.rosters.relaxation import relaxation_named
    from oncall.rosters.relaxed_roster import relaxed

    relaxations = tuple(dict.fromkeys(relaxation_named(each) for each in ids))
    relaxed(roster, relaxations)
    return relaxations


def search_options(seed: int, time_limit: float | None) -> SearchOptions:
    """How to search; the time limit in seconds."""
    from oncall.planning.watch import SearchOptions

    return SearchOptions(seed, None if time_limit is None else timedelta(seconds=time_limit))


def sources_of(roster: Roster, history: Sequence[Path], ledger: Path | None, *, use_published: bool) -> ContextSources:
    """The sources of the planning context, read; the published schedule is the local database's. Raises FileFaults."""
    from oncall.planning.context_sources import read_sources

    published = published_here() if use_published else None
    return read_sources(roster, history, ledger, published)


def published_here() -> Schedule | None:
    """The published schedule of the local database; None with ONCALL_SERVER, and, said on stderr, when unreadable."""
    from oncall import wiring

    settings = wiring.read_settings()
    if settings.server is not None:
        return None
    try:
        return wiring.quick_schedule(settings)
    except OncallError as error:
        tell(f"the published schedule cannot be read and is not taken into account: {error}")
        return None
