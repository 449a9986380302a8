"""`oncall handoff`: shows the handoff to the next shift, or adds a note to it."""

from __future__ import annotations

import typer

from oncall.cli.backends.backend import open_backend
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import bad_value, print_json, say


def register(app: typer.Typer) -> None:
    """Add the command of this file to the program."""
    app.command("handoff")(handoff)


def handoff(
    note: str | None = typer.Option(
        None, "--note", metavar="TEXT", help="Write a note for the engineers of the next shift, on one line."
    ),
    last: bool = typer.Option(False, "--last", help="Show the shift that ended at the latest handoff."),
    by: str | None = typer.Option(
        None, "--by", metavar="ENGINEER", help="The id of the engineer who writes the note; default: you."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Show what the next shift should know, or add a note.

    Shows the open tickets and the clock that ends first, the pages of the shift, tickets held for the next shift, and
    notes. At each handoff the pager texts a summary to the engineers who come on call.

    Examples: oncall handoff · oncall handoff --last · oncall handoff --note "Acme tests its failover at 22:00"
    """
    from oncall import wiring
    from oncall.paging.outgoing.handoff_view import handoff_text

    if note is not None and last:
        raise bad_value("a note is for the running shift; leave out --last", "--note")
    if by is not None and note is None:
        raise bad_value("names who writes a note; write --note, too", "--by")
    settings = wiring.read_settings()
    with open_backend(settings) as backend:
        if note is not None:
            view = backend.handoff_note(note, by or settings.engineer)
        else:
            view = backend.handoff(is_last=last)
    if json:
        print_json(view)
        return
    for line in handoff_text(view).splitlines():
        say(line)
