"""The commands that change the status page: incidents and maintenance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from oncall.cli.backends.status_backend import open_status
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import bad_value, parse_time, print_json, tell

if TYPE_CHECKING:
    from oncall.status.status_actions import StatusAction

_ID = typer.Argument(metavar="ID", help="The id of the incident; `oncall status list` shows it.")
_MAINTENANCE = typer.Argument(metavar="ID", help="The id of the maintenance; `oncall status list` shows it.")
_STATES = typer.Option(
    None,
    "--component",
    metavar="ID=STATE",
    help="Set a component to operational, degraded_performance, partial_outage or major_outage. May be repeated.",
)
_COMPONENTS = typer.Option(
    ..., "--component", metavar="ID", help="A component that the maintenance affects. May be repeated."
)
_MESSAGE = typer.Option(None, "--message", metavar="TEXT", help="The text that customers read on the status page.")
_BEGAN_AT = typer.Option(
    None,
    "--at",
    metavar="TIME",
    help="When the incident began; default: now. A time without an offset is in the status page's zone.",
)
_HOLDS_FROM = typer.Option(
    None,
    "--at",
    metavar="TIME",
    help="From when the update holds; default: now. A time without an offset is in the status page's zone.",
)


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    from oncall.cli.status import status_output_commands as output

    status = typer.Typer(
        help="Run the status page: incidents, maintenance, uptime.",
        invoke_without_command=True,
        rich_markup_mode=None,
    )
    status.callback()(output.now)
    status.command("open")(open_incident)
    status.command("update")(update)
    status.command("correct")(correct)
    status.command("publish")(publish)
    status.command("dismiss")(dismiss)
    status.command("maintenance")(maintenance)
    status.command("reschedule")(reschedule)
    status.command("cancel")(cancel)
    status.command("list")(output.list_all)
    status.command("show")(output.show)
    status.command("uptime")(output.uptime)
    status.command("export")(output.export)
    app.add_typer(status, name="status")


def open_incident(
    title: str | None = typer.Argument(None, metavar="[TITLE]", help="The title that customers read."),
    component: list[str] | None = _STATES,
    message: str | None = _MESSAGE,
    at: str | None = _BEGAN_AT,
    ticket: str | None = typer.Option(
        None,
        "--from",
        metavar="TICKET",
        help="The ticket from which the incident is opened. The ticket's text stays private.",
    ),
    template: str | None = typer.Option(
        None, "--template", metavar="NAME", help="Take the title and the message from a template of the status file."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Open an incident on the status page, and print its id.

    Examples: oncall status open "Sign-in is slow" --component portal=degraded_performance
    · oncall status open --from T-1001 --component portal=major_outage --message "We are looking into it."
    · oncall status open --template sign-in --component portal=partial_outage
    """
    from oncall.status.status_actions import OpenIncident

    states = _states_of(component)
    _act(lambda zone: OpenIncident(title, states, message, _time("--at", at, zone), ticket, template), json=json)


def update(
    incident: str = _ID,
    state: str | None = typer.Option(
        None, "--state", metavar="STATE", help="investigating, identified, monitoring, resolved or postmortem."
    ),
    component: list[str] | None = _STATES,
    message: str | None = _MESSAGE,
    at: str | None = _HOLDS_FROM,
    json: bool = JSON_OPTION,
) -> None:
    """Write an update on an incident.

    `--state resolved` sets the components of the incident to operational, unless another open incident gives them a
    worse state.

    Example: oncall status update 3f9ac1d20b7e --state resolved --message "Sign-in works again."
    """
    from oncall.status.status_actions import UpdateIncident

    states = _states_of(component)
    _act(lambda zone: UpdateIncident(incident, state, states, message, _time("--at", at, zone)), json=json)


def correct(
    incident: str = _ID,
    started: str = typer.Option(..., "--started", metavar="TIME", help="When the incident really began."),
    reason: str = typer.Option(..., "--reason", metavar="TEXT", help="How you know this."),
    json: bool = JSON_OPTION,
) -> None:
    """Correct the start of an incident.

    The status page shows both times, and the outage counts from the corrected one.

    Example: oncall status correct 3f9ac1d20b7e --started 2027-03-01T09:40 --reason "first errors in the log"
    """
    from oncall.status.status_actions import CorrectIncident

    _act(lambda zone: CorrectIncident(incident, parse_time("--started", started, zone), reason), json=json)


