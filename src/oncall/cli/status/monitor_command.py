"""`oncall monitor`: watches the components of the status page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.option_values import length_of
from oncall.cli.terminal.output import bad_value, print_json, say, tell
from oncall.cli.terminal.repeated_work import repeat
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.status.monitoring import Looked

_LEAST, _MOST = timedelta(seconds=5), timedelta(hours=1)


def register(app: typer.Typer) -> None:
    """Add the command of this file to the program."""
    app.command()(monitor)


def monitor(
    every: str = typer.Option(
        "30s", "--every", metavar="SPAN", help="How often to ask about each component, 5s to 1h."
    ),
    once: bool = typer.Option(
        False, "--once", help="Ask once, then end. Set --every to the interval at which you run this command."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Watch the components of the status page.

    Asks the blackbox exporter that `monitor:` in the status file names, again and again until Ctrl-C. A component
    changes between up and down when three of the last five answers agree. An outage becomes a proposed incident, which
    `oncall status publish` makes public. Time without an answer, or without a monitor, is not measured and counts as no
    outage.

    Examples: oncall monitor · oncall monitor --every 1m · oncall monitor --once --every 5m
    """
    length = length_of(every, "--every")
    if not _LEAST <= length <= _MOST:
        raise bad_value(f"{every[:40]} is out of range; write 5s to 1h, like 30s", "--every")
    if once:
        _look(length, json=json)
    else:
        repeat(lambda: _look(length, json=json), every=length)


def _look(every: timedelta, *, json: bool) -> None:
    from oncall import wiring
    from oncall.wiring.status_monitor import look_once

    settings = wiring.read_settings()
    if settings.server is not None:
        raise Refused("`oncall monitor` writes into the database itself: unset ONCALL_SERVER, set ONCALL_DATABASE_URL")
    with wiring.make_store(settings) as store:
        looked = look_once(store, wiring.make_clock(settings), every)
    _print(looked, json=json)


def _print(looked: Looked, *, json: bool) -> None:
    if json:
        print_json({"components": looked.seen, "proposed": list(looked.proposed)})
        return
    say(", ".join(f"{component} {seen.value}" for component, seen in looked.seen.items()))
    for incident in looked.proposed:
        tell(f"Proposed incident {incident}. To make it public: oncall status publish {incident}")
