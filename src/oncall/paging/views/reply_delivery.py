"""How the mail with a reply to a customer was delivered, as JSON and in words. No address is shown."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

from oncall.paging.domain.events import Event, SupportMessage
from oncall.paging.ports.relay import RelayReads
from oncall.paging.relay.customer_mail import reply_mail_id

if TYPE_CHECKING:
    from oncall.paging.views.ticket_view_types import MailView


def mail_view(tx: RelayReads, event: Event, zone: tzinfo) -> MailView | None:
    """Return the delivery of the mail with a reply; None for another event, and for a reply that no mail carries."""
    if not isinstance(event, SupportMessage) or event.text is None:
        return None
    message = tx.relay_message(reply_mail_id(event))
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
