"""The commands that act on a ticket: take, pass, reply, update, wait, resolve, reopen, merge and others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import typer

from oncall.cli.backends.backend import open_backend
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import print_json, say, tell
from oncall.errors import Conflict

TAKEN = " is taken by "
BY_OPTION = typer.Option(
    None, "--by", metavar="ENGINEER", help="The id of the person on the roster who acts; default: you."
)
REASON_OPTION = typer.Option("", "--reason", "--note", metavar="TEXT", help="The reason, for the ticket's log.")
MESSAGE_OPTION = typer.Option(
    "", "--message", metavar="TEXT", help="The customer's message, which the web page of the ticket shows."
)
REPLY_OPTION = typer.Option(
    "",
    "--message",
    metavar="TEXT",
    help="A message to the customer, shown on the ticket's web page and mailed to its contact.",
)
NOTE_OPTION = typer.Option("", "--note", metavar="TEXT", help="A note for the ticket's log.")
REFERENCE = typer.Argument(
    metavar="TICKET", help="The ticket's id or code. If X is one ticket's id and another's code, write id=X or code=X."
)


@dataclass(frozen=True, slots=True)
class TicketActionCommand:
    """A command that records one event of a ticket. kind: the event's kind. help: the text that `--help` shows."""

    name: str
    kind: str
    help: str


ACK = "acknowledged"
WORDED = ("replied", "updated")
"""Those kinds of NOTED_COMMANDS that may carry a message to the customer."""
NOTED_COMMANDS = (
    TicketActionCommand(
        "reply",
        "replied",
        """Record a reply to the customer.

        An open ticket becomes yours. A reply or update on a duplicate is recorded on the ticket into which the
        duplicate was merged.

        Examples: oncall reply T-1001 --by ana --note "called them"
        · oncall reply T-1001 --by ana --message "We restarted the broker. Please try again."
        """,
    ),
    TicketActionCommand(
        "update",
        "updated",
        """Record an update to the customer.

        The time for the next update starts now.

        Example: oncall update T-1001 --by ana --note "fix is being tested"
        """,
    ),
    TicketActionCommand(
        "wait",
        "waiting",
        """Record that you wait for the customer.

        If the policy says so, periodic updates pause until the customer writes.

        Example: oncall wait T-1001 --by ana --note "asked for the logs"
        """,
    ),
    TicketActionCommand(
        "resolve",
        "resolved",
        """Resolve a ticket, and free its code.

        Its code can then stand for another ticket.

        Example: oncall resolve T-1001 --by ana
        """,
    ),
    TicketActionCommand(
        "reopen",
        "reopened",
        """Open a resolved ticket again, as if it came in now.

        Example: oncall reopen T-1001 --by ana --note "it is back"
        """,
    ),
)


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("ack")(ack)
    app.command("take")(take)
    app.command("pass")(pass_on)
    for command in NOTED_COMMANDS:
        made = _worded if command.kind in WORDED else _noted
        app.command(command.name, help=command.help)(made(command.kind))
    app.command("customer-replied")(customer_replied)
    app.command("impact")(impact)
    app.command("merge")(merge)


def ack(reference: str = REFERENCE, by: str | None = BY_OPTION, json: bool = JSON_OPTION) -> None:
    """Take a free ticket, so that it pages nobody else.

    Everyone else who was paged for it gets a notice that you have it. To take a ticket over from another engineer, use
    `oncall take`. The customer gets no message: the first reply is still due, so record it with `oncall reply`.

    Examples: oncall ack 7K2 --by ana · oncall ack T-1001
    """
    _record(reference, ACK, by, "", as_json=json)


def take(
    reference: str = REFERENCE, by: str | None = BY_OPTION, reason: str = REASON_OPTION, json: bool = JSON_OPTION
) -> None:
    """Take a ticket, even from the engineer who has it.

    Both engineers get a notice, and the ticket's log records the change.

    Example: oncall take T-1001 --by ana --reason "Farid is on a train"
    """
    _record(reference, ACK, by, reason, as_json=json, take_over=True)


