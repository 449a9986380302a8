"""Changes of the schedule in the terminal: publish a plan, override a shift."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.diff_command import print_dry_run
from oncall.cli.diff_output import people_lines, policy_lines
from oncall.cli.json_option import JSON_OPTION
from oncall.cli.output import local_settings, parse_time, print_json, say, tell
from oncall.cli.plan_inputs import PLAN, PLANS_ROSTER, published_here, read_both
from oncall.cli.schedule_answers import published_schedule
from oncall.errors import Refused
from oncall.support.wording import full_time

if TYPE_CHECKING:
    from oncall.planning.schedule_version import AppendedVersion, Author
    from oncall.planning.views.diff_view import DiffView
    from oncall.schedule.schedule import Schedule
    from oncall.wiring import Settings

MOST_HOLES = 5
FORCE = typer.Option(False, "--force", help="Break rules of the roster. Say why with --reason.")
BY = typer.Option(None, "--by", metavar="NAME", help="The person who decides this; your user name when absent.")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("publish")(publish)
    app.command("override")(override)


def publish(
    plan: Path = PLAN,
    roster: Path = PLANS_ROSTER,
    reason: str = typer.Option("published", "--reason", metavar="TEXT", help="Why you publish it, for the history."),
    by: str | None = BY,
    dry_run: bool = typer.Option(False, "--dry-run", help="Print what would change, and change nothing."),
    json: bool = JSON_OPTION,
) -> None:
    """Make a plan the schedule, with its roster and policy.

    Refuses a plan that breaks a rule. Prints every shift that changes hands, every changed phone number and name,
    every change to the policy, and every gap in cover.

    Example: oncall publish plan.csv --roster rosters/itopia-cas.yaml --reason "first quarter"
    """
    from oncall import wiring
    from oncall.planning.publish_plan import check_for_publication, publish_plan
    from oncall.planning.schedule_diff import of_version
    from oncall.planning.views.diff_view import diff_view

    settings = local_settings("publish")
    team, named = read_both(plan, roster)
    sound = check_for_publication(named, team, published_here())
    if dry_run:
        print_dry_run(settings, sound, str(plan), json=json)
        return
    author = _author(settings, by, reason)
    with wiring.make_store(settings) as store:
        made = store.write(lambda tx: publish_plan(tx, sound, author))
    _warn_of_holes(made.after, author.at)
    if json:
        from oncall.planning.views.version_views import publication_view

        print_json(publication_view(sound, made))
        return
    say(f"Published version {made.number}: {team.team}, {len(sound.plan.seats)} seats.")
    _print_changes(made, diff_view(of_version(made)))


def override(
    engineer: str = typer.Argument(metavar="ENGINEER", help="The id of the engineer to put on call."),
    start: str = typer.Option(
        ..., "--from", metavar="TIME", help="When the override starts. Policy time without an offset."
    ),
    end: str = typer.Option(..., "--to", metavar="TIME", help="When the override ends."),
    reason: str = typer.Option(..., "--reason", metavar="TEXT", help="Why, for the history and for `oncall who`."),
    role: str = typer.Option("primary", "--role", metavar="ROLE", help="The role to fill."),
    force: bool = FORCE,
    by: str | None = BY,
    json: bool = JSON_OPTION,
) -> None:
    """Put another engineer on call for a span of time.

    `oncall who` and the pager follow the override at once. An override that breaks a rule of the roster, or that
    replaces another change, is refused with the rule's name; --force makes it all the same, with a warning.

    Example: oncall override ben --role primary --from 2027-01-09T00:00 --to 2027-01-09T08:00 --reason "ana is ill"
    """
    from oncall import wiring
    from oncall.planning.change_schedule import ChangeTerms
    from oncall.planning.override_shift import override_shift
    from oncall.planning.schedule_diff import of_version
    from oncall.planning.views.diff_view import diff_view

    settings = local_settings("override")
    if not reason.strip():
        raise Refused("--reason is empty; say why, so that `oncall who` can show it")
    zone = published_schedule(settings).zone
    first, last = parse_time("--from", start, zone), parse_time("--to", end, zone)
    if last <= first:
        raise Refused(f"--to must be after --from: {end} is not after {start}")
    author, terms = _author(settings, by, reason), ChangeTerms(is_forced=force)
    with wiring.make_store(settings) as store:
        made = store.write(
            lambda tx: override_shift(tx, engineer, role, start=first, end=last, author=author, terms=terms)
        )
    for sentence in made.warnings:
        tell(f"WARNING: {sentence}", colour="yellow")
    if json:
        from oncall.planning.views.version_views import change_view

        print_json(change_view(made))
        return
    # The override counts from now on where its span has begun.
    span = f"from {full_time(made.version.span.start, zone)} to {full_time(last, zone)}"
    say(f"Version {made.version.number}: {engineer} is {role} {span}.")
    _print_changes(made.version, diff_view(of_version(made.version)))


def _author(settings: Settings, by: str | None, reason: str) -> Author:
    from oncall import wiring
    from oncall.planning.schedule_version import Author

    return Author(by or wiring.current_user(), wiring.make_clock(settings).now(), reason)


def _warn_of_holes(schedule: Schedule, now: datetime) -> None:
    """Print the gaps in cover from now to the end of the published schedule."""
    from oncall.planning.publish_plan import gaps_from

    zone, found = schedule.calendar.zone, gaps_from(schedule, now)
    for hole in found[:MOST_HOLES]:
        span = f"{full_time(hole.window.start, zone)} to {full_time(hole.window.end, zone)}"
        tell(f"GAP IN THE SCHEDULE: nobody is {hole.role} from {span}", colour="red")
    if len(found) > MOST_HOLES:
        tell(f"... and {len(found) - MOST_HOLES} more gaps", colour="red")
    if schedule.manager is None:
        tell("No manager is on the roster: a page without an answer ends with the secondary.", colour="yellow")


def _print_changes(made: AppendedVersion, found: DiffView) -> None:
    zone = made.after.calendar.zone
    changes, others = made.changes(), [*people_lines(found), *policy_lines(found, zone)]
    for change in changes:
        parts = [f"{word} {len(turns)}" for word, turns in (("gains", change.gained), ("loses", change.lost)) if turns]
        first = min(turn.window.start for turn in (*change.gained, *change.lost))
        say(f"  {change.engineer}: {', '.join(parts)} (the first on {first.astimezone(zone):%Y-%m-%d})")
    if not changes:
        say("  No shift changes hands." if others else "  Nothing changes.")
    for sentence in others:
        say(f"  {sentence}")
