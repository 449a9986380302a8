"""Writes the mails of the portal: a sign-in link for a contact, and a copy of a ticket for another team."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from oncall.paging.actions.portal_sign_in import PortalLinkView
from oncall.paging.ports.outgoing_mail import OutgoingMail, mail_body
from oncall.paging.ports.relay import CUSTOMER_MAIL, RelayMessage
from oncall.paging.relay.ticket_messages import message_id


def portal_link_mail(link: PortalLinkView, real_now: datetime) -> RelayMessage:
    """Return the mail with a link that signs a contact in once. real_now: aware UTC."""
    text = (
        "Open this link to sign in to the support portal. It works once, for 15 minutes.\n\n"
        f"{link['url']}\n\nIf you did not ask for it, no action is needed.\n"
    )
    body = mail_body(OutgoingMail(link["contact"], "Your link to the support portal", text))
    name = f"msg_{secrets.token_hex(16)}"
    return RelayMessage(name, CUSTOMER_MAIL, "portal.link", None, 0, body, real_now, real_now)


@dataclass(frozen=True, slots=True)
class RoutedForm:
    """The content of the mail that sends a portal ticket to another team. contact: the customer's mail address."""

    ticket: str
    customer: str
    contact: str
    subject: str
    message: str


def routed_mail(form: RoutedForm, to: str, real_now: datetime) -> RelayMessage:
    """Return the mail that sends a portal ticket to the team at `to`. real_now: aware UTC.

    Answers to it go to the customer. The mail's id is computed from the ticket's, so that the mail is stored only once.
    """
    text = (
        f"{form.customer} wrote on the portal:\n\n{form.message}\n\n-- \n"
        f"Answer this mail to write to {form.contact}. The support desk has the ticket, too: {form.ticket}.\n"
    )
    headers = {"Reply-To": form.contact, "Auto-Submitted": "no"}
    body = mail_body(OutgoingMail(to, f"[{form.ticket}] {form.subject}", text, headers))
    name = message_id(CUSTOMER_MAIL, f"{form.ticket}|routed")
    return RelayMessage(name, CUSTOMER_MAIL, "portal.routed", form.ticket, 0, body, real_now, real_now)
