"""The output of `oncall` without a command, for a known engineer: on call now, next shift, open tickets and swaps."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from oncall.cli.schedule.schedule_answers import shifts_of
from oncall.cli.terminal.output import say, time_of

if TYPE_CHECKING:
    from oncall.cli.backends.remote_backend import RemoteBackend
    from oncall.paging.views.ticket_view_types import TicketView
    from oncall.planning.views.swap_views import SwapView
    from oncall.schedule.schedule_view_types import LocalAssignmentView
    from oncall.wiring import Settings


def home(engineer: str, settings: Settings, server: RemoteBackend | None) -> None:
    """Print whether an engineer is on call now, the next shift, the open tickets, and the swaps that need an answer.

    server: the server of the settings; None for the local database.
    """
    _, shifts, now = shifts_of(engineer, None, None, server=server)
    _print_shifts(engineer, shifts, now)
    _print_tickets(_waiting(engineer, settings, server))
    _print_swaps(_asked(engineer, settings, server))


def _print_shifts(engineer: str, shifts: Sequence[LocalAssignmentView], now: datetime) -> None:
    begun = [each for each in shifts if datetime.fromisoformat(each["start"]) <= now]
    running = [each for each in begun if now < datetime.fromisoformat(each["end"])]
    coming = [each for each in shifts if datetime.fromisoformat(each["start"]) > now]
    for each in running:
        say(f"{engineer}: you are on call now as {each['role']} until {_both(each['end'], each)}.")
    if not running:
        say(f"{engineer}: you are not on call now.")
    if coming:
        first = coming[0]
        say(f"Your next shift: {first['kind']}, {first['role']}, {_both(first['start'], first)} to {_end(first)}.")
    else:
        say("The published schedule has no further shift of yours.")


def _both(at: str, shift: LocalAssignmentView) -> str:
    """Return a time in the engineer's zone, and also in the policy's zone if the two differ."""
    own, policy = ZoneInfo(shift["timezone"]), ZoneInfo(shift["policy_timezone"])
    return time_of(at, own) if own == policy else f"{time_of(at, own)} ({time_of(at, policy)})"


def _end(shift: LocalAssignmentView) -> str:
    return time_of(shift["end"], ZoneInfo(shift["timezone"]))


def _waiting(engineer: str, settings: Settings, server: RemoteBackend | None) -> list[TicketView]:
    """Return the tickets that an engineer owns, and those without an owner for which the engineer was paged."""
    from oncall.cli.backends.backend import open_backend
    from oncall.cli.tickets.ticket_listing import MOST_AT_ONCE
    from oncall.paging.domain.ticket import TicketStatus
    from oncall.paging.ports.records import TicketFilter
    from oncall.paging.views.ticket_words import most_urgent

    states = (TicketStatus.OPEN, TicketStatus.ACKNOWLEDGED)
    with nullcontext(server) if server is not None else open_backend(settings) as backend:
        found = most_urgent(
            lambda last: backend.tickets(TicketFilter(states, after=last, limit=MOST_AT_ONCE, engineer=engineer)),
            MOST_AT_ONCE,
        )
    return [item for item in found if item["state"] == "open" or item["owner"] == engineer]


def _print_tickets(found: Sequence[TicketView]) -> None:
    from oncall.cli.tickets.ticket_listing import print_tickets

    if not found:
        say("No ticket waits for you.")
        return
    say("Your tickets, the clock that ends first on top:")
    print_tickets(found)


def _asked(engineer: str, settings: Settings, server: RemoteBackend | None) -> list[SwapView]:
    """Return the requests to swap that an engineer must answer, the one with the next shift first."""
    from oncall.cli.backends.swap_backend import RemoteSwaps, open_swaps

    with nullcontext(RemoteSwaps(server)) if server is not None else open_swaps(settings, None) as backend:
        return [each for each in backend.swaps()["swaps"] if each["with"] == engineer and each["state"] == "asked"]


def _print_swaps(found: Sequence[SwapView]) -> None:
    for each in found:
        when, code = f"{datetime.fromisoformat(each['shift']):%a %Y-%m-%d %H:%M}", each["id"]
        say(f"{each['engineer']} asks you to swap ({when}): `oncall accept {code}` or `oncall decline {code}`.")
