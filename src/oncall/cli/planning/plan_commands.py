"""`oncall plan status`: the fairness and the risks of the published plan."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import counted, print_json, print_table, say, time_of
from oncall.support.wording import full_time

if TYPE_CHECKING:
    from oncall.planning.views.status_views import PlanStatusView

MOST_DAYS = 800


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    group = typer.Typer(
        help="Show the fairness and the risks of the published plan.", no_args_is_help=True, rich_markup_mode=None
    )
    group.callback()(_group)
    group.command("status")(status)
    app.add_typer(group, name="plan")


def _group() -> None:
    """Show the status of the published plan."""


def status(
    days: int = typer.Option(90, "--days", metavar="N", min=1, max=MOST_DAYS, help="Look N days ahead."),
    json: bool = JSON_OPTION,
) -> None:
    """Show each engineer's load so far, and the risks ahead.

    Loads include swaps and other changes. Risks are gaps in the schedule, and seats that no other engineer may take.
    Also lists, for the last 28 days, engineers who were paged after midnight less than 11 hours before their next
    shift.

    Example: oncall plan status --days 30
    """
    from oncall import wiring
    from oncall.cli.backends.backend import open_backend

    with open_backend(wiring.read_settings()) as backend:
        view = backend.plan_status(days)
    if json:
        print_json(view)
        return
    zone = ZoneInfo(view["timezone"])
    ends = time_of(view["schedule_ends"], zone)
    say(f"{view['team']}, as of {time_of(view['as_of'], zone)}: the schedule ends {ends}.")
    _print_shares(view)
    _print_holes(view, zone)
    _print_broken_rest(view, zone)
    _print_nobody_left(view, zone)


def _print_shares(view: PlanStatusView) -> None:
    changes = view["changes"]
    say(f"\nShares so far, all roles together; {counted(changes, 'change')} of single shifts counted:")
    if not view["shares"]:
        say("No shift has begun before today.")
        return
    kinds = list(dict.fromkeys(each["kind"] for each in view["shares"]))
    by_seat = {(each["engineer"], each["kind"]): each for each in view["shares"]}
    people = dict.fromkeys(each["engineer"] for each in view["shares"])
    rows = []
    for person in people:
        own = [by_seat[person, kind] for kind in kinds]
        cells = [f"{each['served']:.3f} of {each['share']:.3f}" for each in own]
        moved = [sum(each["taken"] for each in own), sum(each["given"] for each in own)]
        over = sum(each["over"] for each in own)
        rows.append([person, *cells, f"{over:+.3f}", *(f"{part:.3f}" if part else "-" for part in moved)])
    print_table(["engineer", *kinds, "over", "taken", "given"], rows)


def _print_holes(view: PlanStatusView, zone: ZoneInfo) -> None:
    if not view["holes"]:
        say(f"\n{_no_gap(view, zone)}")
        return
    say("\nGaps: nobody has the role. Publish a plan, or use `oncall override`:")
    rows = [[time_of(each["start"], zone), time_of(each["end"], zone), each["role"]] for each in view["holes"]]
    print_table(["from", "to", "role"], rows, names=2)


def _no_gap(view: PlanStatusView, zone: ZoneInfo) -> str:
    """Return the sentence for a schedule without a gap.

    If the schedule ends within these days, the sentence says when.
    """
    ends, as_of = (datetime.fromisoformat(view[key]) for key in ("schedule_ends", "as_of"))
    if ends > as_of + timedelta(days=view["days"]):
        return f"No gap in the next {view['days']} days of the schedule."
    return f"No gap until the schedule ends. No plan is published from {full_time(ends, zone)} on."


def _print_broken_rest(view: PlanStatusView, zone: ZoneInfo) -> None:
    if not view["broken_rest"]:
        say("No rest was broken by pages in the last 28 days.")
        return
    say("\nRest broken by pages after midnight, less than 11 h before the next shift:")
    rows = [
        [
            each["engineer"],
            time_of(each["paged_at"], zone),
            each["ticket"],
            time_of(each["shift"], zone),
            f"{each['rest_seconds'] / 3600:.1f} h",
        ]
        for each in view["broken_rest"]
    ]
    print_table(["engineer", "paged", "ticket", "next shift", "rest"], rows, names=2)


def _print_nobody_left(view: PlanStatusView, zone: ZoneInfo) -> None:
    if not view["nobody_left"]:
        say("For every seat to come there is another engineer to ask.")
        return
    say("\nNobody left to ask: no other engineer may take these seats. The others are:")
    by_shift: dict[tuple[str, str], list[str]] = {}
    for each in view["nobody_left"]:
        by_shift.setdefault((each["start"], each["why"]), []).append(f"{each['role']} {each['engineer']}")
    rows = [[time_of(start, zone), ", ".join(seats), why] for (start, why), seats in by_shift.items()]
    print_table(["shift", "seats", "the others"], rows, names=2)
