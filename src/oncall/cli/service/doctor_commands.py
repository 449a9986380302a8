"""`oncall doctor` and `oncall drill`: find what would stop a page, and send a marked test page."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from oncall.cli.backends.server import open_server
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import counted, print_json, print_rows, say, tell, time_of
from oncall.errors import Refused
from oncall.paging.watch.holes_ahead import DAYS, MOST_DAYS
from oncall.support.wording import full_time

if TYPE_CHECKING:
    from oncall.cli.backends.drill_runner import Drilling
    from oncall.paging.watch.doctor_findings import DoctorReport
    from oncall.paging.watch.drill import DrillProgress
    from oncall.wiring import Settings

_COLOURS = {"stops": "red", "warns": "yellow", "fine": ""}
_TIMES = ("accepted", "delivered", "answered")
LOOK_EVERY_SECONDS = 0.25


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("doctor")(doctor)
    app.command("drill")(drill)


def _allowed(wait: int) -> int:
    from oncall.paging.domain.ticket import LONGEST_DRILL

    if wait > LONGEST_DRILL:
        raise typer.BadParameter(f"{wait} is not in the range 1<=x<={LONGEST_DRILL}.")
    return wait


def doctor(
    days: int = typer.Option(
        DAYS, "--days", metavar="N", min=1, max=MOST_DAYS, help="List every gap in the schedule of the next N days."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Find what would stop a page tonight, and send nothing.

    Checks the schedule, the phones, the provider, the pager, the clocks and the database. Run it with the settings of
    `oncall serve`, or with ONCALL_SERVER and the token of an engineer or manager: then the server runs the checks.
    Exit code 1 when something would stop a page.

    Examples: oncall doctor · oncall doctor --days 180
    """
    from oncall import wiring

    found = _examination(wiring.read_settings(), days)
    if json:
        print_json(found)
    else:
        listed = found["findings"]
        rows = [[finding["severity"], finding["subject"], finding["sentence"]] for finding in listed]
        print_rows(rows, names=2, colours=[_COLOURS.get(finding["severity"], "") for finding in listed])
        _print_holes(found, days)
    if not found["would_page"]:
        raise typer.Exit(1)


def _print_holes(found: DoctorReport, days: int) -> None:
    """Print every gap before the end of the published schedule, and that end if it comes within `days`."""
    if found["schedule_ends"] is None or not found["holes"]:
        return
    ends = datetime.fromisoformat(found["schedule_ends"])
    zone = ZoneInfo(found["timezone"])
    inside = [hole for hole in found["holes"] if datetime.fromisoformat(hole["start"]) < ends]
    say(f"Holes in the schedule of the next {counted(days, 'day')}:")
    rows = [
        [f"  {hole['role']}", f"{time_of(hole['start'], zone)} to {time_of(hole['end'], zone)}", hole["kind"]]
        for hole in inside
    ]
    print_rows(rows, colours=["red"] * len(rows))
    if len(inside) < len(found["holes"]):
        say(f"  all of it after {full_time(ends, zone)}, where the published schedule ends")


def _examination(settings: Settings, days: int) -> DoctorReport:
    server = open_server(settings)
    if server is not None:
        return server.examination(days)
    from oncall.paging.watch.doctor_findings import report
    from oncall.wiring.doctor_facts import gather

    return report(gather(settings), days)


def drill(
    to: str | None = typer.Option(
        None,
        "--to",
        metavar="ENGINEER",
        help="The engineer's id; default: the person whom a page would reach first.",
    ),
    wait: int = typer.Option(
        120, "--wait", metavar="SECONDS", min=1, callback=_allowed, help="How long to wait for the answer."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Send a marked test page, and time the answer.

    The running pager sends it. Prints the time until the provider accepted it, the phone received it, and the engineer
    answered. A test page never escalates, and an acknowledgement ends it. If ONCALL_SERVER is set, the pager of that
    server sends the page; a manager may test anyone, an engineer only themselves. Exit code 1 if no answer comes in
    time.

    Example: oncall drill --to ana --wait 300
    """
    from oncall import wiring
    from oncall.cli.backends.drill_runner import open_drilling

    with open_drilling(wiring.read_settings()) as drilling:
        # With --json the times go to stderr as they come; without it they are the answer.
        result = _run(drilling, to, wait, tell if json else say)
    if json:
        print_json(asdict(result))
    else:
        for name in _TIMES:
            if getattr(result, f"{name}_after") is None:
                say(f"not {name}")
    if result.answered_after is None:
        why = (result.error or f"no answer in {wait} s").rstrip(".")
        raise Refused(f"{result.ticket}: {why}; see `oncall doctor`")


@dataclass(slots=True)
class _DrillResult:
    """The progress of a drill, as `--json` prints it.

    Times are seconds since the start; None for a step that has not happened yet.
    """

    ticket: str
    to: str
    status: str = "queued"
    accepted_after: float | None = None
    delivered_after: float | None = None
    answered_after: float | None = None
    error: str | None = None

    def note(self, seen: DrillProgress, passed: float) -> list[str]:
        """Record the progress that was seen after `passed` seconds. Returns the names of the steps that are new."""
        self.status, self.error = seen.status.value, seen.error
        happened = (seen.is_accepted, seen.is_delivered, seen.answered_by is not None)
        new = [
            name
            for name, is_true in zip(_TIMES, happened, strict=True)
            if is_true and getattr(self, f"{name}_after") is None
        ]
        for name in new:
            setattr(self, f"{name}_after", round(passed, 3))
        return new


def _run(drilling: Drilling, to: str | None, wait: int, say: Callable[[str], None]) -> _DrillResult:
    """Run one drill and watch it. Each recorded time is when this process saw the step."""
    ticket, person, code = drilling.start(to, wait)
    tell(f"{ticket}: a test page for {person}; waiting {wait} s for ACK {code}.")
    result = _DrillResult(ticket, person)
    try:
        _watch(drilling, result, wait, say)
    finally:
        drilling.end(ticket)
    return result


def _watch(drilling: Drilling, result: _DrillResult, wait: int, say: Callable[[str], None]) -> None:
    began = time.monotonic()
    while True:
        seen = drilling.progress(result.ticket)
        passed = time.monotonic() - began
        for name in result.note(seen, passed):
            say(f"{name} after {passed:.1f} s")
        if seen.is_over or seen.has_failed or passed >= wait:
            return
        drilling.pause(min(LOOK_EVERY_SECONDS, wait - passed))
