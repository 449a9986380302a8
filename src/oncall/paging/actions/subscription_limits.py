"""Limits that keep strangers from filling a mailbox or a phone through the status page, checked before any write."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from oncall.errors import Refused
from oncall.paging.ports.subscribers import Subscribers
from oncall.support.phones import EXAMPLE_PHONE, canonical_phone, costs_extra, is_e164, why_impossible

LONGEST_ADDRESS = 254
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class AskLimits:
    """How many requests to subscribe are allowed, by mail or by SMS.

    key: the prefix of the keys under which requests are counted. address, sent: words in error messages for the address
    and for what it gets. for_address: the most requests for one address in a day. from_source: the most from one
    network in an hour. for_page: the most in all in an hour.
    """

    key: str
    address: str
    sent: str
    for_address: int
    from_source: int
    for_page: int


MAIL_LIMITS = AskLimits("", "address", "mails", 3, 20, 1000)
SMS_LIMITS = AskLimits("sms-", "number", "codes", 3, 5, 100)
"""Texts cost money, so fewer requests are allowed."""
ROLES = frozenset((
    "abuse", "admin", "administrator", "bounce", "donotreply", "ftp", "hostmaster", "info", "mailer-daemon",
    "marketing", "news", "no-reply", "noc", "noreply", "postmaster", "root", "sales", "security", "spam", "support",
    "usenet", "uucp", "webmaster", "www",
))  # fmt: skip
"""Names of shared mailboxes (RFC 2142) and of automatic senders."""
_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]+")


_GMAIL = ("gmail.com", "googlemail.com")
HOOKS_OF_A_HOST = 20
"""The most webhooks of one host that may subscribe in a day, because every notice is then posted to all of them."""


class AskedTooOften(Refused):
    """Raised if there were more requests to subscribe than the limits allow. Nothing was written."""


def mail_address(text: str) -> str:
    """Return a mail address in small letters. Raises Refused for other text, and for a shared mailbox."""
    address = text.strip().lower()
    local = address.partition("@")[0]
    is_dotted = local.startswith(".") or local.endswith(".") or ".." in local
    if len(address) > LONGEST_ADDRESS or is_dotted or not _ADDRESS.fullmatch(address):
        raise Refused("this is not a mail address; write one like ana@example.com")
    if local.partition("+")[0] in ROLES:
        raise Refused(f'"{local}" is a shared mailbox, which gets no notices; write the address of a person')
    return address


def phone_number(text: str) -> str:
    """Return a typed phone number in the form of `canonical_phone`.

    Raises Refused for a number that must get no text.
    """
    number = re.sub(r"[\s().\-/]", "", text[:LONGEST_ADDRESS])
    if not is_e164(number):
        raise Refused(f"this is not a phone number with its country code; write one like {EXAMPLE_PHONE}")
    if (why := why_impossible(number)) is not None:
        raise Refused(f"this phone number is not right: {why}")
    if costs_extra(number):
        # Strangers who own such numbers would earn from every code.
        raise Refused("a text to this number costs extra, so none goes there; write the number of a mobile phone")
    return canonical_phone(number)


def number_digest(number: str) -> str:
    """Return the digest (hex) that the store has for a number that sent STOP. The number itself is not stored."""
    return _digest(f"stopped|{canonical_phone(number)}")


def check_limits(
    tx: Subscribers, address: str, source: str, real_now: datetime, limits: AskLimits = MAIL_LIMITS
) -> tuple[str, ...]:
    """Check the limits for requests to subscribe. Returns the keys under which the caller must count this request.

    source: the network that the request came from. Raises AskedTooOften if the address, the network or the whole status
    page is at its limit; nothing is stored before.
    """
    of_address, of_source = f"{limits.key}address:{_digest(_mailbox(address))}", f"{limits.key}source:{_digest(source)}"
    of_page = f"{limits.key}page"
    # Several processes may be asked at the same moment.
    tx.lock_subscription_asks()
    if tx.subscription_asks(of_address, since=real_now - DAY) >= limits.for_address:
        sent = f"this {limits.address} was sent {limits.for_address} {limits.sent} today"
        raise AskedTooOften(f"{sent}; try again tomorrow")
    if tx.subscription_asks(of_source, since=real_now - HOUR) >= limits.from_source:
        raise AskedTooOften("too many subscriptions were asked for from your network; try again in an hour")
    if tx.subscription_asks(of_page, since=real_now - HOUR) >= limits.for_page:
        raise AskedTooOften("too many subscriptions were asked for; try again in an hour")
    return of_address, of_source, of_page


def check_host(tx: Subscribers, url: str, real_now: datetime) -> str:
    """Check the limit for webhooks of one host. Returns the key under which the caller must count this request.

    Raises AskedTooOften if the host is at its limit; nothing is stored before.
    """
    key = f"host:{_digest(urlsplit(url).hostname or url)}"
    tx.lock_subscription_asks()
    if tx.subscription_asks(key, since=real_now - DAY) >= HOOKS_OF_A_HOST:
        raise AskedTooOften("too many webhooks of this host were subscribed today; try again tomorrow")
    return key


def _mailbox(address: str) -> str:
    """Return a mail address without its `+tag`, and without the dots that Gmail ignores: all reach the same mailbox."""
    local, at, domain = address.partition("@")
    local = local.partition("+")[0] or local
    return (local.replace(".", "") if domain in _GMAIL else local) + at + domain


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
