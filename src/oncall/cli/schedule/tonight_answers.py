"""Prints the answer of `oncall tonight`: who is on call tonight, and the tickets held for it. Imports no typer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from oncall.cli.backends.server import open_server
from oncall.cli.schedule.schedule_answers import published_schedule
from oncall.cli.terminal.output import print_json, print_rows, say, time_of
from oncall.errors import NotFound

if TYPE_CHECKING:
    from oncall.schedule.schedule_view_types import TonightHold, TonightView
    from oncall.support.windows import Window
    from oncall.wiring import Settings

_AHEAD = timedelta(days=15)
"""Business hours and the night after them always end within this time."""


def tonight(*, json: bool = False) -> None:
    """Print who is on call tonight, and the tickets whose hold ends tonight. Then raise NotFound if there is a gap."""
    view = _tonight_view()
    if json:
        print_json(view)
    else:
        _print_tonight(view)
    if view["gaps"]:
        zone = ZoneInfo(view["timezone"])
        gaps = [
            f"{gap['role']} from {time_of(gap['start'], zone)} to {time_of(gap['end'], zone)}" for gap in view["gaps"]
        ]
        raise NotFound(f"GAP IN THE SCHEDULE: nobody is on call as {', '.join(gaps)}")


def _tonight_view() -> TonightView:
    from oncall import wiring

    settings = wiring.read_settings()
    server = open_server(settings)
    if server is not None:
        return server.tonight()
    from oncall.schedule.tonight import tonight_of, tonight_view
    from oncall.support.windows import Window

    published, now = published_schedule(settings), wiring.make_clock(settings).now()
    schedule = published.within(Window(now, now + _AHEAD))
    night = tonight_of(schedule, now)
    return tonight_view(schedule, now, night, _holds(settings, night, published.zone))


def _holds(settings: Settings, night: Window, zone: ZoneInfo) -> list[TonightHold]:
    from oncall import wiring

    return [
        {
            "id": held.id,
            "customer": held.customer,
            "impact": held.impact,
            "subject": held.subject,
            "hold_until": held.hold_until.astimezone(zone).isoformat(),
        }
        for held in wiring.quick_holds(settings, night)
    ]


def _print_tonight(view: TonightView) -> None:
    zone = ZoneInfo(view["timezone"])
    say(f"Tonight, {time_of(view['from'], zone)} to {time_of(view['to'], zone)}:")
    rows = [
        [
            shift["role"],
            f"{shift['name']} ({shift['engineer']})",
            f"{time_of(shift['start'], zone)} to {time_of(shift['end'], zone)}",
            _own_time(shift["start_local"], shift["end_local"], shift["timezone"], view["timezone"]),
            f"override: {shift['override']}" if "override" in shift else "",
        ]
        for shift in view["shifts"]
    ]
    gaps = [
        [gap["role"], "NOBODY", f"{time_of(gap['start'], zone)} to {time_of(gap['end'], zone)}", "", ""]
        for gap in view["gaps"]
    ]
    print_rows([*rows, *gaps], colours=[*("" for _ in rows), *("red" for _ in gaps)])
    if not view["held"]:
        say("No held ticket comes up tonight. `oncall tickets` lists those that are held for longer.")
        return
    say("Held for tonight:")
    print_rows(
        [
            [f"  {held['id']}", held["impact"], held["customer"][:24], f"until {time_of(held['hold_until'], zone)}",
             held["subject"][:60]]
            for held in view["held"]
        ]
    )  # fmt: skip


def _own_time(start: str, end: str, own: str, policy: str) -> str:
    """Return the span of a shift in the engineer's own zone; empty if it reads the same in the policy's zone.

    own, policy: names of time zones.
    """
    if own == policy:
        return ""
    zone = ZoneInfo(own)
    return f"{time_of(start, zone)} to {time_of(end, zone)} in {own}"
