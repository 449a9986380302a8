"""Bundles: several pages in one message. The attempt that leads the bundle is sent; the members share its outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from oncall.paging.clocks.clock_book import COUNTS_FOR_CLOCKS, sla_events, terms_in
from oncall.paging.domain.decide import PAGER
from oncall.paging.domain.escalation import urgency
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.pager_events import PageBundled
from oncall.paging.domain.ticket import Attempt, AttemptStatus, StoredTicket
from oncall.paging.outgoing.messages import bundle_text, promise_of, summary_text, urgent_bundle_text
from oncall.paging.outgoing.new_attempts import LEASE, ActionContext
from oncall.paging.ports.attempt_store import Attempts
from oncall.paging.ports.store import BundleStore, TicketReads
from oncall.support.clocks import SlaClock, next_due, sla
from oncall.support.policy import Policy

MOST_NAMED = 50
"""The most tickets of a bundle that a ticket's log names, so that large bundles do not fill the database."""
_UNNEEDED = tuple(kind for kind in EventKind if kind not in COUNTS_FOR_CLOCKS)


@dataclass(frozen=True, slots=True)
class _Page:
    """A page to send, and its ticket. clock: the ticket's clock that ends first; None if no clock runs."""

    attempt: Attempt
    stored: StoredTicket
    clock: SlaClock | None

    @property
    def due(self) -> datetime:
        """Return the deadline of the clock; without a clock, that of the first reply. Aware UTC."""
        return promise_of(self.clock, self.stored.first_reply_due)[0]


def members(tx: Attempts, attempt: Attempt) -> list[Attempt]:
    """Return every attempt that is sent in the same message as this one, the leader first.

    Without a bundle, only this one.
    """
    if attempt.bundle is None:
        return [attempt]
    return sorted(tx.bundle(attempt.bundle), key=lambda one: one.is_member)


def compose(tx: BundleStore, pages: Sequence[Attempt], context: ActionContext) -> Attempt:
    """Mark pages to one person as being sent in one bundle, and reserve them under a lease. Returns the leader.

    The message shows the most urgent ticket in full, and as many codes of the others as fit. A single page stays alone.
    """
    if len(pages) == 1:
        return sending(tx, pages[0], context)
    policy = tx.policy()
    ordered = sorted(_with_tickets(tx, pages, context), key=lambda page: _order(page, policy))
    first = ordered[0]
    due, promised = promise_of(first.clock, first.stored.first_reply_due)
    write = urgent_bundle_text if all(page.is_urgent for page in pages) else bundle_text
    text = write(
        first.stored,
        policy=policy,
        due=due,
        promised=promised,
        others=[page.stored.code for page in ordered[1:]],
    )
    leader = replace(first.attempt, bundle=first.attempt.id, sent_text=text)
    for page in ordered[1:]:
        sending(tx, replace(page.attempt, bundle=leader.id, sent_text=text), context)
    named = [page.stored.ticket.id for page in ordered[:MOST_NAMED]]
    tx.append([_bundled(page, first, named, len(ordered) - 1, context) for page in ordered])
    return sending(tx, leader, context)


def summarise(tx: BundleStore, pages: Sequence[Attempt], context: ActionContext, *, why: str) -> Attempt:
    """Mark urgent pages that exceed a ceiling as being sent in one summary, and reserve them under a lease.

    Returns the leader, which is the newest page. why: why the pages are summarised, for each ticket's log.
    """
    ordered = sorted(pages, key=lambda page: (page.written_at, page.id), reverse=True)
    stored = [tx.ticket(page.ticket) for page in ordered]
    text = summary_text([one.code for one in stored if one is not None])
    leader = replace(ordered[0], bundle=ordered[0].id, sent_text=text, is_summary=True)
    for page in ordered[1:]:
        sending(tx, replace(page, bundle=leader.id, sent_text=text, is_summary=True), context)
    named = tuple(page.ticket for page in ordered[:MOST_NAMED])
    words = f"is summarised for {leader.to}, {len(ordered)} pages in one message: {why}"
    tx.append(
        [
            PageBundled(
                page.ticket, context.now, PAGER, words, to=page.to, attempt=page.id, bundle=leader.id, tickets=named
            )
            for page in ordered
        ]
    )
    return sending(tx, leader, context)


def sending(tx: Attempts, attempt: Attempt, context: ActionContext) -> Attempt:
    """Mark an attempt as being sent, under a new lease. Call it before the network call.

    Returns the changed attempt.
    """
    now = replace(
        attempt,
        status=AttemptStatus.SENDING,
        lease_until=context.real_now + LEASE,
        retry_at=None,
        sent_at=context.instant if not attempt.is_member else None,
    )
    tx.update_attempt(now)
    return now


def apart(tx: Attempts, attempt: Attempt, context: ActionContext) -> list[Attempt]:
    """Dissolve a bundle that its provider does not have. Returns its pages, each queued again and due now."""
    waiting = [
        replace(
            one,
            status=AttemptStatus.RETRYING if one.sends else AttemptStatus.QUEUED,
            bundle=None,
            is_summary=False,
            sent_text=own_text(one),
            sent_at=None,
            lease_until=None,
            retry_at=context.real_now,
        )
        for one in members(tx, attempt)
    ]
    for one in waiting:
        tx.update_attempt(one)
    return waiting


def own_text(attempt: Attempt) -> str | None:
    """Return the text that replaces `body` if the attempt is sent alone; None: `body` itself."""
    return attempt.sent_text if attempt.bundle is None else None


def _with_tickets(tx: TicketReads, pages: Sequence[Attempt], context: ActionContext) -> list[_Page]:
    logs = tx.events_of([page.ticket for page in pages], without=_UNNEEDED)
    terms_of = terms_in(tx)
    found = []
    for page in pages:
        stored = tx.ticket(page.ticket)
        assert stored is not None, "no attempt is stored without its ticket"
        log = logs.get(page.ticket, ())
        found.append(_Page(page, stored, next_due(sla(sla_events(stored.ticket, log, terms_of), context.now))))
    return found


def _order(page: _Page, policy: Policy) -> tuple[int, datetime, datetime, str]:
    return urgency(page.stored.impact, policy), page.due, page.stored.received_at, page.stored.ticket.id


def _bundled(page: _Page, first: _Page, named: Sequence[str], others: int, context: ActionContext) -> PageBundled:
    """Return the log entry of one page in a bundle.

    named: the ids of the most urgent tickets in the bundle. others: the number of pages in the bundle besides this one.
    """
    to = page.attempt.to
    with_others = f"{others} other{'s' if others > 1 else ''}"
    where = "which it leads" if page is first else f"which {first.stored.ticket.id} leads"
    return PageBundled(
        page.attempt.ticket,
        context.now,
        PAGER,
        f"goes to {to} in one message with {with_others}, {where}",
        to=to,
        attempt=page.attempt.id,
        bundle=first.attempt.id,
        tickets=tuple(named),
    )
