"""Changing the schedule in the terminal: publish a plan, put another person on call."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.output import JSON_OPTION, local_settings, parse_time, print_json, say, tell
from oncall.cli.plan_inputs import published_here, read_both
from oncall.cli.schedule_commands import published_schedule
from oncall.errors import Refused
from oncall.support.wording import full_time

if TYPE_CHECKING:
    from oncall.planning.schedule_version import AppendedVersion, Author
    from oncall.schedule.schedule import Schedule
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
    from oncall import wiring
    from oncall.planning.publish_plan import checked_plan, publish_plan

    settings = local_settings("publish")
    team, named = read_both(plan, roster)
    sound = checked_plan(named, team, published_here())
    author = _author(settings, by, reason)
    with wiring.make_store(settings) as store:
        made = store.write(lambda tx: publish_plan(tx, sound, author))
    _warn_of_holes(made.after, author.at)
    if json:
        from oncall.planning.views.version_views import publication_view

        print_json(publication_view(sound, made))
        return
    say(f"Published version {made.number}: {team.team}, {len(sound.plan.seats)} seats.")
    _print_changes(made)


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
    from oncall.planning.put_on_call import put_on_call

    settings = local_settings("override")
    if not reason.strip():
        raise Refused("--reason: is empty; say why, so that whoever asks is told")
    zone = published_schedule(settings).calendar.zone
    first, last = parse_time("--from", start, zone), parse_time("--to", end, zone)
    if last <= first:
        raise Refused(f"--to must be after --from; {end} is not after {start}")
    author = _author(settings, by, reason)
    with wiring.make_store(settings) as store:
        put_on = store.write(lambda tx: put_on_call(tx, engineer, role, start=first, end=last, author=author))
    for sentence in put_on.warnings:
        tell(f"WATCH OUT: {sentence}", colour="yellow")
    if json:
        from oncall.planning.views.version_views import override_view

        print_json(override_view(put_on))
        return
    span = f"from {full_time(first, zone)} to {full_time(last, zone)}"
    say(f"Version {put_on.version.number}: {engineer} is {role} {span}.")
    _print_changes(put_on.version)


def _author(settings: Settings, by: str | None, reason: str) -> Author:
    from oncall import wiring
    from oncall.planning.schedule_version import Author

    return Author(by or wiring.current_user(), wiring.make_clock(settings).now(), reason)


def _warn_of_holes(schedule: Schedule, now: datetime) -> None:
    """Say where no engineer would be on call, from now to the end of what is published."""
    from oncall.planning.publish_plan import holes_from

    zone, found = schedule.calendar.zone, holes_from(schedule, now)
    for hole in found[:MOST_HOLES]:
        span = f"{full_time(hole.window.start, zone)} to {full_time(hole.window.end, zone)}"
        tell(f"GAP IN THE SCHEDULE: nobody is {hole.role} from {span}", colour="red")
    if len(found) > MOST_HOLES:
        tell(f"... and {len(found) - MOST_HOLES} more gaps", colour="red")
    if schedule.manager is None:
        tell("No manager is on the roster: a page that nobody answers ends with the secondary.", colour="yellow")


def _print_changes(made: AppendedVersion) -> None:
    zone = made.after.calendar.zone
    changes, policy_changes = made.changes(), made.policy_changes()
    for change in changes:
        parts = [f"{word} {len(turns)}" for word, turns in (("gains", change.gained), ("loses", change.lost)) if turns]
        first = min(turn.window.start for turn in (*change.gained, *change.lost))
        say(f"  {change.engineer}: {', '.join(parts)} (the first on {first.astimezone(zone):%Y-%m-%d})")
    if not changes:
        say("  Nobody's shifts change." if policy_changes else "  Nothing changes for anybody.")
    for sentence in policy_changes:
        say(f"  policy: {sentence}")
