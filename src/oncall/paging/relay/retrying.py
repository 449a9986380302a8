"""Sends a relay message again if a person asks for it, and shows messages as JSON."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal, NotRequired, TypedDict

from oncall.errors import NotFound, Refused
from oncall.paging.ports.relay import RelayFilter, RelayMessage, RelayMessages, RelayState
from oncall.support.json_types import IsoTime


class RelayView(TypedDict):
    """A message to a webhook, a team channel, a subscriber or a customer, without its body."""

    id: Annotated[str, "The message's id, the same for every send; webhooks get it as `webhook-id`."]
    to: Annotated[
        str,
        "`webhook:NAME`, `channel:NAME`; of subscribers `mail:subscribers`, `sms:subscribers`, `sms:codes`, `hook:ID`.",
    ]
    type: Annotated[str, "The kind of event, like `ticket.paged`; for a team channel its topic."]
    ticket: NotRequired[str]
    state: Annotated[Literal["waiting", "sent", "quarantined"], "quarantined: not sent again unless a person asks."]
    written_at: IsoTime
    sends: Annotated[int, "How often it was sent."]
    next_at: NotRequired[Annotated[IsoTime, "When it is sent next."]]
    sent_at: NotRequired[Annotated[IsoTime, "When it arrived."]]
    error: NotRequired[Annotated[str, "Why the last send failed."]]


class RelayListView(TypedDict):
    """A part of the list of messages that the relay sends, the newest first."""

    webhooks: list[RelayView]
    next: Annotated[str | None, "Pass it as `after` to get the next page; null on the last page."]


def relay_view(message: RelayMessage) -> RelayView:
    """Return a message as JSON, without its body."""
    view: RelayView = {
        "id": message.id,
        "to": message.to,
        "type": message.kind,
        "state": message.state.value,
        "written_at": message.written_at.isoformat(),
        "sends": message.sends,
    }
    if message.ticket is not None and not message.kind.startswith("status."):
        view["ticket"] = message.ticket
    if message.due_at is not None:
        view["next_at"] = message.due_at.isoformat()
    if message.sent_at is not None:
        view["sent_at"] = message.sent_at.isoformat()
    if message.error is not None:
        view["error"] = message.error
    return view


def relay_list(tx: RelayMessages, wanted: RelayFilter) -> RelayListView:
    """Return a part of the list of relay messages as JSON, the newest first."""
    found = tx.relay_messages(replace(wanted, limit=wanted.limit + 1))
    shown = found[: wanted.limit]
    following = str(shown[-1].place) if len(found) > wanted.limit else None
    return {"webhooks": [relay_view(message) for message in shown], "next": following}


def retry(tx: RelayMessages, message_id: str, *, real_now: datetime) -> RelayView:
    """Make a waiting or quarantined message due now. Returns it as JSON.

    Raises NotFound for an unknown id, and Refused for a message that has arrived.
    """
    message = tx.relay_message(message_id)
    if message is None:
        raise NotFound(f'there is no message "{message_id[:60]}"; `oncall webhooks` lists them')
    if message.state is RelayState.SENT:
        raise Refused(f"{message.id} has arrived already; it is not sent again")
    # It counts as written now, or the next failure would quarantine it at once.
    again = replace(message, due_at=real_now, written_at=real_now)
    tx.update_relay_messages([again])
    return relay_view(again)
