"""A ticket's life in the terminal: take it, reply, update, wait, change its impact, resolve, reopen, merge."""

from __future__ import annotations

from typing import Any

import typer

from oncall.cli.backend import open_backend
from oncall.cli.output import JSON_OPTION, print_json, say, tell
from oncall.errors import Conflict

TAKEN = " is taken by "
BY_OPTION = typer.Option(None, "--by", help="Who did it: an engineer's id; your user name when absent.")
NOTE_OPTION = typer.Option("", "--note", help="A word for the log.")
REFERENCE = typer.Argument(help="The ticket's id, or the code of its page.")


def register(app: typer.Typer) -> None:
    """Add these commands to the front door."""
    app.command("ack")(ack)
    app.command("take")(take)
    app.command("pass")(pass_on)
    app.command("reply")(reply)
    app.command("update")(update)
    app.command("customer-replied")(customer_replied)
    app.command("wait")(wait)
    app.command("impact")(impact)
    app.command("resolve")(resolve)
    app.command("reopen")(reopen)
    app.command("merge")(merge)


def ack(reference: str = REFERENCE, by: str | None = BY_OPTION, json: bool = JSON_OPTION) -> None:
    """Take a ticket: escalation stops, and whoever was paged and is no longer needed is told who has it.

    The customer has heard nothing by that: the first reply stays owed until `oncall reply`.

    Examples: oncall ack 7K2 --by ana · oncall ack T-1001
    """
    _event(reference, "acknowledged", by, "", json)


def take(reference: str = REFERENCE, by: str | None = BY_OPTION, json: bool = JSON_OPTION) -> None:
    """Take a ticket; another word for `oncall ack`.

    Example: oncall take T-1001 --by ana
    """
    _event(reference, "acknowledged", by, "", json)


def pass_on(reference: str = REFERENCE, by: str | None = BY_OPTION, json: bool = JSON_OPTION) -> None:
    """Escalate a ticket now: the next step fires at once.

    Example: oncall pass 7K2 --by ana
    """
    _event(reference, "passed", by, "", json)


def reply(
    reference: str = REFERENCE, by: str | None = BY_OPTION, why: str = NOTE_OPTION, json: bool = JSON_OPTION
) -> None:
    """Record that the customer was replied to; an open ticket is yours then.

    On a duplicate it counts on the ticket that goes on; so does an update.

    Example: oncall reply T-1001 --by ana --note "called them"
    """
    _event(reference, "replied", by, why, json)


def update(
    reference: str = REFERENCE, by: str | None = BY_OPTION, why: str = NOTE_OPTION, json: bool = JSON_OPTION
) -> None:
    """Record that the customer was told how it stands; the next update is owed from then on.

    Example: oncall update T-1001 --by ana --note "fix is being tested"
    """
    _event(reference, "updated", by, why, json)


def customer_replied(
    reference: str = REFERENCE,
    by: str | None = BY_OPTION,
    why: str = NOTE_OPTION,
    thanks: bool = typer.Option(False, "--thanks", help="It asks for nothing: no clock starts, nothing is reopened."),
    json: bool = JSON_OPTION,
) -> None:
    """Record that the customer wrote; the next reply is owed from the oldest message that nobody has answered.

    A resolved ticket is open again by it; on a duplicate, it counts on the ticket that goes on.

    Examples: oncall customer-replied T-1001 --by zendesk · oncall customer-replied T-1001 --thanks
    """
    _event(reference, "customer_replied", by, why, json, needs_reply=False if thanks else None)


def wait(
    reference: str = REFERENCE, by: str | None = BY_OPTION, why: str = NOTE_OPTION, json: bool = JSON_OPTION
) -> None:
    """Record that the customer is waited for: periodic updates pause where the policy says so, until they write.

    Example: oncall wait T-1001 --by ana --note "asked for the logs"
    """
    _event(reference, "waiting", by, why, json)


def impact(
    reference: str = REFERENCE,
    level: str = typer.Argument(metavar="LEVEL", help="urgent (or critical), high, normal or low."),
    by: str | None = BY_OPTION,
    why: str = NOTE_OPTION,
    json: bool = JSON_OPTION,
) -> None:
    """Change a ticket's impact: it is judged again, and running clocks get their new targets from their own start.

    Example: oncall impact T-1001 high --by ana --note "more users hit"
    """
    _event(reference, "impact_changed", by, why, json, impact=level)


def resolve(
    reference: str = REFERENCE, by: str | None = BY_OPTION, why: str = NOTE_OPTION, json: bool = JSON_OPTION
) -> None:
    """Record that a ticket is solved; its code is free again.

    Example: oncall resolve T-1001 --by ana
    """
    _event(reference, "resolved", by, why, json)


def reopen(
    reference: str = REFERENCE, by: str | None = BY_OPTION, why: str = NOTE_OPTION, json: bool = JSON_OPTION
) -> None:
    """Open a resolved ticket again: it is judged as if it came in now.

    Example: oncall reopen T-1001 --by ana --note "it is back"
    """
    _event(reference, "reopened", by, why, json)


def merge(
    reference: str = REFERENCE,
    into: str = typer.Argument(metavar="INTO", help="The id of the ticket that goes on."),
    by: str | None = BY_OPTION,
    why: str = NOTE_OPTION,
    json: bool = JSON_OPTION,
) -> None:
    """Record that a ticket is a duplicate of another one of the same customer: it is over, and what was owed on it is
    owed, no later, on that one.

    Example: oncall merge T-1002 T-1001 --by ana
    """
    _event(reference, "merged", by, why, json, into=into)


def _event(reference: str, kind: str, by: str | None, why: str, as_json: bool, **details: Any) -> None:
    from oncall import wiring

    with open_backend(wiring.read_settings()) as backend:
        answer = backend.event(reference, {"kind": kind, "by": by, "why": why, **details})
    if as_json:
        print_json(answer)
    elif kind == "acknowledged" and not answer["changed"] and TAKEN in answer["message"]:
        raise Conflict(answer["message"])
    else:
        say(answer["message"])
    if "note" in answer:
        tell(f"Note: {answer['note']}.", colour="yellow")
