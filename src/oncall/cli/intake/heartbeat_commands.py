"""`oncall heartbeat`: jobs that must call regularly; if one does not, a ticket opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import print_json, print_rows, say, tell, time_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from oncall.intake.heartbeat_views import HeartbeatView

NAME = typer.Argument(metavar="NAME", help="The job's name: small letters, digits and dashes.")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    heartbeat = typer.Typer(help="Open a ticket when a job stops calling.", no_args_is_help=True, rich_markup_mode=None)
    heartbeat.command("create")(create)
    heartbeat.command("list")(list_heartbeats)
    heartbeat.command("delete")(delete)
    app.add_typer(heartbeat, name="heartbeat")


def create(
    name: str = NAME,
    every: str = typer.Option(..., "--every", metavar="SPAN", help="How often the job calls, like 10m, 2h or 1d."),
    grace: str = typer.Option("5m", "--grace", metavar="SPAN", help="How late a call may be."),
    customer: str | None = typer.Option(
        None,
        "--customer",
        metavar="NAME",
        help="The customer of the ticket that opens; default: from the routing table.",
    ),
    plan: str | None = typer.Option(None, "--plan", metavar="PLAN", help="The plan of the ticket that opens."),
    impact: str | None = typer.Option(None, "--impact", metavar="LEVEL", help="The impact of the ticket that opens."),
    json: bool = JSON_OPTION,
) -> None:
    """Expect a job to call at regular intervals.

    If the job does not call, a ticket opens; its next call resolves the ticket. The job calls the printed address by
    GET or POST, with a token of role intake: as a bearer token, as a password, or as the last part of the path.

    Example: oncall heartbeat create nightly-backup --every 1d --grace 1h
    """
    from oncall import wiring
    from oncall.cli.backends.intake_backend import open_intake

    given = {"name": name, "every": every, "grace": grace, "customer": customer, "plan": plan, "impact": impact}
    with open_intake(wiring.read_settings()) as intake:
        made = intake.create_heartbeat({field: value for field, value in given.items() if value is not None})
        zone = intake.zone()
    if json:
        print_json(made)
        return
    say(made["url"])
    tell(f"{name} must call it by {time_of(made['due_at'], zone)}, and then every {every}.")


def list_heartbeats(json: bool = JSON_OPTION) -> None:
    """List the jobs that must call.

    Example: oncall heartbeat list
    """
    from oncall import wiring
    from oncall.cli.backends.intake_backend import open_intake

    with open_intake(wiring.read_settings()) as intake:
        found, zone = intake.heartbeats(), intake.zone()
    if json:
        print_json(found)
        return
    if not found["heartbeats"]:
        tell("No job must call; `oncall heartbeat create` makes a heartbeat.")
    rows = [[one["name"], one["state"], *_when(one, zone), one["ticket"] or ""] for one in found["heartbeats"]]
    colours = ["red" if one["state"] == "silent" else "" for one in found["heartbeats"]]
    print_rows(rows, names=2, colours=colours)


def _when(one: HeartbeatView, zone: ZoneInfo) -> list[str]:
    """Return when the job last called and by when it must call again, as two texts in policy time."""
    return [f"last call {time_of(one['last_at'], zone) or 'never'}", f"due {time_of(one['due_at'], zone)}"]


def delete(name: str = NAME, json: bool = JSON_OPTION) -> None:
    """Delete a heartbeat.

    A ticket that was opened because the job did not call stays open.

    Example: oncall heartbeat delete nightly-backup
    """
    from oncall import wiring
    from oncall.cli.backends.intake_backend import open_intake

    with open_intake(wiring.read_settings()) as intake:
        deleted = intake.delete_heartbeat(name)
    if json:
        print_json(deleted)
        return
    say(f"Deleted the heartbeat {name}.")
