"""Writes what subscribers to the status page get by SMS: the code that proves their number, and notices."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from oncall.paging.outgoing.sms_encoding import encoding_for, fitted
from oncall.paging.ports.outgoing_sms import OutgoingSms, sms_body
from oncall.paging.ports.relay import SUBSCRIBER_CODES, SUBSCRIBER_SMS, RelayMessage
from oncall.paging.ports.subscribers import Subscriber
from oncall.status.subscribed_notice import Notice
from oncall.support.status_file import StatusPage

CODE_LASTS = timedelta(minutes=10)
"""How long (real time) a code is valid."""
NOTICE_LASTS = timedelta(hours=6)
"""How late (real time) a notice by SMS may be sent. A later one is dropped; the status page shows the present state."""
_ENDING = "STOP ends these texts."
_LONGEST_PAGE = 30


def code_message(subscriber: Subscriber, token: str, code: str, page: StatusPage, real_now: datetime) -> RelayMessage:
    """Return the SMS with the code that proves a number. token: the token of the form that the code is typed into."""
    words = f"{code} is your code for notices of {_name(page)}. It works for 10 minutes. Not you? Do nothing."
    sms = OutgoingSms(subscriber.address, fitted(words), real_now + CODE_LASTS)
    return _message(sms, SUBSCRIBER_CODES, subscriber, "status.code", f"code|{token}", 0, real_now)


def notice_sms(
    notice: Notice, subscriber: Subscriber, page: StatusPage, *, base: str, real_now: datetime
) -> RelayMessage:
    """Return the SMS with one notice to one subscriber.

    Its id is computed from the notice and the subscriber, so that it is stored only once.
    """
    link = notice.link if "://" in notice.link else base + notice.link
    ending = f" {link} {_ENDING}"
    writing = encoding_for([notice.title, *notice.names], unicode=True).with_parts(2)
    named = f" ({', '.join(notice.names)})" if notice.names else ""
    words = writing.spell(f"{_name(page)}: {notice.title}{named}, {notice.time}")
    # Only the title is cut: the link and the words about STOP must stay whole.
    text = writing.cut(words, writing.limit - writing.width(ending)) + ending
    sms = OutgoingSms(subscriber.address, text, real_now + NOTICE_LASTS)
    name = f"{notice.seq}|{subscriber.id}"
    return _message(sms, SUBSCRIBER_SMS, subscriber, "status.notice", name, notice.seq, real_now)


def _name(page: StatusPage) -> str:
    return page.name[:_LONGEST_PAGE]


def _message(
    sms: OutgoingSms, to: str, subscriber: Subscriber, kind: str, name: str, position: int, real_now: datetime
) -> RelayMessage:
    delivery = "msg_" + hashlib.sha256(name.encode()).hexdigest()[:32]
    return RelayMessage(delivery, to, kind, subscriber.id, position, sms_body(sms), real_now, real_now)
