"""Prints the present state of the status page, its incidents and its uptime, and writes the status page as files."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from oncall.cli.backends.status_backend import LocalStatus, open_status
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.option_values import length_of
from oncall.cli.terminal.output import bad_value, counted, parse_time, print_json, print_table, say, tell
from oncall.cli.terminal.repeated_work import repeat
from oncall.errors import NotFound, Refused
from oncall.support.wording import ago, full_time

if TYPE_CHECKING:
    from oncall.status.status_views import (
        IncidentView,
        MaintenanceView,
        ProposalView,
        StatusView,
        UptimeFigures,
        UptimeView,
    )

_LEAST_EVERY, _MOST_EVERY = timedelta(seconds=5), timedelta(days=1)
_COLOURS = {"major_outage": "red", "partial_outage": "red", "degraded_performance": "yellow"}


def now(context: typer.Context, json: bool = JSON_OPTION) -> None:
    """Run the status page: incidents, maintenance, uptime. Without a command it prints the present state.

    Examples: oncall status · oncall status open "Sign-in is slow" --component portal=degraded_performance
    """
    if context.invoked_subcommand is not None:
        return
    with open_status() as page:
        view = page.status()
    if json:
        print_json(view)
        return
    say(f"{view['name']}: {view['description']}")
    print_table(
        ["Component", "State", "Id"],
        [[each["name"], _words(each["state"]), each["id"]] for each in view["components"]],
        colours=[_COLOURS.get(each["state"], "") for each in view["components"]],
    )
    _print_open(view)


def list_all(json: bool = JSON_OPTION) -> None:
    """List every incident and maintenance, the newest first.

    Proposed incidents, which are not public, come first.

    Example: oncall status list
    """
    with open_status() as page:
        view = page.status()
    if json:
        print_json({name: view[name] for name in ("incidents", "proposals", "maintenances")})
        return
    zone = ZoneInfo(view["timezone"])
    rows = [_proposal_row(each, zone) for each in view["proposals"]]
    rows += [_incident_row(each, zone) for each in view["incidents"]]
    rows += [_maintenance_row(each, zone) for each in view["maintenances"]]
    if not rows:
        say("There was no incident and no maintenance.")
        return
    print_table(["Id", "State", "Since", "Title"], rows)


def show(
    subject: str = typer.Argument(metavar="ID", help="The id of an incident, a proposed one, or a maintenance."),
    json: bool = JSON_OPTION,
) -> None:
    """Show an incident or a maintenance.

    An incident is shown with every update and correction.

    Example: oncall status show 3f9ac1d20b7e
    """
    with open_status() as page:
        view = page.status()
    zone = ZoneInfo(view["timezone"])
    incident = next((each for each in view["incidents"] if each["id"] == subject), None)
    proposal = next((each for each in view["proposals"] if each["id"] == subject), None)
    work = next((each for each in view["maintenances"] if each["id"] == subject), None)
    found = incident or proposal or work
    if found is None:
        raise NotFound(f'there is no incident or maintenance "{subject[:40]}"; `oncall status list` shows them')
    if json:
        print_json(found)
    elif incident is not None:
        _print_incident(incident, zone)
    elif proposal is not None:
        print_table(["Id", "State", "Since", "Title"], [_proposal_row(proposal, zone)])
    elif work is not None:
        say(f"{work['title']}: {_words(work['state']).lower()}, {_span(work, zone)}.")
        say(f"Components: {', '.join(work['components'])}.")


def uptime(
    start: str | None = typer.Option(
        None,
        "--from",
        metavar="TIME",
        help=(
            "The start: a date in the status page's zone, or a time. Default: "
            "the start of the 90 days on the status page."
        ),
    ),
    end: str | None = typer.Option(None, "--to", metavar="TIME", help="The end, exclusive, at most now. Default: now."),
    component: list[str] | None = typer.Option(
        None, "--component", metavar="ID", help="Only this component. May be repeated."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Print the uptime and the promised uptime.

    There is a row for each component, for each group and for the whole status page. At each instant, a group or the
    status page has the state of its worst core component (`core` in the status file).

    Agreed maintenance does not count; a partial outage counts in part (`partial_weight` in the status file). The strict
    figure counts every outage and maintenance in full. Percentages are rounded down.

    Examples: oncall status uptime · oncall status uptime --from 2027-03-01 --to 2027-04-01
    """
    from oncall.status.day_bars import start_of_last_days

    with open_status() as page:
        status = page.status()
        zone, now = ZoneInfo(status["timezone"]), datetime.fromisoformat(status["now"])
        since = _moment("--from", start, zone) if start is not None else start_of_last_days(now, zone)
        until = _moment("--to", end, zone) if end is not None else now
        view = page.uptime(since, until, tuple(component or ()))
    if json:
        print_json(view)
        return
    _print_uptime(view, zone)


