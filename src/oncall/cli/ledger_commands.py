"""The ledger in the terminal: what everybody served against their share, and balances from another tool."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from oncall.cli.output import JSON_OPTION, print_json, print_rows, tell
from oncall.cli.planning_context import HISTORY, LEDGER, NO_HISTORY, Sources, ledger_before, record_of
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.rosters.roster import Roster
    from oncall.rotation.problem.ledger import Ledger
    from oncall.schedule.plan import Balance

ROSTER = typer.Option(..., "--roster", help="The roster whose people are counted.")
NOTHING_YET = "Nothing was served yet and no balances are given"
BEFORE = typer.Option(None, "--before", metavar="DATE", help="Only shifts that start before this date.")


def register(app: typer.Typer) -> None:
    """Add these commands to the front door."""
    group = typer.Typer(
        help="What everybody served against their share, and how the next plan makes up for it.", no_args_is_help=True
    )
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
    """Show who served how much of each kind, overrides included, against their share, and what is carried on.

    A balance above 0 is served too much: the next plan's share is lower by it. All balances of a kind add up to 0.

    Examples: oncall ledger show --roster rosters/itopia-cas.yaml
    · oncall ledger show --roster rosters/itopia-cas.yaml --history q1.csv --ledger balances.csv --json
    """
    found = _ledger(_team(roster), history, ledger, not no_history, before)
    if json:
        print_json(_view(found))
        return
    if not found.entries:
        tell(f"{NOTHING_YET}: everybody begins level.")
        return
    if found.shifts:
        typer.echo(f"{found.shifts} shifts from {found.first_day} to {found.last_day}")
    carried = _carried(found.balances)
    header = ["engineer", "kind", "served", "share", "opening", "balance"]
    rows = [
        [
            entry.engineer,
            str(entry.kind),
            f"{float(entry.served):.2f}",
            f"{float(entry.share):.2f}",
            f"{entry.opening / 1000:+.2f}",
            f"{carried.get((entry.engineer, str(entry.kind)), 0) / 1000:+.2f}",
        ]
        for entry in found.entries
    ]
    print_rows([header, *rows])


def export(
    file: Path = typer.Argument(..., help="The .csv file to write."),
    roster: Path = ROSTER,
    history: list[Path] = HISTORY,
    ledger: Path | None = LEDGER,
    no_history: bool = NO_HISTORY,
    before: str | None = BEFORE,
    json: bool = JSON_OPTION,
) -> None:
    """Write the balances as a file that `generate --ledger` and spreadsheets take.

    It says up to which date shifts are counted, so that none is counted twice.

    Example: oncall ledger export balances.csv --roster rosters/itopia-cas.yaml --before 2027-04-05
    """
    from datetime import timedelta

    found = _ledger(_team(roster), history, ledger, not no_history, before)
    as_of = _date("--before", before) or (found.last_day + timedelta(days=1) if found.last_day else None)
    if not found.entries:
        raise Refused(f"{NOTHING_YET}; nothing was written")
    _write(file, _with_zeros(found), as_of, json=json)


def open_ledger(
    file: Path = typer.Argument(..., help="Balances of another tool: a CSV with engineer,kind,balance."),
    roster: Path = ROSTER,
    output: Path = typer.Option(..., "--output", "-o", help="The ledger file to write for `generate --ledger`."),
    as_of: str | None = typer.Option(
        None, "--as-of", metavar="DATE", help="The first date whose shifts are not in these balances."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Open the ledger with balances from another tool: checked against the roster, and brought to add up to 0.

    Example: oncall ledger open pagertool.csv --roster rosters/itopia-cas.yaml --as-of 2027-01-04 --output balances.csv
    """
    from oncall.rotation.problem.ledger import levelled
    from oncall.rotation.problem.ledger_file import read_ledger, refuse_strangers

    team = _team(roster)
    written = read_ledger(file)
    if not written.balances:
        raise Refused(f"{file} has no balances; without any everybody begins level, and no ledger file is needed")
    refuse_strangers(written, file, [engineer.id for engineer in team.engineers], team.team)
    since = _date("--as-of", as_of)
    if since is not None and written.as_of not in (None, since):
        raise Refused(f"{file} says as_of {written.as_of}, and --as-of {since}; leave one of them out")
    opened = _with_everybody(written.balances, team)
    for kind in dict.fromkeys(each.kind for each in opened):
        total = sum(each.thousandths for each in opened if each.kind is kind)
        if total:
            people = len(team.engineers)
            tell(
                f"{kind} balances add up to {total / 1000:+g}, not to 0; "
                f"each of the {people} is changed by {-total / 1000 / people:+.3f}"
            )
    _write(output, levelled(team, opened), since or written.as_of, json=json)


def _with_zeros(found: Ledger) -> tuple[Balance, ...]:
    """The balances with a row for everybody who has a part in them: a file without rows could not say up to when."""
    from oncall.schedule.plan import Balance

    carried = _carried(found.balances)
    part = [each for each in found.entries if each.served or each.share or each.opening]
    return tuple(Balance(each.engineer, each.kind, carried.get((each.engineer, str(each.kind)), 0)) for each in part)


def _with_everybody(balances: tuple[Balance, ...], team: Roster) -> tuple[Balance, ...]:
    """Whoever another tool's file leaves out had a balance of 0 there."""
    from oncall.schedule.plan import Balance

    named = {(each.engineer, each.kind) for each in balances}
    absent = (
        Balance(engineer.id, kind, 0)
        for kind in dict.fromkeys(each.kind for each in balances)
        for engineer in team.engineers
        if (engineer.id, kind) not in named
    )
    return (*balances, *absent)


def _team(roster: Path) -> Roster:
    from oncall.rosters.roster_file import read_roster

    return read_roster(roster)


def _ledger(team: Roster, history: list[Path], ledger: Path | None, published: bool, before: str | None) -> Ledger:
    sources = Sources(history, ledger, published)
    return ledger_before(team, record_of(team, sources), sources, before=_date("--before", before))


def _date(option: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f'"{text}" is not a date; write "2027-01-04"', param_hint=option) from None


def _write(path: Path, balances: tuple[Balance, ...], as_of: date | None, *, json: bool) -> None:
    from oncall.rotation.problem.ledger_file import csv_of_ledger
    from oncall.schedule.plan_file import replace_file

    replace_file(path, csv_of_ledger(balances, as_of))
    tell(f"written to {path}")
    if json:
        rows = [
            {"engineer": each.engineer, "kind": str(each.kind), "balance": each.thousandths / 1000} for each in balances
        ]
        print_json({"file": str(path), "as_of": as_of and as_of.isoformat(), "balances": rows})


def _carried(balances: tuple[Balance, ...]) -> dict[tuple[str, str], int]:
    return {(each.engineer, str(each.kind)): each.thousandths for each in balances}


def _view(found: Ledger) -> dict[str, Any]:
    carried = _carried(found.balances)
    return {
        "shifts": found.shifts,
        "first_day": found.first_day and found.first_day.isoformat(),
        "last_day": found.last_day and found.last_day.isoformat(),
        "entries": [
            {
                "engineer": entry.engineer,
                "kind": str(entry.kind),
                "served": round(float(entry.served), 3),
                "share": round(float(entry.share), 3),
                "opening": entry.opening / 1000,
                "balance": carried.get((entry.engineer, str(entry.kind)), 0) / 1000,
            }
            for entry in found.entries
        ],
    }
