"""Signs customers in to the portal: by a link that works once, or by a link that the company's own portal signed."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, TypedDict

from oncall.errors import NotFound
from oncall.paging.actions.sign_in import LINK_LENGTH, SECRET_BYTES, SESSION_LENGTH, SignedIn, digest_of, wanted_text
from oncall.paging.domain.quoted_text import quoted
from oncall.paging.ports.outgoing_mail import MAIL_ADDRESS
from oncall.paging.ports.sign_in_store import LoginLink, PageSession, SignIns
from oncall.support.json_types import IsoTime
from oncall.support.policy import Customer, Policy

CONTACT = "contact:"
"""The prefix before the mail address in `person` of a contact's link or session. No id on a roster has a colon."""
LONGEST_ADDRESS = 200
SIGNED_FOR = timedelta(minutes=5)
"""How long a signed link is valid, before and after the time that it contains."""


class PortalLinkView(TypedDict):
    """A new link that signs a customer's contact in to the portal."""

    contact: Annotated[str, "The mail address of the contact."]
    customer: Annotated[str, "The customer that the contact belongs to."]
    url: Annotated[str, "The link. It works once and is shown once; the service keeps only its digest."]
    expires_at: Annotated[IsoTime, "From this instant on the link is refused."]


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact in the customers file. address: in small letters.

    session: the digest of the contact's session; empty before the sign-in.
    """

    address: str
    customer: Customer
    session: str = ""


def contact_with(address: str, policy: Policy) -> Contact | None:
    """Return the contact with this mail address; None if no customer of the policy has it.

    Letter case does not matter.
    """
    wanted = address.strip().lower()
    for customer in policy.customers if MAIL_ADDRESS.fullmatch(wanted) else ():
        if any(wanted in (found.lower() for found in MAIL_ADDRESS.findall(line)) for line in customer.contacts):
            return Contact(wanted, customer)
    return None


def wanted_contact(posted: object) -> str:
    """Return the contact's mail address from a posted body. Raises FieldFaults if it is missing or wrong."""
    return wanted_text(posted, "contact", body="portal_link", example="joe@acme.example", longest=LONGEST_ADDRESS)


def make_portal_link(
    tx: SignIns, policy: Policy, address: str, *, by: str, public_url: str, real_now: datetime
) -> PortalLinkView:
    """Store a new link that signs a contact in. Returns it. Raises NotFound if no contact has the address.

    by: who created the link. public_url: the web address of this service. real_now: aware UTC.
    """
    contact = contact_with(address, policy)
    if contact is None:
        raise NotFound(f"no customer has the contact {quoted(address)}; add it to `contacts:` in the customers file")
    secret, ends_at = secrets.token_urlsafe(SECRET_BYTES), real_now + LINK_LENGTH
    tx.forget_sign_ins(ended_by=real_now)
    tx.add_login_link(LoginLink(digest_of(secret), CONTACT + contact.address, by, real_now, ends_at))
    url = f"{public_url.rstrip('/')}/portal/link/{secret}"
    return {
        "contact": contact.address,
        "customer": contact.customer.name,
        "url": url,
        "expires_at": ends_at.isoformat(),
    }


def portal_sign_in(secret: str, tx: SignIns, policy: Policy, *, real_now: datetime) -> SignedIn | None:
    """Use a link: delete it and start a session. Returns None for a link that is unknown, was used or has ended."""
    link = tx.take_login_link(digest_of(secret))
    if link is None or link.ends_at <= real_now or not link.person.startswith(CONTACT):
        return None
    contact = contact_with(link.person.removeprefix(CONTACT), policy)
    return None if contact is None else _session_of(contact, tx, real_now)


def signature_of(secret: str, contact: str, at: str) -> str:
    """Return the signature (hex) of a link by the company's own portal.

    It is the HMAC-SHA256 of the contact's address, a line feed and `at`. at: seconds since 1970, in decimal digits.
    """
    return hmac.new(secret.encode(), f"{contact}\n{at}".encode(), hashlib.sha256).hexdigest()


def signed_sign_in(
    fields: Mapping[str, str], key: str, tx: SignIns, policy: Policy, *, real_now: datetime
) -> SignedIn | None:
    """Sign a contact in by a link that the company's own portal signed. Each link works once.

    fields: `contact`, `at` and `signature`. key: the shared secret. Returns None if the link is forged, too old or
    used.
    """
    contact, at, signature = (fields.get(name, "") for name in ("contact", "at", "signature"))
    if not key or not (at.isascii() and at.isdigit() and len(at) <= 12):
        return None
    if not hmac.compare_digest(signature_of(key, contact, at).encode(), signature.encode(errors="replace")):
        return None
    if abs(real_now.timestamp() - int(at)) > SIGNED_FOR.total_seconds():
        return None
    known = contact_with(contact, policy)
    mark = digest_of(f"signed:{signature}")
    before = tx.take_login_link(mark)
    # The mark of a used signature is an unusable link, which is forgotten when the signature has ended.
    tx.forget_sign_ins(ended_by=real_now)
    tx.add_login_link(LoginLink(mark, "", "portal", real_now, real_now + 2 * SIGNED_FOR))
    return None if before is not None or known is None else _session_of(known, tx, real_now)


def contact_of(session_id: str, tx: SignIns, policy: Policy, *, real_now: datetime) -> Contact | None:
    """Return the contact of a session; None if the session has ended or the contact has left the customers file."""
    session = tx.page_session(digest_of(session_id))
    if session is None or session.ends_at <= real_now or not session.person.startswith(CONTACT):
        return None
    known = contact_with(session.person.removeprefix(CONTACT), policy)
    return None if known is None else Contact(known.address, known.customer, session.digest)


def _session_of(contact: Contact, tx: SignIns, real_now: datetime) -> SignedIn:
    session_id = secrets.token_urlsafe(SECRET_BYTES)
    person, ends_at = CONTACT + contact.address, real_now + SESSION_LENGTH
    tx.add_page_session(PageSession(digest_of(session_id), person, real_now, ends_at))
    return SignedIn(person, session_id)
