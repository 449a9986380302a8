"""`oncall ledger`: what each engineer served beyond their share, and balances from another tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.backends.plan_inputs import HISTORY, LEDGER, NO_HISTORY, sources_of
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.option_values import date_of
from oncall.cli.terminal.output import print_json, print_table, say, tell

if TYPE_CHECKING:
    from oncall.planning.sources.ledger_points import PointsEntry
    from oncall.rosters.roster import Roster
    from oncall.rotation.problem.ledger import Ledger
    from oncall.rotation.problem.ledger_file import LedgerFile
    from oncall.support.windows import WindowKind

ROSTER = typer.Option(..., "--roster", metavar="ROSTER", help="The roster of the team.")
BEFORE = typer.Option(None, "--before", metavar="DATE", help="Count only shifts that start before this date.")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    group = typer.Typer(help="Show, export and import balances of served shifts.", no_args_is_help=True)
    group.command("show")(show)
    group.command("export")(export)
    group.command("open")(open_ledger)
    app.add_typer(group, name="ledger")


def show(
    roster: Path = ROSTER,
    history: list[Path] = HISTORY,
    ledger: Path | None = LEDGER,
    no_history: bool = NO_HISTORY,
    before: str | None = BEFORE,
    json: bool = JSON_OPTION,
) -> None:
    """Show what each engineer served beyond their share.

    Shifts before today count as served, later ones as planned; the balance counts both. Overrides are applied. A
    balance above 0 means that a person served too much: it lowers their share of the next plan. The balances of each
    kind add up to 0.

    Examples: oncall ledger show --roster rosters/itopia-cas.yaml
    · oncall ledger show --roster rosters/itopia-cas.yaml --history q1.csv --ledger balances.csv --json
    """
    from oncall.planning.sources.ledger_points import ledger_points
    from oncall.planning.sources.ledger_work import NOTHING_YET, ledger_for, served_before

    day = _day("--before", before)
    team = _team(roster)
    sources = sources_of(team, history, ledger, use_published=not no_history)
    found = ledger_for(team, sources, before=day, say=tell)
    past = served_before(team, sources, _today(team))
    points = ledger_points(team, sources, found, past)
    if json:
        from oncall.planning.views.ledger_views import ledger_view

        print_json(ledger_view(found, past, points))
    elif not found.entries:
        tell(f"{NOTHING_YET}: everyone starts level.")
    else:
        _print_ledger(found, past, points)


def export(
    file: Path = typer.Argument(..., metavar="FILE", help="The .csv file to write."),
    roster: Path = ROSTER,
    history: list[Path] = HISTORY,
    ledger: Path | None = LEDGER,
    no_history: bool = NO_HISTORY,
    before: str | None = BEFORE,
    json: bool = JSON_OPTION,
) -> None:
    """Write the balances to a file for `generate --ledger`.

    The file also names the date up to which shifts are counted. `generate --ledger` adds only later shifts, so that no
    shift counts twice. Spreadsheets can open the file.

    Example: oncall ledger export balances.csv --roster rosters/itopia-cas.yaml --before 2027-04-05
    """
    from oncall.planning.sources.ledger_work import export_ledger

    day = _day("--before", before)
    team = _team(roster)
    sources = sources_of(team, history, ledger, use_published=not no_history)
    _write(file, export_ledger(team, sources, before=day, say=tell), as_json=json)


def open_ledger(
    file: Path = typer.Argument(
        ..., metavar="FILE", help="The other tool's balances: a CSV file with engineer,kind,balance."
    ),
    roster: Path = ROSTER,
    output: Path = typer.Option(
        ..., "--output", "-o", metavar="FILE", help="The ledger file to write, for `generate --ledger`."
    ),
    as_of: str | None = typer.Option(
        None, "--as-of", metavar="DATE", help="The balances cover all shifts before this date."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Start the ledger with the balances of another tool.

    Checks the balances against the roster, and adjusts them so that each kind adds up to 0.

    Example: oncall ledger open pagertool.csv --roster rosters/itopia-cas.yaml --as-of 2027-01-04 --output balances.csv
    """
    from oncall.planning.sources.context_sources import read_named_ledger
    from oncall.planning.sources.ledger_work import open_ledger

    since = _day("--as-of", as_of)
    opened = open_ledger(_team(roster), read_named_ledger(file), as_of=since, say=tell)
    _write(output, opened, as_json=json)


def _team(roster: Path) -> Roster:
    from oncall.rosters.roster_file import read_roster

    return read_roster(roster)


def _day(option: str, text: str | None) -> date | None:
    return None if text is None else date_of(text, option)


def _write(path: Path, written: LedgerFile, *, as_json: bool) -> None:
    from oncall.rotation.problem.ledger_file import csv_of_ledger
    from oncall.text_files import replace_file

    replace_file(path, csv_of_ledger(written.balances, written.as_of))
    tell(f"written to {path}")
    if as_json:
        from oncall.planning.views.ledger_views import ledger_file_view

        print_json(ledger_file_view(str(path), written))


def _today(roster: Roster) -> date:
    from oncall import wiring

    return wiring.make_clock(wiring.read_settings()).now().astimezone(roster.policy.zone).date()


def _print_ledger(
    found: Ledger, past: Mapping[tuple[str, WindowKind], Fraction], points: Sequence[PointsEntry]
) -> None:
    from oncall.planning.views.ledger_views import served_of

    if found.shifts:
        say(f"{found.shifts} shifts from {found.first_day} to {found.last_day}")
    carried = {(each.engineer, each.kind): each.thousandths for each in found.balances}
    header = ["engineer", "kind", "served", "planned", "share", "opening", "balance"]
    rows = [
        [
            entry.engineer,
            str(entry.kind),
            f"{float(served_of(entry, past)):.3f}",
            f"{float(entry.served - served_of(entry, past)):.3f}",
            f"{float(entry.share):.3f}",
            f"{entry.opening / 1000:+.3f}",
            f"{carried.get((entry.engineer, entry.kind), 0) / 1000:+.3f}",
        ]
        for entry in found.entries
    ]
    rows += [
        [
            each.engineer,
            each.name,
            *(f"{float(number):.3f}" for number in (each.served, each.planned, each.share)),
            *(f"{float(number):+.3f}" for number in (each.opening, each.balance)),
        ]
        for each in points
    ]
    print_table(header, rows, names=2)