def export(
    folder: Path = typer.Argument(metavar="DIR", help="The folder to write; created if needed."),
    every: str | None = typer.Option(
        None, "--every", metavar="SPAN", help="Write the files again at this interval, like 1m, until Ctrl-C."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Write the status page as files for any web host.

    The files are HTML, JSON and feeds. Removes files in DIR/incidents, DIR/history and DIR/components that are no
    longer public. The status page shows the time of the export, so that readers can tell whether it is
    out of date.

    With --every it writes them at that interval; if the database does not answer, it tries again after the interval.

    Examples: oncall status export public/ · oncall status export public/ --every 1m
    """
    if every is None:
        _export_once(folder, json=json)
        return
    length = length_of(every, "--every")
    if not _LEAST_EVERY <= length <= _MOST_EVERY:
        raise bad_value(f"{every[:40]} is out of range; write 5s to 1d, like 1m", "--every")
    repeat(lambda: _export_once(folder, json=json), every=length)


def _export_once(folder: Path, *, json: bool) -> None:
    from oncall.status.status_export import exported_files

    with open_status() as page:
        if not isinstance(page, LocalStatus):
            raise Refused(
                "`oncall status export` reads the database itself: unset ONCALL_SERVER, set ONCALL_DATABASE_URL"
            )
        files = exported_files(page.record())
    try:
        _write_files(folder, files)
    except OSError as error:
        where = error.filename or folder
        words = f"{where} cannot be written: {error.strerror or error}; name a folder that you may write to"
        raise Refused(words) from error
    if json:
        print_json({"files": sorted(files)})
    else:
        tell(f"Wrote {counted(len(files), 'file')} to {folder}.")


def _write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write the files below the folder, and delete HTML pages and feeds there that are not among them.

    Raises OSError.
    """
    from oncall.text_files import replace_file

    # The front page comes last, so that what it links to is there.
    for name, content in sorted(files.items(), key=lambda each: each[0] == "index.html"):
        path = folder / name
        # A file that stays the same keeps its time, so that programs which copy the folder skip it.
        if path.is_file() and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)
    former = ("incidents/*.html", "incidents/*/index.html", "history/*/index.html", "components/*/feed.*")
    for path in (each for pattern in former for each in folder.glob(pattern)):
        if path.relative_to(folder).as_posix() not in files:
            path.unlink()


def _moment(option: str, text: str, zone: ZoneInfo) -> datetime:
    """Parse a time, or a date as its 00:00 in `zone`, and return the instant. option: its name, for error messages."""
    try:
        written = f"{date.fromisoformat(text).isoformat()}T00:00"
    except ValueError:
        written = text
    return parse_time(option, written, zone)


def _print_open(view: StatusView) -> None:
    zone = ZoneInfo(view["timezone"])
    for each in view["incidents"]:
        if each["resolved_at"] is None:
            said = ago(datetime.fromisoformat(view["now"]) - datetime.fromisoformat(each["updates"][-1]["written_at"]))
            say(f"\n{each['title']} ({each['id']}): {each['state']}, last public word {said}.")
    for proposal in view["proposals"]:
        if proposal["state"] == "proposed":
            say(f"\n{_proposed(proposal, zone)}")
    for work in view["maintenances"]:
        if work["state"] in ("scheduled", "in_progress"):
            say(f"\n{work['title']} ({work['id']}): {_words(work['state']).lower()}, {_span(work, zone)}.")


def _proposed(proposal: ProposalView, zone: ZoneInfo) -> str:
    since = full_time(datetime.fromisoformat(proposal["started_at"]), zone)
    due = proposal["publishes_at"]
    later = f" It publishes itself at {full_time(datetime.fromisoformat(due), zone)}." if due is not None else ""
    return (
        f"{proposal['title']} ({proposal['id']}): proposed by the monitor, since {since}; not public.{later} "
        f"To decide: oncall status publish {proposal['id']}, or dismiss."
    )


def _print_incident(incident: IncidentView, zone: ZoneInfo) -> None:
    say(f"{incident['title']}: {incident['state']}, impact {incident['impact']}.")
    started = full_time(datetime.fromisoformat(incident["started_at"]), zone)
    stated = full_time(datetime.fromisoformat(incident["stated_at"]), zone)
    say(f"Began {started}." if started == stated else f"Began {started}; first stated as {stated}.")
    for correction in incident["corrections"]:
        began = full_time(datetime.fromisoformat(correction["started_at"]), zone)
        say(f"Corrected to {began} by {correction['by']}: {correction['reason']}")
    print_table(
        ["At", "State", "By", "Components", "Message"],
        [
            [
                full_time(datetime.fromisoformat(each["at"]), zone),
                each["state"],
                each["by"],
                ", ".join(f"{name}: {_words(state).lower()}" for name, state in each["components"].items()),
                each["message"],
            ]
            for each in incident["updates"]
        ],
    )


def _print_uptime(view: UptimeView, zone: ZoneInfo) -> None:
    start, end = (datetime.fromisoformat(view[key]).astimezone(zone) for key in ("from", "to"))
    groups: list[UptimeFigures] = [{**each, "component": f"group {each['component']}"} for each in view["groups"]]
    header = ["Component", "Uptime", "Strict", "Down", "Allowed", "Left", "Measured"]
    print_table(header, [_uptime_row(each, start, end) for each in [*view["components"], *groups, view["page"]]])
    written = " to ".join(each.strftime("%Y-%m-%d %H:%M") for each in (start, end))
    say(f"\nFrom {written}; promised {view['promise']} %. Times are minutes.")


def _uptime_row(figures: UptimeFigures, start: datetime, end: datetime) -> list[str]:
    from oncall.status.status_words import minutes, minutes_left, minutes_used

    measured = figures["measured"] / figures["seconds"] if figures["seconds"] else 0
    shares = [f"{text} %" if text is not None else "not measured" for text in (figures["sla"], figures["strict"])]
    left = minutes_left(figures["left"]).replace(" min left", "").replace(" min", "")
    # In UTC, because the zone's clock may change in between.
    first = (end.astimezone(UTC) - timedelta(seconds=figures["seconds"])).astimezone(end.tzinfo)
    since = f" since {first:%Y-%m-%d %H:%M}" if figures["seconds"] and first > start else ""
    used = [minutes_used(figures["down"]), minutes(figures["allowed"]), left]
    return [figures["component"], *shares, *used, f"{int(measured * 1000) / 10:g} %{since}"]


def _incident_row(incident: IncidentView, zone: ZoneInfo) -> list[str]:
    since = full_time(datetime.fromisoformat(incident["started_at"]), zone)
    return [incident["id"], incident["state"], since, incident["title"]]


def _proposal_row(proposal: ProposalView, zone: ZoneInfo) -> list[str]:
    since = full_time(datetime.fromisoformat(proposal["started_at"]), zone)
    return [proposal["id"], proposal["state"], since, proposal["title"]]


def _maintenance_row(maintenance: MaintenanceView, zone: ZoneInfo) -> list[str]:
    since = full_time(datetime.fromisoformat(maintenance["start"]), zone)
    return [maintenance["id"], _words(maintenance["state"]).lower(), since, maintenance["title"]]


def _span(maintenance: MaintenanceView, zone: ZoneInfo) -> str:
    start, end = (full_time(datetime.fromisoformat(maintenance[key]), zone) for key in ("start", "end"))
    return f"{start} to {end}"


def _words(state: str) -> str:
    return state.replace("_", " ").capitalize()
