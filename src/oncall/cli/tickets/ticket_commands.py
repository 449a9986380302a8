"""The commands to explain the verdict on a ticket, to post one, and to show one."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.backends.backend import open_backend
from oncall.cli.backends.local_backend import LocalBackend
from oncall.cli.backends.remote_backend import RemoteBackend
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import bad_value, print_json, print_rows, say, tell
from oncall.cli.tickets import timeline_file
from oncall.cli.tickets.ticket_action_commands import REFERENCE
from oncall.cli.tickets.ticket_link_command import link
from oncall.cli.tickets.ticket_listing import tickets
from oncall.cli.tickets.ticket_timeline import print_timeline
from oncall.errors import Refused
from oncall.paging.views.ticket_words import one_clock, stamp, state_words
from oncall.text_files import replace_file

if TYPE_CHECKING:
    from oncall.paging.domain.ticket_answer import TicketAnswer, VerdictView
    from oncall.paging.views.ticket_view_types import StepView, WholeTicketView

PAGER_IS_DEAD = timedelta(seconds=30)


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("explain")(explain)
    app.command("page")(page)
    listing = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
    listing.callback()(tickets)
    listing.command("show")(show)
    listing.command("link")(link)
    app.add_typer(listing, name="tickets")


def explain(
    plan: str = typer.Option(..., "--plan", metavar="PLAN", help="The customer's plan: standard or business-critical."),
    impact: str = typer.Option(
        ..., "--impact", metavar="LEVEL", help="The ticket's impact: urgent (or critical), high, normal or low."
    ),
    at: str | None = typer.Option(
        None,
        "--at",
        metavar="TIME",
        help="When the ticket comes in; default: now. A time without an offset is policy time.",
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Show what would happen to a ticket, and send nothing.

    Prints the verdict (page, desk or hold), the reasons, and when each escalation step would fire.

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
        say("Without an acknowledgement:")
        print_rows([_step_row(step, view["timezone"]) for step in view["steps"]])
    minutes = view["repeats_after_seconds"] // 60
    if any(step["notify"] != "desk" for step in view["steps"]):
        say(f"Then the round repeats every {minutes} minutes.")


def _step_row(step: StepView, zone: str) -> list[str]:
    return [f"  {stamp(step['at'], zone)}", step["notify"], step["engineer"] or "the support desk", step["channel"]]


def _headline(view: VerdictView, zone: str | None = None) -> str:
    words = {
        "page": f"PAGE {view.get('engineer') or 'nobody, since no person can be reached'}",
        "desk": "DESK",
        "hold": f"HOLD until {stamp(view.get('hold_until'), zone)}",
    }[view["action"]]
    return f"{words}. First reply due {stamp(view['first_reply_due'], zone)}."


def page(
    file: str | None = typer.Argument(
        None, metavar="[TICKET.json | -]", help="A ticket as the API takes it, from a file or standard input."
    ),
    ticket_id: str | None = typer.Option(None, "--id", metavar="ID", help="The ticket's id; default: a new one."),
    customer: str | None = typer.Option(None, "--customer", metavar="NAME", help="The name of the customer."),
    plan: str | None = typer.Option(
        None, "--plan", metavar="PLAN", help="The customer's plan: standard or business-critical."
    ),
    impact: str | None = typer.Option(
        None, "--impact", metavar="LEVEL", help="The impact: urgent (or critical), high, normal or low."
    ),
    subject: str | None = typer.Option(None, "--subject", metavar="TEXT", help="What the problem is, in a line."),
    json: bool = JSON_OPTION,
) -> None:
    """Post a ticket, as a caller of the API would.

    An option replaces the file's value. Posting the same ticket again changes nothing.

    Examples: oncall page ticket.json · oncall page --customer "Acme Ltd" --plan standard --impact urgent
    --subject "Sessions do not start"
    """
    options = {"id": ticket_id, "customer": customer, "plan": plan, "impact": impact, "subject": subject}
    body = _ticket_body(file, {key: value for key, value in options.items() if value is not None})
    with _backend() as backend:
        answer, is_new = backend.post_ticket(body)
        dead = _dead_pager(backend) if answer["verdict"]["action"] != "desk" else None
    if json:
        print_json(answer)
    else:
        _print_accepted(answer, is_new=is_new)
    for warning in answer.get("warnings", ()):
        tell(f"warning: {warning}", colour="yellow")
    if dead is not None:
        tell(dead, colour="red")


def _print_accepted(answer: TicketAnswer, *, is_new: bool) -> None:
    say(f"{answer['ticket']}: {_headline(answer['verdict'])}" + ("" if is_new else " (stored before)"))
    for reason in answer["verdict"]["reasons"]:
        say(f"  {reason}")
    if "page" in answer:
        say(f"  Acknowledge with: oncall ack {answer['page']['code']}")


def _ticket_body(file: str | None, options: dict[str, str]) -> dict[str, object]:
    """Return the ticket in the file; values of options replace those of the file. Without a file, return the options.

    Without a file and `--id`, the ticket gets a new id.
    """
    body = {**(_read_ticket(file) if file is not None else {}), **options}
    if not body:
        raise Refused("name a ticket file, - for standard input, or --customer, --plan, --impact and --subject")
    if "id" not in body and file is None:
        body["id"] = _new_id()
    return body


def _new_id() -> str:
    """Return a new ticket id, short enough for an SMS and for typing."""
    import secrets

    return f"cli-{datetime.now(UTC):%m%d}-" + "".join(secrets.choice("23456789ACDEFGHJKMNPQRTWXY") for _ in range(5))


def _read_ticket(name: str) -> dict[str, object]:
    from oncall.paging.actions.posted_json import LARGEST_BODY, BadJson, json_from

    try:
        raw = _first_bytes(name, LARGEST_BODY + 1)
    except OSError as error:
        raise Refused(f"{name}: {error.strerror or error}") from error
    if len(raw) > LARGEST_BODY:
        raise Refused(f"{name}: is larger than {LARGEST_BODY} bytes")
    try:
        body = json_from(raw)
    except BadJson as refusal:
        raise Refused(f"{name}: {refusal}") from refusal
    if not isinstance(body, dict):
        raise Refused(f"{name}: is not a JSON object; write one with id, customer, plan, impact and subject")
    return body


def _first_bytes(name: str, count: int) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(count)
    with Path(name).open("rb") as file:
        return file.read(count)


def _dead_pager(backend: LocalBackend | RemoteBackend) -> str | None:
    """Return a warning if no pager runs that could send the pages of a stored ticket; else None."""
    if isinstance(backend, RemoteBackend):
        return None
    beat = backend.last_beat()
    if beat is not None and datetime.now(UTC) - beat[0] < PAGER_IS_DEAD:
        if beat[1] == "outbox":
            return "The pager on this database only prints its messages (outbox): no phone will ring."
        return None
    return "NO PAGER IS RUNNING on this database: nobody is paged until you start `oncall serve`."


def show(
    ticket_id: str = REFERENCE,
    timeline: bool = typer.Option(
        False, "--timeline", help="Show everything that happened, in order, with every message and its outcome."
    ),
    output: Path | None = typer.Option(
        None, "--output", "-o", metavar="FILE.md", help="Write the ticket and its timeline to a Markdown file."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Show one ticket: its state, verdict and clocks.

    Examples: oncall tickets show T-1001 --timeline · oncall tickets show T-1001 --timeline --output T-1001.md
    """
    if output is not None and output.suffix != timeline_file.SUFFIX:
        raise bad_value(f'write a file that ends in {timeline_file.SUFFIX}, like "T-1.md"', "--output")
    with _backend() as backend:
        view = backend.ticket(ticket_id)
    if output is not None:
        replace_file(output, timeline_file.timeline_markdown(view).encode())
        tell(f"Wrote {output}.")
        if not json:
            return
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
    """Print the current verdict with its reasons, then the first verdict if it differs from the current one."""
    say(f"  verdict of {stamp(view['judged_at'], zone)}: {_verdict_words(view['verdict'], zone)}")
    for reason in view["verdict"]["reasons"]:
        say(f"    {reason}")
    if view["first_verdict"] != view["verdict"]:
        first = _verdict_words(view["first_verdict"], zone)
        say(f"  first verdict, {stamp(view['received_at'], zone)}: {first}")


def _verdict_words(verdict: VerdictView, zone: str) -> str:
    """Return a verdict in words, like `page ana, first reply due Sat 2027-01-09 04:12`."""
    words = {
        "page": f"page {verdict.get('engineer') or 'nobody, since no person can be reached'}",
        "desk": "desk",
        "hold": f"hold until {stamp(verdict.get('hold_until'), zone)}",
    }[verdict["action"]]
    return f"{words}, first reply due {stamp(verdict['first_reply_due'], zone)}"


def _backend() -> AbstractContextManager[LocalBackend | RemoteBackend]:
    from oncall import wiring

    return open_backend(wiring.read_settings())
