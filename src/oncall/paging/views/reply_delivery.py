"""Shows how the mail that sends a reply to a customer was delivered. No address is shown."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

from oncall.paging.domain.events import Event, SupportMessage
from oncall.paging.ports.relay import RelayMessage, RelayReads
from oncall.paging.relay.customer_mail import reply_mail_id

if TYPE_CHECKING:
    from oncall.paging.views.ticket_view_types import MailView


def mail_view(tx: RelayReads, event: Event, zone: tzinfo) -> MailView | None:
    """Return the state of the mail that sends a reply to the customer, as JSON.

    None if the event is not a reply or update, or if no mail was written for it. Times have the offset of `zone`.
    """
    message = _message(tx, event)
    if message is None:
        return None
    view: MailView = {
        "state": message.state.value,
        "id": message.id,
        "written_at": message.written_at.astimezone(zone).isoformat(),
        "sends": message.sends,
    }
    if message.sent_at is not None:
        view["sent_at"] = message.sent_at.astimezone(zone).isoformat()
    if message.error is not None:
        view["error"] = message.error
    return view


def mail_state(tx: RelayReads, event: Event) -> str | None:
    """Return a text that changes with each step in the delivery of a reply's mail; None if there is no such mail."""
    message = _message(tx, event)
    return f"{message.id}={message.state.value}, {message.sends}, {message.error}" if message is not None else None


def _message(tx: RelayReads, event: Event) -> RelayMessage | None:
    is_reply = isinstance(event, SupportMessage) and event.text is not None
    return tx.relay_message(reply_mail_id(event)) if is_reply else None
