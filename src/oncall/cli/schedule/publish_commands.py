"""The commands that change the schedule: publish a plan, override a shift, cover for an engineer, undo a version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from oncall.cli.backends.plan_inputs import PLAN, PLANS_ROSTER, read_both
from oncall.cli.backends.server import OWN_ID, own_engineer
from oncall.cli.schedule.diff_output import people_lines, policy_lines, print_difference
from oncall.cli.schedule.schedule_changes import CheckedPlan, PublishTerms, ScheduleChanges, open_schedule
from oncall.cli.terminal.action_options import faults_by_option
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.option_values import date_of
from oncall.cli.terminal.output import counted, parse_time, print_json, say, tell
from oncall.errors import Refused
from oncall.support.wording import full_time

if TYPE_CHECKING:
    from oncall.planning.views.diff_view import DryRunView
    from oncall.planning.views.version_views import ChangeView, NewVersionView
    from oncall.rosters.roster import Roster
    from oncall.schedule.schedule_view_types import GapView
    from oncall.wiring import Settings

FORCE = typer.Option(
    False, "--force", help="Make the change even if it breaks rules of the roster. Say why with --reason."
)
BY = typer.Option(
    None,
    "--by",
    metavar="NAME",
    help="The person on the roster who decides this; default: you. Only for the local database.",
)
REASON = typer.Option(..., "--reason", metavar="TEXT", help="The reason, which the history and `oncall who` show.")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("publish")(publish)
    app.command("override")(override)
    app.command("cover")(cover)
    app.command("undo")(undo)


def publish(
    plan: Path = PLAN,
    roster: Path = PLANS_ROSTER,
    reason: str = typer.Option(
        "published", "--reason", metavar="TEXT", help="Why you publish the plan; the history shows it."
    ),
    by: str | None = BY,
    policy_from: str | None = typer.Option(
        None,
        "--policy-from",
        metavar="DATE",
        help=(
            "The first date of the new policy. Default: the first date of the plan (for a repair, its --from date), "
            "or now if that date is past or nothing is published yet."
        ),
    ),
    dry_run: bool = typer.Option(False, "--dry-run", help="Print what would change, and change nothing."),
    json: bool = JSON_OPTION,
) -> None:
    """Publish a plan, with its roster and policy.

    Refuses a plan that breaks a rule. Prints every shift that changes hands, every changed phone number and name,
    every change to the policy, and every gap in cover. Engineers whose shifts change within 48 hours get an SMS.

    Example: oncall publish plan.csv --roster rosters/itopia-cas.yaml --reason "first quarter"
    """
    settings, holds_from = _settings(), date_of(policy_from, "--policy-from") if policy_from is not None else None
    team, named = read_both(plan, roster)
    with open_schedule(settings, by, _people_of(team)) as schedule:
        checked, terms = CheckedPlan(plan, named, team), PublishTerms(reason, holds_from)
        if dry_run:
            _print_dry_run(schedule.difference(checked, terms), team.policy.zone, json=json)
            return
        view = schedule.publish(checked, terms)
    _warn(view["warnings"], view["gaps"], ZoneInfo(view["timezone"]))
    if team.manager is None:
        tell("No manager is on the roster: a page without an answer ends with the secondary.", colour="yellow")
    if json:
        print_json(view)
        return
    shadows = f" and {counted(view['shadow_seats'], 'shadow seat')}" if view["shadow_seats"] else ""
    say(f"Published version {view['version']}: {view['team']}, {counted(view['seats'], 'seat')}{shadows}.")
    _print_changes(view)


def _people_of(team: Roster) -> list[str]:
    """Return the ids of the engineers and the manager of a roster."""
    return [*(each.id for each in team.engineers), *([team.manager.id] if team.manager is not None else [])]


def override(
    engineer: str = typer.Argument(metavar="ENGINEER", help="The id of the engineer to put on call."),
    start: str = typer.Option(
        ...,
        "--from",
        metavar="TIME",
        help="When the override starts, in policy time. A time of day like 19:30 means the next 19:30.",
    ),
    end: str = typer.Option(
        ...,
        "--to",
        metavar="TIME",
        help="When the override ends. A time of day like 07:30 means the first 07:30 after the start.",
    ),
    reason: str = REASON,
    role: str = typer.Option("primary", "--role", metavar="ROLE", help="The role to fill."),
    force: bool = FORCE,
    by: str | None = BY,
    json: bool = JSON_OPTION,
) -> None:
    """Put another engineer on call for a span of time.

    `oncall who` and the pager follow the override at once. Refuses an override that breaks a rule of the roster or
    replaces another change, and names the rule. With --force it makes the override and prints a warning.

    Example: oncall override ben --role primary --from 2027-01-09T00:00 --to 2027-01-09T08:00 --reason "ana is ill"
    """
    _refuse_empty(reason)
    with open_schedule(_settings(), by) as schedule, faults_by_option():
        zone = schedule.zone()
        first = parse_time("--from", start, zone, schedule.now())
        last = parse_time("--to", end, zone, first)
        if last <= first:
            raise Refused(f"--to must be after --from: {end} is not after {start}")
        span = {"from": first.isoformat(), "to": last.isoformat()}
        view = schedule.override({"engineer": engineer, "role": role, **span, "reason": reason, "force": force})
    _show(view, f"{engineer} is {role}", json=json)


def cover(
    engineer: str = typer.Argument(metavar="ENGINEER", help="The id of the engineer who is relieved."),
    start: str | None = typer.Option(
        None,
        "--from",
        metavar="TIME",
        help="When you take over; default: now. A time of day like 19:30 means the next 19:30.",
    ),
    until: str | None = typer.Option(
        None,
        "--until",
        metavar="TIME",
        help="When the cover ends; default: the end of the engineer's running or next shift.",
    ),
    by: str | None = typer.Option(None, "--by", metavar="ENGINEER", help="Who takes over; default: you."),
    reason: str | None = typer.Option(None, "--reason", metavar="TEXT", help="The reason, which the history shows."),
    force: bool = FORCE,
    json: bool = JSON_OPTION,
) -> None:
    """Take over from an engineer, now or for a span of time.

    You are on call in every role that this engineer has, from now to the end of the running shift. If no shift is
    running, you take the next one. The engineer gets an SMS.

    Examples: oncall cover ana · oncall cover ana --until 23:30 · oncall cover ana --from 2027-01-09T19:00 --by ben
    """
    settings = _settings()
    taker = by or own_engineer(settings)
    if taker is None:
        raise Refused(f"who takes over? name an engineer with --by, {OWN_ID}")
    if force and not (reason or "").strip():
        raise Refused("--force needs a reason; say with --reason why the rule may be broken")
    author = None if settings.server is not None or settings.engineer is not None else taker
    with open_schedule(settings, author) as schedule, faults_by_option():
        body: dict[str, object] = {"engineer": engineer, "by": taker, "force": force, **_span(schedule, start, until)}
        view = schedule.cover({**body, "reason": reason} if reason else body)
    _show(view, f"{taker} covers for {engineer}", json=json)


def undo(
    version: int = typer.Argument(metavar="VERSION", min=1, help="The number of the version; see `oncall history`."),
    reason: str = typer.Option(..., "--reason", metavar="TEXT", help="The reason, which the history shows."),
    force: bool = FORCE,
    by: str | None = BY,
    json: bool = JSON_OPTION,
) -> None:
    """Take back a change of the schedule, or a publication.

    From now on the schedule is as if the version did not exist; the past stays as it was. Refuses if later versions
    depend on this one, and prints their numbers.

    Example: oncall undo 7 --reason "ana is well again"
    """
    _refuse_empty(reason)
    with open_schedule(_settings(), by) as schedule, faults_by_option():
        view = schedule.undo(version, {"reason": reason, "force": force})
    _show(view, f"version {version} is taken back", json=json)


def _settings() -> Settings:
    from oncall import wiring

    return wiring.read_settings()


def _refuse_empty(reason: str) -> None:
    if not reason.strip():
        raise Refused("--reason is empty; say why, so that `oncall who` can show it")


def _span(schedule: ScheduleChanges, start: str | None, until: str | None) -> Mapping[str, str]:
    """Return the fields `start` and `end` of a cover as the API takes them. A time that was not given is left out."""
    given = {"from": ("--from", start), "until": ("--until", until)}
    wanted = {name: (option, text) for name, (option, text) in given.items() if text is not None}
    if not wanted:
        return {}
    zone, after, span = schedule.zone(), schedule.now(), {}
    for name, (option, text) in wanted.items():
        after = parse_time(option, text, zone, after)
        span[name] = after.isoformat()
    return span


def _show(view: ChangeView, what: str, *, json: bool) -> None:
    """Print a change that was made. what: a description of the change."""
    zone = ZoneInfo(view["timezone"])
    _warn(view["warnings"], view["gaps"] if view["kind"] == "undo" else (), zone)
    if json:
        print_json(view)
        return
    start, end = (full_time(datetime.fromisoformat(view[edge]), zone) for edge in ("start", "end"))
    say(f"Version {view['version']}: {what} from {start} to {end}.")
    _print_changes(view)


def _warn(warnings: Sequence[str], gaps: Sequence[GapView], zone: ZoneInfo) -> None:
    """Print the rules that a change breaks, and the gaps in cover from now to the end of the published schedule."""
    for sentence in warnings:
        tell(f"WARNING: {sentence}", colour="yellow")
    for gap in gaps:
        start, end = (full_time(datetime.fromisoformat(gap[edge]), zone) for edge in ("start", "end"))
        tell(f"GAP IN THE SCHEDULE: nobody is {gap['role']} from {start} to {end}", colour="red")


def _print_dry_run(view: DryRunView, zone: ZoneInfo, *, json: bool) -> None:
    if json:
        print_json(view)
        return
    print_difference(view, zone)
    _warn((), view["gaps"], zone)
    tell("Nothing was published.")


def _print_changes(view: NewVersionView) -> None:
    """Print who gains and loses how many shifts, the changes of people and of the policy, and who gets an SMS."""
    others = [*people_lines(view), *policy_lines(view, ZoneInfo(view["timezone"]))]
    for change in view["changes"]:
        counts = (("gains", change["gained"]), ("loses", change["lost"]))
        parts = [f"{word} {len(turns)}" for word, turns in counts if turns]
        first = min(datetime.fromisoformat(turn["start"]) for turn in (*change["gained"], *change["lost"]))
        say(f"  {change['engineer']}: {', '.join(parts)} (the first on {first:%Y-%m-%d})")
    if not view["changes"]:
        say("  No shift changes hands." if others else "  Nothing changes.")
    for sentence in others:
        say(f"  {sentence}")
    if view["told"]:
        say(f"  Told by SMS: {', '.join(view['told'])}.")