def pass_on(
    reference: str = REFERENCE,
    to: str | None = typer.Option(None, "--to", metavar="ENGINEER", help="The person to page, by id."),
    by: str | None = BY_OPTION,
    reason: str = REASON_OPTION,
    json: bool = JSON_OPTION,
) -> None:
    """Pass a ticket on: page the next person now.

    Pages the next person of the escalation, or the person whom --to names. You and the engineer who has the ticket
    are not paged. If the next person does not answer, the escalation continues.

    Examples: oncall pass 7K2 --by ana · oncall pass T-1001 --to grace --reason "she knows this customer"
    """
    _record(reference, "passed", by, reason, as_json=json, to=to)


def _noted(kind: str) -> Callable[..., None]:
    def command(
        reference: str = REFERENCE, by: str | None = BY_OPTION, note: str = NOTE_OPTION, json: bool = JSON_OPTION
    ) -> None:
        _record(reference, kind, by, note, as_json=json)

    return command


def _worded(kind: str) -> Callable[..., None]:
    def command(
        reference: str = REFERENCE,
        by: str | None = BY_OPTION,
        message: str = REPLY_OPTION,
        note: str = NOTE_OPTION,
        json: bool = JSON_OPTION,
    ) -> None:
        _record(reference, kind, by, note, as_json=json, message=message)

    return command


def customer_replied(
    reference: str = REFERENCE,
    by: str | None = BY_OPTION,
    message: str = MESSAGE_OPTION,
    note: str = NOTE_OPTION,
    thanks: bool = typer.Option(
        False, "--thanks", help="The message needs no reply: start no clock and reopen nothing."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Record a message from the customer.

    The time for the next reply runs from the oldest message without an answer. A resolved ticket opens again. A message
    on a duplicate is recorded on the ticket into which the duplicate was merged.

    Examples: oncall customer-replied T-1001 --by zendesk · oncall customer-replied T-1001 --thanks
    """
    needs_reply = False if thanks else None
    _record(reference, "customer_replied", by, note, as_json=json, needs_reply=needs_reply, message=message)


def impact(
    reference: str = REFERENCE,
    level: str = typer.Argument(metavar="LEVEL", help="urgent (or critical), high, normal or low."),
    by: str | None = BY_OPTION,
    note: str = NOTE_OPTION,
    json: bool = JSON_OPTION,
) -> None:
    """Change a ticket's impact.

    The ticket gets a new verdict. Running clocks keep their start and get the targets of the new impact.

    Example: oncall impact T-1001 high --by ana --note "more users hit"
    """
    _record(reference, "impact_changed", by, note, as_json=json, impact=level)


def merge(
    reference: str = REFERENCE,
    into: str = typer.Argument(metavar="INTO", help="The id of the ticket to merge it into."),
    by: str | None = BY_OPTION,
    note: str = NOTE_OPTION,
    json: bool = JSON_OPTION,
) -> None:
    """Merge a duplicate into another ticket.

    Both tickets must belong to one customer. The duplicate is closed. The replies and updates that were due on it are
    due on the other ticket, at the same time or earlier.

    Example: oncall merge T-1002 T-1001 --by ana
    """
    _record(reference, "merged", by, note, as_json=json, into=into)


def _record(
    reference: str, kind: str, by: str | None, note: str, *, as_json: bool, **details: str | bool | None
) -> None:
    from oncall import wiring

    with open_backend(wiring.read_settings()) as backend:
        answer = backend.event(reference, {"kind": kind, "by": by, "why": note, **details})
    if as_json:
        print_json(answer)
    if kind == ACK and not answer["changed"] and TAKEN in answer["message"]:
        raise Conflict(f"{answer['message']} To take it over: oncall take {answer['id']}")
    if not as_json:
        say(answer["message"])
    if "note" in answer:
        tell(f"Note: {answer['note']}.", colour="yellow")
