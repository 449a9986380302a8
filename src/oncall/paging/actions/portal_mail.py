"""The mail that brings a contact of a customer the link to the portal."""

from __future__ import annotations

import secrets
from datetime import datetime

from oncall.paging.actions.portal_sign_in import PortalLinkView
from oncall.paging.ports.outgoing_mail import OutgoingMail, mail_body
from oncall.paging.ports.relay import CUSTOMER_MAIL, RelayMessage


def portal_link_mail(link: PortalLinkView, real_now: datetime) -> RelayMessage:
    """Return the mail with a link that signs in once. real_now: aware UTC."""
    text = (
        "Open this link to sign in to the support portal. It works once, for 15 minutes.\n\n"
        f"{link['url']}\n\nIf you did not ask for it, no action is needed.\n"
    )
    body = mail_body(OutgoingMail(link["contact"], "Your link to the support portal", text))
    name = f"msg_{secrets.token_hex(16)}"
    return RelayMessage(name, CUSTOMER_MAIL, "portal.link", None, 0, body, real_now, real_now)
