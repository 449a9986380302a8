"""`oncall diff`: the difference between two versions of the schedule, or between a version and a plan file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from oncall.cli.backends.plan_inputs import read_both
from oncall.cli.backends.server import open_server
from oncall.cli.schedule.diff_output import print_difference
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import print_json
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.cli.backends.remote_backend import RemoteBackend
    from oncall.paging.ports.store import Transaction
    from oncall.planning.published.schedule_diff import Side
    from oncall.planning.views.diff_view import DiffView
    from oncall.schedule.plan import Plan
    from oncall.schedule.schedule import Schedule
    from oncall.wiring import Settings

PUBLISHED = "published"
_PLAN_ENDINGS = (".csv", ".json")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("diff")(diff)


def diff(
    before: str = typer.Argument(metavar="A", help="A version's number, `published`, or a plan file."),
    after: str = typer.Argument(
        PUBLISHED, metavar="[B]", help="The other version or plan file, given in the same way as A."
    ),
    roster: Path | None = typer.Option(
        None, "--roster", metavar="ROSTER", help="The roster of the plan files; default: the published roster."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Show what differs between two versions of the schedule.

    Lists the shifts that each person gains and loses, people who were added or removed, changed names and phone
    numbers, and changes to the policy with their first date. A plan file is compared as if it were published now.

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
    from oncall import wiring
    from oncall.planning.published import schedule_diff
    from oncall.planning.views.diff_view import diff_view

    server, now = open_server(settings), wiring.make_clock(settings).now()
    if server is not None:
        return _server_difference(server, (before, after), roster)

    def sides(tx: Transaction) -> tuple[Side, Side]:
        published = schedule_diff.version_named(tx, PUBLISHED) if tx.schedule().newest else None
        side = _Sides((before, after), roster, now, published, lambda name: schedule_diff.version_named(tx, name))
        return side.both()

    with wiring.make_store(settings) as store:
        found = store.read(sides)
    return diff_view(schedule_diff.difference(*found)), found[1].policy.zone


def _server_difference(server: RemoteBackend, names: tuple[str, str], roster: Path | None) -> tuple[DiffView, ZoneInfo]:
    """Return the difference as the server computes it, because only the server knows the phone numbers.

    names: the two sides. The second value is the policy's zone.
    """
    from oncall.cli.schedule.schedule_changes import CheckedPlan, PublishTerms, RemoteSchedule
    from oncall.planning.published import schedule_diff
    from oncall.planning.views.diff_view import diff_view

    if not any(map(_is_plan, names)):
        return server.difference(*names), server.zone()
    if names[0] == PUBLISHED and roster is not None:
        team, named = read_both(Path(names[1]), roster)
        checked = CheckedPlan(Path(names[1]), named, team)
        return RemoteSchedule(server).difference(checked, PublishTerms(PUBLISHED)), team.policy.zone
    if roster is not None and not all(map(_is_plan, names)):
        raise Refused(f"with a server and --roster, write `oncall diff {PUBLISHED} PLAN --roster ROSTER`")
    # A plan is compared with the published people and policy; the server knows how those differ between versions.
    before, after = (PUBLISHED if _is_plan(name) else name for name in names)
    known = server.difference(before, after) if before != after else None
    side = _Sides(names, roster, server.now(), _server_side(server), lambda name: _server_version(server, name))
    found = side.both()
    view, zone = diff_view(schedule_diff.difference(*found)), found[1].policy.zone
    if known is not None:
        view = {**known, "from": view["from"], "to": view["to"], "changes": view["changes"]}
    return view, zone


def _server_side(server: RemoteBackend) -> Side | None:
    """Return the server's published schedule as one side; None if nothing is published."""
    schedule = server.published_schedule()
    return _side_of(server, schedule) if schedule is not None else None


def _server_version(server: RemoteBackend, name: str) -> Side:
    """Return an earlier version of the server's schedule as one side, with the present policy."""
    schedule = server.published_schedule(int(name))
    if schedule is None:
        raise Refused(f"version {name} took back the only plan, so there is nothing to compare with")
    return _side_of(server, schedule)


def _side_of(server: RemoteBackend, schedule: Schedule) -> Side:
    from oncall.paging.clocks.policy_in_force import policy_of_view
    from oncall.planning.published.schedule_diff import Side

    return Side(f"version {schedule.newest}", schedule.newest, schedule, policy_of_view(server.policy()))


@dataclass(frozen=True, slots=True)
class _Sides:
    """Finds the two sides of a comparison by their names.

    Two plan files are compared as if each were published beforehand.
    published: the newest version; None if nothing is published. version_named: returns an earlier version.
    """

    names: tuple[str, str]
    roster: Path | None
    now: datetime
    published: Side | None
    version_named: Callable[[str], Side]

    def both(self) -> tuple[Side, Side]:
        """Return both sides, in the order of their names. Raises NotFound, Refused and FileFaults."""
        return self._side(self.names[0]), self._side(self.names[1])

    def _side(self, name: str) -> Side:
        from oncall.planning.published import schedule_diff
        from oncall.planning.sources.context_sources import NamedPlan
        from oncall.schedule.plan_file import read_plan

        if not _is_plan(name):
            if name == PUBLISHED and self.published is not None:
                return self.published
            return self.version_named(name)
        if self.roster is not None:
            team, named = read_both(Path(name), self.roster)
            return schedule_diff.with_plan(self.published, named, team, self._published_at(named.plan))
        if self.published is None:
            raise Refused(f"{name}: name its roster with --roster, because nothing is published")
        plan = read_plan(Path(name), zone=self.published.policy.zone)
        return schedule_diff.with_seats(self.published, NamedPlan(name, plan), self._published_at(plan))

    def _published_at(self, plan: Plan) -> datetime:
        from oncall.planning.published.schedule_diff import starts_at

        return starts_at(plan, self.now) if all(map(_is_plan, self.names)) else self.now


def _is_plan(name: str) -> bool:
    return name != PUBLISHED and (Path(name).suffix.lower() in _PLAN_ENDINGS or "/" in name)
