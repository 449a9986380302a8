"""Writes what subscribers to the status page get by mail or webhook: links and notices."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from oncall.paging.outgoing.subscriber_sms import notice_sms
from oncall.paging.ports.outgoing_mail import OutgoingMail, mail_body
from oncall.paging.ports.relay import SUBSCRIBER_HOOK, SUBSCRIBER_MAIL, RelayMessage
from oncall.paging.ports.subscribers import Subscriber
from oncall.status.status_record import StatusRecord
from oncall.status.subscribed_notice import Notice, wants_component
from oncall.status.webhook_payloads import component_payload, incident_payload
from oncall.support.status_file import StatusPage

CONFIRM, CODE = "/status/confirm/", "/status/code/"
MANAGE, UNSUBSCRIBE = "/status/manage/", "/status/u/"
"""The parts of a path before the token. The whole path is secret, and no log shows it."""


def confirming_mail(
    subscriber: Subscriber, token: str, page: StatusPage, *, base: str, real_now: datetime
) -> RelayMessage:
    """Return the mail with the link that confirms a subscription.

    base: the web address of this service. token: the token in the link.
    """
    text = (
        f"Confirm that this address gets notices of {page.name}:\n\n{base}{CONFIRM}{token}\n\n"
        "The link works for 7 days. Press the button on the page that it opens.\n"
        "If you did not ask for notices, do nothing: you get none.\n"
    )
    mail = OutgoingMail(subscriber.address, f"Confirm your subscription to {page.name}", text)
    return _message(mail, subscriber, "status.confirm", f"confirm|{token}", 0, real_now)


def known_mail(subscriber: Subscriber, page: StatusPage, *, base: str, real_now: datetime) -> RelayMessage:
    """Return the mail to a confirmed address for which a person asked to subscribe again."""
    text = (
        f"This address already gets notices of {page.name}.\n\n"
        f"Choose components, or end the subscription: {base}{MANAGE}{subscriber.manage_token}\n\n"
        "If you did not ask for this mail, do nothing.\n"
    )
    mail = OutgoingMail(subscriber.address, f"Your subscription to {page.name}", text, _ending(subscriber, base))
    name = f"known|{subscriber.id}|{real_now.isoformat()}"
    return _message(mail, subscriber, "status.known", name, 0, real_now)


def notice_mail(
    notice: Notice, subscriber: Subscriber, page: StatusPage, *, base: str, real_now: datetime
) -> RelayMessage:
    """Return the mail with one notice to one subscriber.

    Its id is computed from the notice and the subscriber, so that it is stored only once.
    """
    link = notice.link if "://" in notice.link else base + notice.link
    text = (
        f"{notice.text}\n\n{link}\n\n-- \nYou get this because you subscribed to {page.name}.\n"
        f"Choose components: {base}{MANAGE}{subscriber.manage_token}\n"
        f"Unsubscribe: {base}{UNSUBSCRIBE}{subscriber.manage_token}\n"
    )
    mail = OutgoingMail(subscriber.address, notice.subject, text, _ending(subscriber, base))
    return _message(mail, subscriber, "status.notice", f"{notice.seq}|{subscriber.id}", notice.seq, real_now)


def notice_messages(
    notice: Notice, subscriber: Subscriber, record: StatusRecord, *, base: str, real_now: datetime
) -> list[RelayMessage]:
    """Return the messages with one notice to one subscriber: one mail, one SMS, or the posts to a webhook.

    Their ids are computed from the notice and the subscriber, so that each message is stored only once.
    """
    if subscriber.is_phone:
        return [notice_sms(notice, subscriber, record.page, base=base, real_now=real_now)]
    if not subscriber.is_hook:
        return [notice_mail(notice, subscriber, record.page, base=base, real_now=real_now)]
    ending = f"{base}{UNSUBSCRIBE}{subscriber.manage_token}"
    bodies = {"": incident_payload(notice.about, record, ending)}
    for change in notice.changes:
        if wants_component(subscriber.components, change.component, record.page):
            update_id = f"{notice.seq}-{change.component}"
            bodies[f"|{change.component}"] = component_payload(change, update_id, notice.link, record, ending)
    return [
        RelayMessage(
            _delivery(f"{notice.seq}|{subscriber.id}{suffix}"),
            f"{SUBSCRIBER_HOOK}:{subscriber.id}",
            "status.notice",
            subscriber.id,
            notice.seq,
            json.dumps(body, ensure_ascii=False),
            real_now,
            real_now,
        )
        for suffix, body in bodies.items()
    ]


def _ending(subscriber: Subscriber, base: str) -> dict[str, str]:
    """Return the mail headers of RFC 8058, with which a mail program unsubscribes with one click."""
    return {
        "List-Unsubscribe": f"<{base}{UNSUBSCRIBE}{subscriber.manage_token}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _message(
    mail: OutgoingMail, subscriber: Subscriber, kind: str, name: str, position: int, real_now: datetime
) -> RelayMessage:
    body = mail_body(mail)
    return RelayMessage(_delivery(name), SUBSCRIBER_MAIL, kind, subscriber.id, position, body, real_now, real_now)


def _delivery(name: str) -> str:
    return "msg_" + hashlib.sha256(name.encode()).hexdigest()[:32]
