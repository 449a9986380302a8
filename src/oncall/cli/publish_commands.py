"""Changing the schedule in the terminal: publish a plan, put somebody else on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from oncall.cli.output import JSON_OPTION, local_settings, parse_time, print_json, tell
from oncall.cli.schedule_commands import published_schedule
from oncall.errors import Refused
from oncall.support.wording import full_time

if TYPE_CHECKING:
    from oncall.paging.ports.records import NewVersion
    from oncall.rosters.roster import Roster
    from oncall.schedule.changes import Change
    from oncall.schedule.plan import Plan
    from oncall.schedule.schedule import Schedule
    from oncall.support.policy import Policy
    from oncall.wiring import Settings

MOST_HOLES = 5


def register(app: typer.Typer) -> None:
    """Add these commands to the front door."""
    app.command("publish")(publish)
    app.command("override")(override)


def publish(
    plan: Path = typer.Argument(help="The plan, .csv or .json."),
    roster: Path = typer.Option(..., "--roster", help="The roster it was made from."),
    reason: str = typer.Option("published", "--reason", help="Why, for the log."),
    by: str | None = typer.Option(None, "--by", help="Who publishes; your user name when absent."),
    json: bool = JSON_OPTION,
) -> None:
    """Make a plan the schedule, with the roster and policy it came from. Prints what changes for whom, and what
    of the promise.

    Example: oncall publish plan.csv --roster rosters/itopia-cas.yaml --reason "first quarter"
    """
    from oncall.rosters.roster_file import read_roster
    from oncall.schedule.document import publication_document

    settings = local_settings("publish")
    team = read_roster(roster)
    sound = _sound_plan(plan, team)
    sources = {"roster": roster.read_text(encoding="utf-8"), **_policy_sources(team)}
    version = _new_version(settings, "publish", by, reason, publication_document(sound, team), sources)
    made = _append(settings, version, lambda schedule: _refuse_other_team(schedule, team.team))
    _warn_of_holes(made.after, version.at)
    if json:
        shift_count = len({seat.window for seat in sound.seats})
        print_json(
            {
                "version": made.number,
                "team": team.team,
                "shifts": shift_count,
                "seats": len(sound.seats),
                "changes": made.changes,
                "policy_changes": made.policy_changes,
            }
        )
        return
    typer.echo(f"Published version {made.number}: {team.team}, {len(sound.seats)} seats.")
    _print_changes(made)


def _sound_plan(path: Path, roster: Roster) -> Plan:
    """The plan, once the independent checker found nothing, at the seam with what is published neither.

    Raises Refused with everything it found.
    """
    from oncall.cli.planning_context import published_around
    from oncall.rotation.check.checker import check_plan
    from oncall.rotation.problem.context import busy_elsewhere
    from oncall.schedule.plan_file import read_plan

    plan = read_plan(path, team=roster.team, zone=roster.zone)
    if plan.team != roster.team:
        raise Refused(f"{path} is a plan of {plan.team}, and {roster.source} is the roster of {roster.team}")
    violations = check_plan(plan, roster, history=published_around(roster), elsewhere=busy_elsewhere(roster))
    if violations:
        found = "\n".join(f"  {violation}" for violation in violations)
        raise Refused(f"{path} does not keep the rules of {roster.source}; nothing was published\n{found}")
    return plan


def _policy_sources(roster: Roster) -> dict[str, str]:
    """The text of the policy that the roster promises, so that what was published stays what it was."""
    from oncall.support.policy_file import PACKAGED_NAME, packaged_policy_text

    source = roster.policy.source
    text = packaged_policy_text() if source == PACKAGED_NAME else Path(source).read_text(encoding="utf-8")
    sources = {"policy": text, "policy_source": source, "policy_zone": roster.policy.zone.key}
    if roster.policy.customers_file is not None:
        beside = Path(source).parent / roster.policy.customers_file
        sources["customers"] = beside.read_text(encoding="utf-8")
    return sources


def override(
    engineer: str = typer.Argument(help="Who is on instead."),
    start: str = typer.Option(..., "--from", help="From when; policy time unless it has an offset."),
    end: str = typer.Option(..., "--to", help="Until when."),
    reason: str = typer.Option(..., "--reason", help="Why, for the log and for who asks."),
    role: str = typer.Option("primary", "--role", help="Which role."),
    by: str | None = typer.Option(None, "--by", help="Who decides; your user name when absent."),
    json: bool = JSON_OPTION,
) -> None:
    """Put another person on call for a span. `who` and the pager follow it at once.

    What the published roster has against them then (a day off, not joined yet, another role) is said, no obstacle.

    Example: oncall override ben --role primary --from 2027-01-09T00:00 --to 2027-01-09T08:00 --reason "ana is ill"
    """
    from oncall import wiring
    from oncall.schedule.changes import check_override, objections
    from oncall.schedule.document import override_document
    from oncall.support.windows import Window

    settings = local_settings("override")
    if not reason.strip():
        raise Refused("--reason: is empty; say why, so that whoever asks is told")
    zone = published_schedule(settings).calendar.zone
    first, last = parse_time("--from", start, zone), parse_time("--to", end, zone)
    if last <= first:
        raise Refused(f"--to must be after --from; {end} is not after {start}")
    now = wiring.make_clock(settings).now().replace(microsecond=0)
    window = Window(max(first, now) if last > now else first, last)
    version = _new_version(settings, "override", by, reason, override_document(window, role, engineer), {})
    made = _append(settings, version, lambda schedule: check_override(schedule, window, role, engineer, now))
    against = objections(made.after, window, role, engineer)
    for sentence in against:
        tell(f"WATCH OUT: {sentence}", colour="yellow")
    if json:
        print_json({"version": made.number, "changes": made.changes, "warnings": against})
        return
    typer.echo(f"Version {made.number}: {engineer} is {role} from {full_time(first, zone)} to {full_time(last, zone)}.")
    _print_changes(made)


def _refuse_other_team(schedule: Schedule, team: str) -> None:
    if schedule.latest is not None and schedule.latest.team != team:
        raise Refused(
            f"this database holds the schedule of {schedule.latest.team}, and the plan is of {team}; "
            "give each team a database of its own (ONCALL_DATABASE_URL)"
        )


def _new_version(
    settings: Settings, kind: str, by: str | None, reason: str, document: dict[str, Any], sources: dict[str, str]
) -> NewVersion:
    from oncall import wiring
    from oncall.paging.ports.records import NewVersion

    at = wiring.make_clock(settings).now()
    return NewVersion(at, kind, by or wiring.current_user(), reason.strip(), document, sources)


@dataclass(frozen=True, slots=True)
class _Appended:
    """A new version and what it changes from now on: whose shifts, and of the promise (a sentence each)."""

    number: int
    changes: list[dict[str, Any]]
    policy_changes: list[str]
    after: Schedule


def _append(settings: Settings, version: NewVersion, check: Any) -> _Appended:
    """Append a version after `check` let it pass."""
    from oncall import wiring
    from oncall.paging.ports.store import Transaction
    from oncall.schedule.changes import what_changes
    from oncall.schedule.document import window_of

    def work(tx: Transaction) -> tuple[int, Schedule, Schedule, list[str]]:
        before, promised = tx.schedule(), tx.policy()
        check(before)
        number = tx.add_version(version)
        # Before the first publication nobody was promised anything.
        changed = _policy_changes(promised, tx.policy()) if before.publications else []
        return number, before, tx.schedule(), changed

    with wiring.make_store(settings) as store:
        number, before, after, changed = store.write(work)
    span = window_of(version.document)
    views = _change_views(what_changes(before, after, span.start, span.end), after)
    return _Appended(number, views, changed, after)


def _policy_changes(before: Policy, after: Policy) -> list[str]:
    if before == after:
        return []
    from oncall.support.policy_table import changes

    return changes(before, after)


def _change_views(changes: Sequence[Change], schedule: Schedule) -> list[dict[str, Any]]:
    from oncall.schedule.schedule_views import turn_view

    zone = schedule.calendar.zone
    return [
        {
            "engineer": change.engineer,
            "gained": [turn_view(turn, zone) for turn in change.gained],
            "lost": [turn_view(turn, zone) for turn in change.lost],
        }
        for change in changes
    ]


def _warn_of_holes(schedule: Schedule, now: datetime) -> None:
    """Say where, from now to the end of what is published, nobody would be on call."""
    from oncall.schedule.gaps import holes

    zone, end = schedule.calendar.zone, max(publication.span.end for publication in schedule.publications)
    start = max(now, min(publication.span.start for publication in schedule.publications))
    found = list(holes(schedule, start, end)) if start < end else []
    for hole in found[:MOST_HOLES]:
        span = f"{full_time(hole.window.start, zone)} to {full_time(hole.window.end, zone)}"
        tell(f"GAP IN THE SCHEDULE: nobody is {hole.role} from {span}", colour="red")
    if len(found) > MOST_HOLES:
        tell(f"... and {len(found) - MOST_HOLES} more gaps", colour="red")
    if schedule.manager is None:
        tell("No manager is on the roster: a page that nobody answers ends with the secondary.", colour="yellow")


def _print_changes(made: _Appended) -> None:
    for change in made.changes:
        parts = [f"{word} {len(change[key])}" for key, word in (("gained", "gains"), ("lost", "loses")) if change[key]]
        first = min((turn["start"] for key in ("gained", "lost") for turn in change[key]), default=None)
        typer.echo(f"  {change['engineer']}: {', '.join(parts)} (the first on {first[:10] if first else '-'})")
    if not made.changes:
        typer.echo("  Nobody's shifts change." if made.policy_changes else "  Nothing changes for anybody.")
    for sentence in made.policy_changes:
        typer.echo(f"  policy: {sentence}")
