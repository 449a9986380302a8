"""Tickets in the terminal: what would happen to one, post one, list them by the clock that ends first."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.backend import LocalBackend, RemoteBackend, open_backend
from oncall.cli.output import JSON_OPTION, print_json, print_rows, print_table, say, tell
from oncall.cli.ticket_action_commands import REFERENCE
from oncall.cli.timeline import left_words, one_clock, print_timeline, stamp, state_words
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.paging.domain.ticket_answer import VerdictView
    from oncall.paging.views.ticket_view_types import ClockView, StepView, TicketListView, TicketView, WholeTicketView

LARGEST_FILE = 64 * 1024
MOST_AT_ONCE = 1000
WATCH_SECONDS = 2.0
PAGER_IS_DEAD = timedelta(seconds=30)


def register(app: typer.Typer) -> None:
    """Add these commands to the front door."""
    app.command("explain")(explain)
    app.command("page")(page)
    listing = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
    listing.callback()(tickets)
    listing.command("show")(show)
    app.add_typer(listing, name="tickets")


def explain(
    plan: str = typer.Option(..., "--plan", help="standard or business-critical."),
    impact: str = typer.Option(..., "--impact", help="urgent (or critical), high, normal or low."),
    at: str | None = typer.Option(None, "--at", help="When it comes in; now when absent."),
    json: bool = JSON_OPTION,
) -> None:
    """The verdict on such a ticket: page, desk or hold, why, and when each step would fire. Sends nothing.

    Example: oncall explain --plan standard --impact high --at 2027-01-09T03:12:00-05:00
    """
    with _backend() as backend:
        view = backend.explain(plan, impact, at)
    if json:
        print_json(view)
        return
    say(_headline(view, view["timezone"]))
    for reason in view["reasons"]:
        say(f"  {reason}")
    for rule in view["rules"]:
        say(f"  by {rule}")
    if view["steps"]:
        say("If nobody acknowledges:")
        print_rows([_step_row(step, view["timezone"]) for step in view["steps"]])
    minutes = view["repeats_after_seconds"] // 60
    if any(step["notify"] != "desk" for step in view["steps"]):
        say(f"Then the round begins again every {minutes} minutes.")


def _step_row(step: StepView, zone: str) -> list[str]:
    return [f"  {stamp(step['at'], zone)}", step["notify"], step["engineer"] or "the support desk", step["channel"]]


def _headline(view: VerdictView, zone: str | None = None) -> str:
    words = {
        "page": f"PAGE {view.get('engineer') or 'nobody: nobody can be reached'}",
        "desk": "DESK",
        "hold": f"HOLD until {stamp(view.get('hold_until'), zone)}",
    }[view["action"]]
    return f"{words}. First reply due {stamp(view['first_reply_due'], zone)}."


def page(
    file: str | None = typer.Argument(None, metavar="[TICKET.json | -]", help="A ticket as the API takes it."),
    ticket_id: str | None = typer.Option(None, "--id", help="The ticket's id; one is made when absent."),
    customer: str | None = typer.Option(None, "--customer", help="Of this customer alone."),
    plan: str | None = typer.Option(None, "--plan"),
    impact: str | None = typer.Option(None, "--impact"),
    subject: str | None = typer.Option(None, "--subject"),
    json: bool = JSON_OPTION,
) -> None:
    """Accept a ticket as the API would. The same one again changes nothing.

    Examples: oncall page ticket.json · oncall page --customer "Acme Ltd" --plan standard --impact urgent
    --subject "Sessions do not start"
    """
    options = {"id": ticket_id, "customer": customer, "plan": plan, "impact": impact, "subject": subject}
    given = {key: value for key, value in options.items() if value is not None}
    body = {**(_read_ticket(file) if file is not None else {}), **given}
    if not body:
        raise Refused("name a ticket file, - for standard input, or --customer, --plan, --impact and --subject")
    if "id" not in body and file is None:
        body["id"] = _new_id()
    with _backend() as backend:
        answer, is_new = backend.post_ticket(body)
        dead = _dead_pager(backend) if answer["verdict"]["action"] != "desk" else None
    if json:
        print_json(answer)
    else:
        say(f"{answer['ticket']}: {_headline(answer['verdict'])}" + ("" if is_new else " (stored before)"))
        for reason in answer["verdict"]["reasons"]:
            say(f"  {reason}")
        if "page" in answer:
            say(f"  Acknowledge with: oncall ack {answer['page']['code']}")
    for warning in answer.get("warnings", ()):
        tell(f"warning: {warning}", colour="yellow")
    if dead is not None:
        tell(dead, colour="red")


def _new_id() -> str:
    """Short enough for an SMS and for typing."""
    import secrets

    return f"cli-{datetime.now(UTC):%m%d}-" + "".join(secrets.choice("23456789ACDEFGHJKMNPQRTWXY") for _ in range(5))


def _read_ticket(name: str) -> dict[str, object]:
    import json

    try:
        raw = _first_bytes(name, LARGEST_FILE + 1)
    except OSError as error:
        raise Refused(f"{name}: {error.strerror or error}") from error
    if len(raw) > LARGEST_FILE:
        raise Refused(f"{name}: is larger than {LARGEST_FILE} bytes")
    try:
        body = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Refused(f"{name}: is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise Refused(f"{name}: a JSON object is needed, with id, customer, plan, impact and subject")
    return body


def _first_bytes(name: str, count: int) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(count)
    with Path(name).open("rb") as file:
        return file.read(count)


def _dead_pager(backend: LocalBackend | RemoteBackend) -> str | None:
    """A warning when the ticket is stored but no pager runs that would page for it."""
    if isinstance(backend, RemoteBackend):
        return None
    beat = backend.last_beat()
    if beat is not None and datetime.now(UTC) - beat[0] < PAGER_IS_DEAD:
        if beat[1] == "outbox":
            return "The pager on this database only prints its messages (outbox): nobody's phone will ring."
        return None
    return "NO PAGER IS RUNNING on this database: nobody is paged before `oncall serve` is started."


def tickets(
    context: typer.Context,
    state: str = typer.Option("open,acknowledged", "--state", help="open, acknowledged, resolved; commas between."),
    customer: str | None = typer.Option(None, "--customer", help="Of this customer alone."),
    after: str | None = typer.Option(None, "--after", help="The last id of the page before."),
    limit: int = typer.Option(100, "--limit", min=1, max=1000, help="How many at most."),
    watch: bool = typer.Option(False, "--watch", help="Show it anew every two seconds, until Ctrl-C."),
    json: bool = JSON_OPTION,
) -> None:
    """List tickets, the one whose clock ends first on top; held ones with the hour of their release, chased ones with
    who has them, and among the resolved ones duplicates with the ticket that goes on.

    Examples: oncall tickets · oncall tickets --watch · oncall tickets --state resolved --json
    · oncall tickets show T-1001 --timeline
    """
    if context.invoked_subcommand is not None:
        return
    from oncall.paging.domain.ticket import TicketStatus
    from oncall.paging.ports.records import TicketFilter

    try:
        states = tuple(TicketStatus(word.strip()) for word in state.split(",") if word.strip())
    except ValueError as error:
        words = f'"{state[:60]}" is not a state; write open, acknowledged or resolved, with commas between'
        raise typer.BadParameter(words, param_hint="--state") from error
    if watch and json:
        raise typer.BadParameter("shows a table; use it without --json", param_hint="--watch")
    with _backend() as backend:
        if json:
            view = backend.tickets(TicketFilter(states, customer, after, limit))
            print_json({**view, "tickets": by_urgency(view["tickets"])})
            return

        def read() -> list[TicketView]:
            return most_urgent(
                lambda last: backend.tickets(TicketFilter(states, customer, last or after, MOST_AT_ONCE)), limit
            )

        if watch:
            _watch(read)
        else:
            _print_listing(read())


def _watch(read: Callable[[], list[TicketView]]) -> None:
    """Show the listing anew every two seconds; in a pipe, where nothing can be overwritten, below the last one."""
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
        _print_tickets(found, most_lines)
    else:
        tell("No tickets.")


def most_urgent(read: Callable[[str | None], TicketListView], limit: int) -> list[TicketView]:
    """The `limit` tickets of the whole listing whose clocks end first; `read` gives the page after an id."""
    found: list[TicketView] = []
    view = read(None)
    while True:
        found += view["tickets"]
        if view["next"] is None:
            return by_urgency(found)[:limit]
        view = read(view["next"])


def by_urgency(found: Sequence[TicketView]) -> list[TicketView]:
    """The ticket whose clock ends first on top; those without a running clock below, in the order they had."""
    return sorted(found, key=_urgency)


def _urgency(item: TicketView) -> float:
    first = _first_to_end(item)
    return float("inf") if first is None else first[0]


def _first_to_end(item: TicketView) -> tuple[int, ClockView] | None:
    """Return the seconds left of the running clock that ends first, and the clock; None when no clock runs."""
    running = [(clock["seconds_left"], clock) for clock in item["clocks"]]
    return min(((left, clock) for left, clock in running if left is not None), key=itemgetter(0), default=None)


def _print_tickets(found: Sequence[TicketView], most_lines: int | None) -> None:
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
    """Metric, time left and due instant of the clock that ends first."""
    first = _first_to_end(item)
    if first is None:
        return ["paused" if any(clock["state"] == "paused" for clock in item["clocks"]) else "-", "-", "-"]
    left, clock = first
    return [clock["metric"].replace("_", " "), left_words(left), stamp(clock["due_at"], item["timezone"])]


def _colour(item: TicketView) -> str:
    """Red once a clock is late, yellow from its warning on, else none."""
    first = _first_to_end(item)
    if first is None:
        return ""
    left, clock = first
    if left <= 0:
        return "red"
    due, warn = clock["due_at"], clock["warn_at"]
    if due is None or warn is None:
        return ""
    warned_for = datetime.fromisoformat(due) - datetime.fromisoformat(warn)
    return "yellow" if left <= warned_for.total_seconds() else ""


def show(
    ticket_id: str = REFERENCE,
    timeline: bool = typer.Option(False, "--timeline", help="What happened, in order, with every try."),
    json: bool = JSON_OPTION,
) -> None:
    """One ticket, with its log and every try to tell somebody.

    Example: oncall tickets show T-1001 --timeline
    """
    with _backend() as backend:
        view = backend.ticket(ticket_id)
    if json:
        print_json(view)
        return
    ticket = view["ticket"]
    say(f"{view['id']} ({view['code']}): {ticket['impact']}, {ticket['customer']} ({ticket['plan']})")
    say(f"  {ticket['subject']}")
    for name in ("url", "contact"):
        if ticket[name] is not None:
            say(f"  {name}: {ticket[name]}")
    zone = view["timezone"]
    say(f"  {state_words(view)}; first reply due {stamp(view['first_reply_due'], zone)}")
    _print_verdicts(view, zone)
    for clock in view["clocks"]:
        say(f"  {one_clock(clock, zone)}")
    for note in view["notes"]:
        say(f"  note: {note}")
    if timeline:
        print_timeline(view)


def _print_verdicts(view: WholeTicketView, zone: str) -> None:
    """Print the current verdict with its reasons, then the first one if it differs."""
    say(f"  verdict of {stamp(view['judged_at'], zone)}: {_verdict_words(view['verdict'], zone)}")
    for reason in view["verdict"]["reasons"]:
        say(f"    {reason}")
    if view["first_verdict"] != view["verdict"]:
        first = _verdict_words(view["first_verdict"], zone)
        say(f"  first verdict, {stamp(view['received_at'], zone)}: {first}")


def _verdict_words(verdict: VerdictView, zone: str) -> str:
    """Return `page ana, first reply due Sat 2027-01-09 04:12`."""
    words = {
        "page": f"page {verdict.get('engineer') or 'nobody: nobody can be reached'}",
        "desk": "desk",
        "hold": f"hold until {stamp(verdict.get('hold_until'), zone)}",
    }[verdict["action"]]
    return f"{words}, first reply due {stamp(verdict['first_reply_due'], zone)}"


def _backend() -> AbstractContextManager[LocalBackend | RemoteBackend]:
    from oncall import wiring

    return open_backend(wiring.read_settings())
