"""`oncall diff`: what differs between two versions of the schedule, or between one and a plan file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from oncall.cli.diff_output import print_difference
from oncall.cli.json_option import JSON_OPTION
from oncall.cli.output import print_json
from oncall.cli.server import open_server
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.paging.ports.store import Transaction
    from oncall.planning.schedule_diff import Side
    from oncall.planning.views.diff_view import DiffView
    from oncall.wiring import Settings

PUBLISHED = "published"
_PLAN_ENDINGS = (".csv", ".json")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("diff")(diff)


def diff(
    before: str = typer.Argument(metavar="A", help="A version's number, `published`, or a plan file."),
    after: str = typer.Argument(PUBLISHED, metavar="[B]", help="The same; `published` when absent."),
    roster: Path | None = typer.Option(
        None, "--roster", metavar="ROSTER", help="The roster of the plan files; the published people when absent."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Show what differs between two versions of the schedule.

    Lists the shifts that each person gains and loses, people who are new or gone, changed names and phone numbers, and
    changes to the policy with the date from which they hold. A plan file counts as published now.

    Examples: oncall diff 3 · oncall diff 1 2 · oncall diff published plan.csv --roster rosters/itopia-cas.yaml
    """
    from oncall import wiring

    settings = wiring.read_settings()
    view, zone = _difference(settings, before, after, roster)
    if json:
        print_json(view)
    else:
        print_difference(view, zone)


def _difference(settings: Settings, before: str, after: str, roster: Path | None) -> tuple[DiffView, ZoneInfo]:
    server = open_server(settings)
    if server is not None:
        if _is_plan(before) or _is_plan(after):
            raise Refused("a server compares versions; `oncall publish PLAN --dry-run` says what a plan would change")
        return server.difference(before, after), server.zone()
    from oncall import wiring
    from oncall.planning.schedule_diff import difference
    from oncall.planning.views.diff_view import diff_view

    with wiring.make_store(settings) as store:
        sides = store.read(lambda tx: _sides(tx, settings, (before, after), roster))
    return diff_view(difference(*sides)), sides[1].policy.zone


def _sides(tx: Transaction, settings: Settings, names: tuple[str, str], roster: Path | None) -> tuple[Side, Side]:
    """Return both sides. When both are plan files, each counts as published before it starts."""
    from oncall import wiring
    from oncall.planning import schedule_diff
    from oncall.planning.context_sources import NamedPlan, read_named_plan
    from oncall.rosters.roster_file import read_roster
    from oncall.schedule.plan_file import read_plan

    now, are_plans = wiring.make_clock(settings).now(), all(map(_is_plan, names))
    team = read_roster(roster) if roster is not None else None
    published = schedule_diff.version_named(tx, PUBLISHED) if tx.schedule().newest else None

    def side(name: str) -> Side:
        if not _is_plan(name):
            return schedule_diff.version_named(tx, name)
        path = Path(name)
        zone = tx.policy().zone
        named = read_named_plan(path, team) if team is not None else NamedPlan(name, read_plan(path, zone=zone))
        at = schedule_diff.starts_at(named.plan, now) if are_plans else now
        if team is not None:
            return schedule_diff.with_plan(published, named, team, at)
        if published is None:
            raise Refused(f"{name}: name its roster with --roster, because nothing is published")
        return schedule_diff.with_seats(published, named, at)

    return side(names[0]), side(names[1])


def _is_plan(name: str) -> bool:
    return name != PUBLISHED and (Path(name).suffix.lower() in _PLAN_ENDINGS or "/" in name)
