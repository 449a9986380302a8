"""`oncall reminders`: shows or changes an engineer's reminders and courtesy notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import bad_value, print_json, say

if TYPE_CHECKING:
    from oncall.paging.actions.reminder_choices import ReminderChoiceView

NAMES = ("week", "day", "hour")


def register(app: typer.Typer) -> None:
    """Add the command of this file to the program."""
    app.command("reminders")(reminders)


def reminders(
    engineer: str | None = typer.Argument(None, metavar="[ENGINEER]", help="The engineer's id; default: your own."),
    before: str | None = typer.Option(
        None,
        "--before",
        metavar="WHEN",
        help=(
            "How long before a shift: week, day or hour, several with commas; `none` "
            "for no reminder; `policy` for the policy's choice."
        ),
    ),
    quiet: bool | None = typer.Option(
        None,
        "--quiet/--no-quiet",
        help="Send no courtesy notices. These say that a ticket is taken, or brief you at a handoff.",
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Show or choose your reminders and courtesy notices.

    You always get pages, texts that ask for an answer, and texts about changes of your shifts.

    Examples: oncall reminders · oncall reminders --before day,hour · oncall reminders ana --before policy --no-quiet
    """
    from oncall import wiring
    from oncall.cli.backends.backend import open_backend

    body: dict[str, object] = {}
    if before is not None:
        body["reminders"] = _choice(before)
    if quiet is not None:
        body["quiet"] = quiet
    settings = wiring.read_settings()
    with open_backend(settings) as backend:
        view = backend.reminders(engineer or settings.engineer, body)
    if json:
        print_json(view)
        return
    _show(view)


def _choice(text: str) -> str | list[str]:
    if text in ("policy", "none"):
        return text if text == "policy" else []
    names = text.split(",")
    if not set(names) <= set(NAMES) or len(set(names)) < len(names):
        raise bad_value(f'"{text[:40]}" is not a choice; write one like day,hour, or none, or policy', "--before")
    return names


def _show(view: ReminderChoiceView) -> None:
    from datetime import timedelta

    from oncall.support.wording import exact_span

    spans = [exact_span(timedelta(seconds=each)) for each in view["before_seconds"]]
    source = "as the policy says" if view["reminders"] is None else "as chosen"
    say(f"Reminders of {view['engineer']}, {source}: {', '.join(spans) + ' before a shift' if spans else 'none'}.")
    say(f"Courtesy notices: {'none' if view['quiet'] else 'yes'}. Pages always come.")