def publish(
    incident: str = _ID,
    title: str | None = typer.Option(None, "--title", metavar="TEXT", help="The title that customers read."),
    message: str | None = _MESSAGE,
    json: bool = JSON_OPTION,
) -> None:
    """Make a proposed incident public.

    On the status page and in the uptime figures, the incident begins at the start of the outage. Without a title and a
    message, the monitor's words are shown.

    Example: oncall status publish 3f9ac1d20b7e --title "Sign-in fails" --message "A full disk."
    """
    from oncall.status.proposal_actions import PublishProposal

    _act(lambda _: PublishProposal(incident, title, message), json=json)


def dismiss(
    incident: str = _ID,
    reason: str = typer.Option(..., "--reason", metavar="TEXT", help="Why it was not an incident."),
    json: bool = JSON_OPTION,
) -> None:
    """Dismiss a proposed incident.

    It never becomes public.

    Example: oncall status dismiss 3f9ac1d20b7e --reason "the probe had a wrong address"
    """
    from oncall.status.proposal_actions import DismissProposal

    _act(lambda _: DismissProposal(incident, reason), json=json, said="It stays private, and counts for no uptime.")


def maintenance(
    title: str = typer.Argument(metavar="TITLE", help="The title that customers read."),
    component: list[str] = _COMPONENTS,
    start: str = typer.Option(..., "--start", metavar="TIME", help="When it begins. It begins by itself."),
    end: str = typer.Option(..., "--end", metavar="TIME", help="When it ends. It ends by itself."),
    announced: str | None = typer.Option(
        None, "--announced", metavar="TIME", help="When it was announced, if you record it afterwards; default: now."
    ),
    message: str | None = _MESSAGE,
    json: bool = JSON_OPTION,
) -> None:
    """Announce maintenance, and print its id.

    It does not count against the promised uptime if it is announced early enough: 72 hours before, or the time that
    `notice` in the status file says.

    Example: oncall status maintenance "Database upgrade" --component portal --start 2027-03-06T02:00
    --end 2027-03-06T04:00
    """
    from oncall.status.status_actions import AnnounceMaintenance

    def action(zone: ZoneInfo) -> StatusAction:
        times = parse_time("--start", start, zone), parse_time("--end", end, zone)
        return AnnounceMaintenance(title, tuple(component), *times, _time("--announced", announced, zone), message)

    _act(action, json=json)


def reschedule(
    maintenance_id: str = _MAINTENANCE,
    start: str | None = typer.Option(None, "--start", metavar="TIME", help="The new start."),
    end: str | None = typer.Option(None, "--end", metavar="TIME", help="The new end."),
    message: str | None = _MESSAGE,
    json: bool = JSON_OPTION,
) -> None:
    """Change the times of a maintenance.

    Example: oncall status reschedule 8e01b7c4d2aa --end 2027-03-06T05:00 --message "It takes an hour longer."
    """
    from oncall.status.status_actions import RescheduleMaintenance

    def action(zone: ZoneInfo) -> StatusAction:
        return RescheduleMaintenance(maintenance_id, _time("--start", start, zone), _time("--end", end, zone), message)

    _act(action, json=json)


def cancel(maintenance_id: str = _MAINTENANCE, message: str | None = _MESSAGE, json: bool = JSON_OPTION) -> None:
    """Cancel a planned maintenance, or end a running one.

    Example: oncall status cancel 8e01b7c4d2aa --message "Done early."
    """
    from oncall.status.status_actions import CancelMaintenance

    _act(lambda _: CancelMaintenance(maintenance_id, message), json=json)


def _act(
    action: Callable[[ZoneInfo], StatusAction], *, json: bool, said: str = "The status page shows it within 10 seconds."
) -> None:
    """Carry out an action on the status page, and print its id. action: makes the action, given the status page's zone.

    said: a sentence to print after the id.
    """
    with open_status() as page:
        changed = page.act(action(ZoneInfo(page.status()["timezone"])))
    if json:
        print_json(changed)
        return
    typer.echo(changed["id"])
    tell(said)


def _time(option: str, text: str | None, zone: ZoneInfo) -> datetime | None:
    return parse_time(option, text, zone) if text is not None else None


def _states_of(written: Sequence[str] | None) -> dict[str, str]:
    """Parse `--component ID=STATE` options into a state for each component id. Raises BadParameter."""
    states: dict[str, str] = {}
    for text in written or ():
        name, separator, state = text.partition("=")
        if not separator or not name or not state:
            raise bad_value(f'"{text[:60]}" is not a component with a state; write portal=major_outage', "--component")
        if name in states:
            raise bad_value(f"{name[:40]} is named twice", "--component")
        states[name.strip()] = state.strip()
    return states
