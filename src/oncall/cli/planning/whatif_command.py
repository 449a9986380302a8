"""`oncall whatif`: compares the plan of a roster with the plan of a changed roster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.backends.plan_inputs import (
    HISTORY,
    LEDGER,
    NO_HISTORY,
    RELAX,
    ROSTER,
    SEED,
    relaxations_of,
    search_options,
    sources_of,
    span_of,
)
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.option_values import date_of, seconds_of, weeks_of
from oncall.cli.terminal.output import print_json, print_table, say
from oncall.cli.terminal.search_progress import terminal_watch

if TYPE_CHECKING:
    from oncall.rotation.explain.what_if import ComparedPlan
    from oncall.schedule.plan import Load
    from oncall.support.windows import WindowKind


START = typer.Option(
    ...,
    "--start",
    metavar="DATE",
    callback=lambda text: str(date_of(text)),
    help="The first date, like 2027-01-04.",
)
WEEKS = typer.Option(..., "--weeks", metavar="N", parser=weeks_of, help="How many weeks to plan.")
WITHOUT = typer.Option([], "--without", metavar="ENGINEER", help="An engineer who leaves the team. Repeatable.")
WITH_NEW = typer.Option(
    0, "--with-new", metavar="N", min=0, max=50, help="Add N new people, who take every role and are never away."
)
SETTINGS = typer.Option(
    [], "--set", metavar="KEY=VALUE", help="Change a value of the roster, like rotation.rest_nights=1. Repeatable."
)
TIME_LIMIT = typer.Option(
    None, "--time-limit", metavar="SECONDS", parser=seconds_of, help="The time limit for each of the two plans."
)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("whatif")(whatif)


def whatif(
    roster: Path = ROSTER,
    start: str = START,
    weeks: int = WEEKS,
    without: list[str] = WITHOUT,
    with_new: int = WITH_NEW,
    settings: list[str] = SETTINGS,
    time_limit: float | None = TIME_LIMIT,
    seed: int = SEED,
    relax: list[str] = RELAX,
    history: list[Path] = HISTORY,
    no_history: bool = NO_HISTORY,
    ledger: Path | None = LEDGER,
    json: bool = JSON_OPTION,
) -> None:
    """Compare the plans of a roster and of a changed roster.

    Makes both plans as `oncall generate` does with the same options, and writes nothing. Prints for both plans the load
    of each person, the cost, the proof and the requests that are not met.

    Examples: oncall whatif rosters/itopia-cas.yaml --start 2027-01-04 --weeks 13 --without ana
    --with-new 1
    · oncall whatif rosters/itopia-cas.yaml --start 2027-01-04 --weeks 13 --set rotation.rest_nights=1
    --set engineers.ben.fte=0.5
    """
    from oncall.rosters.roster_file import read_roster

    if not (without or with_new or settings):
        raise typer.BadParameter("name a change: --without, --with-new or --set")
    first, last = span_of(date_of(start), weeks)
    today = read_roster(roster)
    relaxations, options = relaxations_of(relax, today), search_options(seed, time_limit)
    sources = sources_of(today, history, ledger, use_published=not no_history)
    from oncall.planning.plans.compare_rosters import RosterChange, compare_rosters

    change = RosterChange(without, with_new, settings)
    found = compare_rosters(today, change, first, last, sources, relaxations, options=options, watch=terminal_watch())
    if json:
        from oncall.planning.views.comparison_views import comparison_view

        print_json(comparison_view(found))
    else:
        _print_sides(found.today, found.changed)


def _print_sides(today: ComparedPlan, changed: ComparedPlan) -> None:
    pairs = any(one.roster.rules.prefer_together for one in (today, changed))
    facts = (*_FACTS, _TOGETHER) if pairs else _FACTS
    print_table(["", "today", "changed"], [[name, read(today), read(changed)] for name, read in facts])
    for one, name in ((today, "today"), (changed, "changed")):
        if one.refusal is not None:
            say(f"\n{name}: {one.refusal}")
    say("")
    header, *rows = _load_rows(today, changed)
    print_table(header, rows)


def _proof(one: ComparedPlan) -> str:
    if one.plan is None or one.plan.fairness is None:
        return "no plan"
    cost, bound = one.plan.fairness.cost, one.plan.fairness.bound
    return "optimal" if cost == bound else f"none below {bound}"


def _cost(one: ComparedPlan) -> str:
    return "-" if one.plan is None or one.plan.fairness is None else str(one.plan.fairness.cost)


def _requests(one: ComparedPlan) -> str:
    if one.requests is None:
        return "-"
    return f"{one.requests.avoided_taken} of {one.requests.avoided}" if one.requests.avoided else "none asked"


def _together(one: ComparedPlan) -> str:
    if one.requests is None or one.requests.together is None:
        return "-"
    return str(one.requests.together)


_FACTS: tuple[tuple[str, Callable[[ComparedPlan], str]], ...] = (
    ("people", lambda one: str(len(one.roster.engineers))),
    ("shifts", lambda one: str(len(one.shifts))),
    ("fairness cost", _cost),
    ("proof", _proof),
    ("requests broken", _requests),
)
_TOGETHER = ("shifts together", _together)
"""The row for shifts that preferred pairs have together; it is shown if a roster has such a request."""


def _load_rows(today: ComparedPlan, changed: ComparedPlan) -> Iterator[list[str]]:
    """Yield a header, and a row for each person: the shifts and the share of each kind, today and after the change."""
    kinds = list(dict.fromkeys(shift.kind for one in (today, changed) for shift in one.shifts))
    people = dict.fromkeys(engineer.id for one in (today, changed) for engineer in one.roster.engineers)
    yield ["shifts (share)", *map(str, kinds)]
    for person in people:
        yield [person, *(_change(person, kind, today, changed) for kind in kinds)]


def _change(person: str, kind: WindowKind, today: ComparedPlan, changed: ComparedPlan) -> str:
    before, after = today.load(person, kind), changed.load(person, kind)
    return f"{_load(before)} -> {_load(after)}"


def _load(load: Load | None) -> str:
    return "-" if load is None else f"{load.count} ({load.share:.1f})"
