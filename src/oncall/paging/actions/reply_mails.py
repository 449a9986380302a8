"""Mails replies to customers.

One transaction stores the mails and moves the cursor in the event log, so that no reply is mailed twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from oncall.paging.actions.ticket_access import MOST_LINKS, LinkStore, make_ticket_link
from oncall.paging.domain.events import Event, SupportMessage
from oncall.paging.domain.ticket import StoredTicket
from oncall.paging.ports.intake_store import SenderKey, SenderKeys
from oncall.paging.ports.outgoing_mail import MAIL
from oncall.paging.ports.relay import REPLIES_MAILED, EventFeed, RelayMessage, RelayMessages
from oncall.paging.relay.customer_mail import MailThread, customer_address, reply_mail
from oncall.paging.relay.log_gaps import LogGaps
from oncall.support.mail_rules import MailRules

MOST_EVENTS = 500
"""The most events that one call of `ReplyMails.find` reads."""
KEPT_EVERY = 5_000
"""After this many events without a reply the cursor is stored, so that a restart does not read them all again."""
OLDEST = timedelta(days=1)
"""A reply that is older than this (policy time) is not mailed. After an outage of days, old replies would only
confuse."""
LINKS_LEFT = 5
"""How many of a ticket's MOST_LINKS links the mails leave unused, so that a person can always create one."""


class ReplyMailStore(EventFeed, RelayMessages, SenderKeys, LinkStore, Protocol):
    """The queries that mailing replies needs."""


@dataclass(frozen=True, slots=True)
class ReplyRound:
    """The replies that one call of `ReplyMails.find` found. before: the stored cursor; None if there is none yet.

    after: the number of the last event that was read, to which the cursor moves.
    """

    before: int | None
    after: int
    replies: tuple[SupportMessage, ...] = ()


@dataclass
class ReplyMails:
    """Finds the replies that must be mailed, and stores their mails.

    base: the web address of this service, without a slash at the end. sender: the mail address of the sender. seen: the
    number of the event up to which this process has found nothing to mail. gaps: the missing numbers of the log.
    """

    base: str
    sender: str
    seen: int = 0
    gaps: LogGaps = field(default_factory=LogGaps)

    def find(self, tx: ReplyMailStore, *, now: datetime, real_now: datetime) -> ReplyRound | None:
        """Return the replies to mail, and how far the log was read; None if there is nothing to store.

        now: policy time.
        """
        cursor = tx.relay_cursor(REPLIES_MAILED)
        if cursor is None:
            return ReplyRound(None, tx.last_event())
        start = max(cursor, self.seen)
        after = self.gaps.settled(start, tx.event_numbers_after(start, most=MOST_EVENTS), real_now)
        replies = tuple(_worth_a_mail(tx.messages_to_customers(after=start, until=after), now)) if after > start else ()
        if not replies and after - cursor < KEPT_EVERY:
            self.seen = after
            return None
        return ReplyRound(cursor, after, replies)

    def store(self, tx: ReplyMailStore, found: ReplyRound, *, now: datetime, real_now: datetime) -> bool:
        """Store the mails of the found replies and move the cursor.

        Returns False, and stores nothing, if another process has moved the cursor.
        """
        if not tx.move_relay_cursor(found.before, found.after, REPLIES_MAILED):
            return False
        mails = (self._mail(tx, reply, now, real_now) for reply in found.replies)
        tx.add_relay_messages([mail for mail in mails if mail is not None])
        return True

    def _mail(
        self, tx: ReplyMailStore, reply: SupportMessage, now: datetime, real_now: datetime
    ) -> RelayMessage | None:
        """Return the mail with a reply; None if the reply is not mailed.

        Stores the mail's id as a key, because the customer's answer will quote it.
        """
        stored, rules = tx.ticket(reply.ticket), tx.policy_at(now).mail
        address = customer_address(stored.ticket.contact, rules) if stored is not None else None
        if stored is None or address is None or address.lower() == self.sender.lower() or stored.ticket.is_drill:
            return None
        own_id = f"{secrets.token_hex(16)}@{self.sender.rpartition('@')[2]}"
        thread = MailThread(own_id, tx.latest_key(MAIL, MAIL, stored.ticket.id))
        tx.add_sender_key(SenderKey(MAIL, MAIL, own_id, stored.ticket.id, 0, None, False, real_now))
        return reply_mail(
            stored.ticket,
            reply,
            reply.text or "",
            tx.schedule(),
            to=address,
            reply_to=self._reply_to(rules),
            page=self._page(tx, stored, real_now),
            thread=thread,
            real_now=real_now,
        )

    def _reply_to(self, rules: MailRules) -> str | None:
        """Return the mail address for the customer's answer; None if there is none.

        It is the sender's address if this service receives mail there, else the help address of the policy.
        """
        return self.sender if rules.takes(self.sender) else rules.help_address

    def _page(self, tx: ReplyMailStore, stored: StoredTicket, real_now: datetime) -> str | None:
        """Return the web address of the ticket's page; None if the ticket has too many links already.

        The link has a new secret, because only digests of the earlier ones are stored.
        """
        name = stored.ticket.id
        if tx.count_ticket_links(name) >= MOST_LINKS - LINKS_LEFT:
            return None
        return make_ticket_link(tx, name, by=MAIL, public_url=self.base, real_now=real_now)["url"]


def _worth_a_mail(events: list[Event], now: datetime) -> Iterator[SupportMessage]:
    """Yield the replies with a text that the customer has not yet got by mail.

    A reply on a duplicate is in both tickets' logs. Only the one in the duplicate's log is mailed, to its contact.
    """
    for event in events:
        if not isinstance(event, SupportMessage) or event.text is None or event.is_mailed:
            continue
        if event.forwarded_from is None and now - event.at <= OLDEST:
            yield event
