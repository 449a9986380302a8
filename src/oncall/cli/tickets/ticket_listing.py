"""`oncall tickets`: lists tickets, the one whose clock ends first on top, once or again every two seconds."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from oncall.cli.backends.backend import open_backend
from oncall.cli.backends.server import OWN_ID, own_engineer
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import print_json, print_table, tell
from oncall.errors import Refused
from oncall.paging.views.ticket_words import (
    by_urgency,
    first_to_end,
    is_near_its_end,
    left_words,
    most_urgent,
    stamp,
    state_words,
)

if TYPE_CHECKING:
    from oncall.paging.domain.ticket import TicketStatus
    from oncall.paging.ports.records import TicketFilter
    from oncall.paging.views.ticket_view_types import TicketListView, TicketView
    from oncall.wiring import Settings

MOST_AT_ONCE = 1000
WATCH_SECONDS = 2.0


def tickets(
    context: typer.Context,
    state: str | None = typer.Option(
        None,
        "--state",
        metavar="STATES",
        help="List tickets in these states: open, acknowledged, resolved, with commas between. Default: all that "
        "are not resolved; with --since: all.",
    ),
    mine: bool = typer.Option(False, "--mine", help="List only the tickets that you own or were paged for."),
    owner: str | None = typer.Option(None, "--owner", metavar="ENGINEER", help="List only the tickets of this owner."),
    since: str | None = typer.Option(
        None,
        "--since",
        metavar="TIME",
        help='List tickets received since then: "last night", yesterday, 2h, monday, a date or a time. With --mine, '
        "also tickets for which you were paged since then.",
    ),
    customer: str | None = typer.Option(
        None,
        "--customer",
        metavar="NAME",
        help="List this customer's tickets only; letter case and punctuation do not matter.",
    ),
    after: str | None = typer.Option(
        None, "--after", metavar="ID", help="Continue a list after this ticket id, the last one shown."
    ),
    limit: int = typer.Option(100, "--limit", metavar="N", min=1, max=1000, help="List at most this many."),
    watch: bool = typer.Option(False, "--watch", help="Show the list again every two seconds, until Ctrl-C."),
    json: bool = JSON_OPTION,
) -> None:
    """List tickets, the most urgent first.

    The ticket whose clock ends first is on top. The list shows when a hold ends, into which ticket a
    duplicate was merged, and who owns a `chased` ticket: one that pages again because its target is nearly missed.

    Examples: oncall tickets · oncall tickets --watch · oncall tickets --mine --since "last night"
    · oncall tickets --state resolved --json · oncall tickets show T-1001 --timeline
    """
    if context.invoked_subcommand is not None:
        return
    states = _states_of(state if state is not None else "" if since is not None else "open,acknowledged")
    customers = (customer,) if customer is not None else ()
    if watch and json:
        raise typer.BadParameter("shows a table; use it without --json", param_hint="--watch")
    from oncall import wiring
    from oncall.paging.ports.records import TicketFilter

    settings = wiring.read_settings()
    wanted = TicketFilter(states, customers, after, limit, owner, _own_id(settings) if mine else None)
    _list(settings, wanted, since, watch=watch, json=json)


def _list(settings: Settings, wanted: TicketFilter, since: str | None, *, watch: bool, json: bool) -> None:
    with open_backend(settings) as backend:
        if json:
            view = backend.tickets(wanted, since)
            print_json({**view, "tickets": by_urgency(view["tickets"])})
            return

        def read(last: str | None) -> TicketListView:
            return backend.tickets(replace(wanted, after=last or wanted.after, limit=MOST_AT_ONCE), since)

        if watch:
            _watch(lambda: most_urgent(read, wanted.limit))
        else:
            _print_listing(most_urgent(read, wanted.limit))


def _own_id(settings: Settings) -> str:
    """Return the id of the person at this terminal. Raises Refused if it is not known."""
    found = own_engineer(settings)
    if found is None:
        raise Refused(f"whose tickets? write --owner ENGINEER instead of --mine, {OWN_ID}")
    return found


def _states_of(text: str) -> tuple[TicketStatus, ...]:
    from oncall.paging.domain.ticket import TicketStatus

    try:
        return tuple(TicketStatus(word.strip()) for word in text.split(",") if word.strip())
    except ValueError as error:
        words = f'"{text[:60]}" is not a state; write open, acknowledged or resolved, with commas between'
        raise typer.BadParameter(words, param_hint="--state") from error


def _watch(read: Callable[[], list[TicketView]]) -> None:
    """Show the list every two seconds until Ctrl-C. In a pipe, each list follows the one before."""
    with suppress(KeyboardInterrupt):
        while True:
            found, most_lines = read(), None
            if sys.stdout.isatty():
                # Home, then clear: nothing flickers. Rows that do not fit would push the most urgent off the top.
                sys.stdout.write("\x1b[H\x1b[2J")
                most_lines = max(shutil.get_terminal_size().lines - 2, 1)
            _print_listing(found, most_lines)
            time.sleep(WATCH_SECONDS)


def _print_listing(found: Sequence[TicketView], most_lines: int | None = None) -> None:
    if found:
        print_tickets(found, most_lines)
    else:
        tell("No tickets.")


def print_tickets(found: Sequence[TicketView], most_lines: int | None = None) -> None:
    """Print a table of tickets in the given order. most_lines: leave out the rows after this many lines."""
    header = ["id", "code", "impact", "customer", "state", "next clock", "left", "due", "subject"]
    rows = [
        [
            item["id"],
            item["code"],
            item["ticket"]["impact"],
            item["ticket"]["customer"][:24],
            state_words(item),
            *_clock_words(item),
            item["ticket"]["subject"][:60],
        ]
        for item in found
    ]
    print_table(header, rows, names=2, colours=[_colour(item) for item in found], most_lines=most_lines)


def _clock_words(item: TicketView) -> list[str]:
    """Return the name, the time left and the due time of the clock that ends first."""
    first = first_to_end(item)
    if first is None:
        return ["paused" if any(clock["state"] == "paused" for clock in item["clocks"]) else "-", "-", "-"]
    left, clock = first
    return [clock["metric"].replace("_", " "), left_words(left), stamp(clock["due_at"], item["timezone"])]


def _colour(item: TicketView) -> str:
    """Return the colour of a clock: red if its deadline was missed, yellow after its warning, else empty."""
    first = first_to_end(item)
    if first is not None and first[0] <= 0:
        return "red"
    return "yellow" if is_near_its_end(item) else ""
