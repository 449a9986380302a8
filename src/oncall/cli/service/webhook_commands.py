"""`oncall webhooks`: lists messages to webhooks and team channels, sent or waiting, and retries them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import bad_value, print_json, print_table, say, tell

if TYPE_CHECKING:
    from oncall.paging.ports.relay import RelayPlace, RelayState
    from oncall.paging.relay.retrying import RelayView

_MOST = 1000


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    webhooks = typer.Typer(
        help="List messages to webhooks and team channels.", invoke_without_command=True, rich_markup_mode=None
    )
    webhooks.callback()(list_messages)
    webhooks.command("retry")(retry_message)
    app.add_typer(webhooks, name="webhooks")


def list_messages(
    ctx: typer.Context,
    state: str | None = typer.Option(
        None,
        "--state",
        metavar="STATE",
        help="Only messages in this state: waiting, sent or quarantined; several with commas.",
    ),
    to: str | None = typer.Option(
        None,
        "--to",
        metavar="DESTINATION",
        help="Only messages to this destination, like webhook:helpdesk or channel:team.",
    ),
    after: str | None = typer.Option(
        None,
        "--after",
        metavar="NEXT",
        help="Continue the list: NEXT is the value of `next` in the JSON of the previous answer.",
    ),
    limit: int = typer.Option(
        100, "--limit", metavar="N", min=1, max=_MOST, help="How many messages at most, the newest first."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """List messages to webhooks and team channels.

    A message waits until its receiver accepts it. After three days and at least 20 sends it is quarantined: it is not
    sent again unless you ask for it. Works with ONCALL_SERVER, too.

    Example: oncall webhooks --state waiting,quarantined
    """
    if ctx.invoked_subcommand is not None:
        return
    from oncall import wiring
    from oncall.cli.backends.backend import open_backend
    from oncall.paging.ports.relay import RelayFilter

    wanted = RelayFilter(limit, to, _states(state), _place(after))
    with open_backend(wiring.read_settings()) as backend:
        found = backend.relay_messages(wanted)
    if json:
        print_json(found)
        return
    if not found["webhooks"]:
        tell("No messages to webhooks or team channels.")
        return
    print_table(("WRITTEN", "TO", "TYPE", "TICKET", "STATE", "ID"), [_row(each) for each in found["webhooks"]], names=2)
    if found["next"] is not None:
        tell(f"There are more: --after {found['next']}")


def _place(text: str | None) -> RelayPlace | None:
    from oncall.paging.ports.relay import RelayPlace

    place = RelayPlace.read(text) if text is not None else None
    if text is not None and place is None:
        raise bad_value(f'"{text[:60]}" is no page; write the `next` of the page before', "--after")
    return place


def _states(text: str | None) -> tuple[RelayState, ...]:
    from oncall.paging.ports.relay import RelayState

    try:
        return tuple(RelayState(word.strip()) for word in text.split(",")) if text is not None else ()
    except ValueError:
        raise bad_value(
            f'"{(text or "")[:40]}" is not a state; write waiting, sent or quarantined', "--state"
        ) from None


def _row(view: RelayView) -> list[str]:
    sends = f", sent {view['sends']} times" if view["sends"] > 1 else ""
    error = f": {view['error']}" if "error" in view and view["state"] != "sent" else ""
    written = view["written_at"][:16].replace("T", " ")
    return [written, view["to"], view["type"], view.get("ticket", ""), f"{view['state']}{sends}{error}", view["id"]]


def retry_message(
    message_id: str = typer.Argument(metavar="ID", help="The message's id, as `oncall webhooks` shows it."),
    json: bool = JSON_OPTION,
) -> None:
    """Send a waiting or quarantined message again now.

    The running pager sends it with the same id as before, so that the receiver can drop a repeat.

    Example: oncall webhooks retry msg_0b1c2d3e4f
    """
    from oncall import wiring
    from oncall.cli.backends.backend import open_backend

    with open_backend(wiring.read_settings()) as backend:
        again = backend.retry_relay_message(message_id)
    if json:
        print_json(again)
        return
    say(f"{again['id']} to {again['to']} is sent again now.")
