"""What keeps strangers from filling a mailbox through the status page: checks before anything is written."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

from oncall.errors import Refused
from oncall.paging.ports.subscribers import Subscribers

LONGEST_ADDRESS = 254
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MOST_FOR_ADDRESS, MOST_FROM_SOURCE, MOST_FOR_PAGE = 3, 20, 1000
"""Mails to one address in a day; asks from one source in an hour; asks of everyone in an hour."""
ROLES = frozenset((
    "abuse", "admin", "administrator", "bounce", "donotreply", "ftp", "hostmaster", "info", "mailer-daemon",
    "marketing", "news", "no-reply", "noc", "noreply", "postmaster", "root", "sales", "security", "spam", "support",
    "usenet", "uucp", "webmaster", "www",
))  # fmt: skip
"""Names of shared mailboxes (RFC 2142, and those that send by themselves)."""
_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]+")


class AskedTooOften(Refused):
    """A subscription was asked for more often than the limits allow. Nothing was written."""


def mail_address(text: str) -> str:
    """Return a mail address in small letters. Raises Refused for text that is none, and for a shared mailbox."""
    address = text.strip().lower()
    local = address.partition("@")[0]
    is_dotted = local.startswith(".") or local.endswith(".") or ".." in local
    if len(address) > LONGEST_ADDRESS or is_dotted or not _ADDRESS.fullmatch(address):
        raise Refused("this is not a mail address; write one like ana@example.com")
    if local.partition("+")[0] in ROLES:
        raise Refused(f'"{local}" is a shared mailbox, which gets no notices; write the address of a person')
    return address


def check_limits(tx: Subscribers, address: str, source: str, real_now: datetime) -> tuple[str, ...]:
    """Return the keys under which an ask is counted. Raises AskedTooOften before anything is written.

    source: the network that the request came from.
    """
    of_address, of_source = f"address:{_digest(address)}", f"source:{_digest(source)}"
    if tx.subscription_asks(of_address, since=real_now - DAY) >= MOST_FOR_ADDRESS:
        raise AskedTooOften(f"this address was sent {MOST_FOR_ADDRESS} mails today; try again tomorrow")
    if tx.subscription_asks(of_source, since=real_now - HOUR) >= MOST_FROM_SOURCE:
        raise AskedTooOften("too many subscriptions were asked for from your network; try again in an hour")
    if tx.subscription_asks("page", since=real_now - HOUR) >= MOST_FOR_PAGE:
        raise AskedTooOften("too many subscriptions were asked for; try again in an hour")
    return of_address, of_source, "page"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
