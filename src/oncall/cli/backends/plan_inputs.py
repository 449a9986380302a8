"""Reads what the planning commands need: a roster, a plan, dates, and the sources of the planning context."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.backends.server import open_server
from oncall.cli.terminal.option_values import seed_of
from oncall.cli.terminal.output import tell
from oncall.errors import OncallError, Refused

if TYPE_CHECKING:
    from oncall.planning.sources.context_sources import ContextSources, NamedPlan
    from oncall.planning.sources.watch import SearchOptions
    from oncall.rosters.relaxation import Relaxation
    from oncall.rosters.roster import Roster
    from oncall.schedule.schedule import Schedule

ROSTER = typer.Argument(..., metavar="ROSTER", help="The roster, a YAML file.")
PLAN = typer.Argument(..., metavar="PLAN", help="The plan, a .csv or .json file.")
PLANS_ROSTER = typer.Option(..., "--roster", metavar="ROSTER", help="The roster of the plan.")
HISTORY = typer.Option(
    [],
    "--history",
    metavar="PLAN",
    help="A plan of other dates: its shifts count for rest and balances. Repeatable.",
)
NO_HISTORY = typer.Option(False, "--no-history", help="Ignore the published schedule.")
LEDGER = typer.Option(
    None, "--ledger", metavar="FILE", help="Start with the balances in this file, which `oncall ledger export` wrote."
)


SEED = typer.Option(
    0, "--seed", metavar="N", parser=seed_of, help="A different seed may give a different, equally fair plan."
)
RELAX = typer.Option(
    [],
    "--relax",
    metavar="ID",
    help="Allow this relaxation; `generate` prints the ids when no plan is possible. Repeatable.",
)


def span_of(first_day: date, weeks: int) -> tuple[date, date]:
    """Return the first and the last date of so many weeks."""
    try:
        return first_day, first_day + timedelta(weeks=weeks, days=-1)
    except OverflowError:
        raise Refused(f"{weeks} weeks from {first_day} lie outside the calendar") from None


def read_both(plan: Path, roster: Path) -> tuple[Roster, NamedPlan]:
    """Read a roster, and a plan that was made for it. Raises FileFaults."""
    from oncall.planning.sources.context_sources import read_named_plan
    from oncall.rosters.roster_file import read_roster

    team = read_roster(roster)
    return team, read_named_plan(plan, team)


def relaxations_of(ids: Sequence[str], roster: Roster) -> tuple[Relaxation, ...]:
    """Return the relaxations with these ids, without duplicates.

    Raises Refused for one that does not fit the roster.
    """
    from oncall.rosters.relaxation import relaxation_named
    from oncall.rosters.relaxed_roster import relaxed

    relaxations = tuple(dict.fromkeys(relaxation_named(each) for each in ids))
    relaxed(roster, relaxations)
    return relaxations


def search_options(seed: int, time_limit: float | None) -> SearchOptions:
    """Return the options of a search. time_limit: in seconds; None: search until the proof."""
    from oncall.planning.sources.watch import SearchOptions

    return SearchOptions(seed, None if time_limit is None else timedelta(seconds=time_limit))


def sources_of(roster: Roster, history: Sequence[Path], ledger: Path | None, *, use_published: bool) -> ContextSources:
    """Read the sources of the planning context, with the schedule of the local database. Raises FileFaults."""
    from oncall.planning.sources.context_sources import read_sources

    published = published_here() if use_published else None
    return read_sources(roster, history, ledger, published)


def published_here() -> Schedule | None:
    """Return the schedule that the local database or the server has published; None if there is none.

    If the local database cannot be read, says so on stderr and returns None. If the server cannot be read, raises the
    error, because a plan without any history would be unfair.
    """
    from oncall import wiring

    settings = wiring.read_settings()
    server = open_server(settings)
    if server is not None:
        return server.published_schedule()
    try:
        published = wiring.quick_schedule(settings)
        return published.whole() if published is not None else None
    except OncallError as error:
        tell(f"the published schedule cannot be read and is ignored: {error}")
        return None
